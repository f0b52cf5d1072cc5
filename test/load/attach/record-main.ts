import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { bootMachine } from '../../../src/kernel/boot.ts'
import { vmlinuxTypes } from '../../../src/kernel/btf/vmlinux.ts'
import { loadProfile } from '../../../src/kernel/profile/profile.ts'
import { ask } from '../../steps/ask.ts'
import { runSteps } from '../../steps/step.ts'
import { settled } from '../../verifier/program-steps.ts'
import { kept } from '../rights/kept.ts'
import { attachCases } from './attach-cases.ts'

const [source = '', object = '', out = '', ...boot] = process.argv.slice(2)
const machine = bootMachine().process('record')
const cases = attachCases(object, vmlinuxTypes(loadProfile('6.18')), machine)
const answers = await ask(
  source,
  boot,
  cases.map(([, steps]) => steps),
)
const lines: string[] = []
let equal = 0
cases.forEach(([name, steps], i) => {
  const all = answers[i] ?? []
  const broken = all.slice(0, -1).findIndex(({ errno }) => errno !== 0)
  const last = all.at(-1)
  const ours = runSteps(machine, steps)
  if (!last) throw new Error(`${name}: no answer`)
  if (broken >= 0)
    console.log(`${name}: step ${broken}: ${JSON.stringify(all[broken])}\n${JSON.stringify(ours[broken])}`)
  const end = ours.at(-1)
  const same = end && JSON.stringify(kept(name, last)) === JSON.stringify(kept(name, end))
  if (same) equal++
  else
    console.log(
      `${name}\n  real ${JSON.stringify({ ...settled(last), t: last.translated })}\n  ours ${JSON.stringify(end && { ...settled(end), t: end.translated })}`,
    )
  if (/^ok_/.test(name) !== (last.errno === 0) && /^(ok|no)_/.test(name))
    console.log(`${name}: ${last.errno} ${last.log.slice(-300)}`)
  lines.push(`${JSON.stringify(name)}:${JSON.stringify(kept(name, last))}`)
})
mkdirSync(dirname(out), { recursive: true })
writeFileSync(out, `{\n${lines.join(',\n')}\n}\n`)
console.log(`${cases.length} programs; ours equal: ${equal}`)
