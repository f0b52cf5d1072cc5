import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bootMachine } from '../../../src/kernel/boot.ts'
import { importKernel } from '../../../src/kernel/import.ts'
import { askGroups } from '../../steps/ask.ts'
import { restrict } from '../../steps/rights.ts'
import type { Answer, Step } from '../../steps/step.ts'
import { runSteps } from '../../steps/step.ts'
import { settled } from '../../verifier/program-steps.ts'
import { kept } from './kept.ts'
import { groups, rightsCases } from './rights-cases.ts'

const [source = '', out = '', count = '', ...boot] = process.argv.slice(2)
const kernels = mkdtempSync(join(tmpdir(), 'kernels-'))
if (boot.length === 0) importKernel(kernels, 'running')
const profile = boot.length === 0 ? { profile: 'running', kernels } : {}
const all = Object.entries(groups)
  // Of the running kernel nothing is changed.
  .filter(([, { unprivileged }]) => boot.length > 0 || !unprivileged)
  .map(([name, rights]) => ({ name, rights, cases: rightsCases(name, count === '' ? undefined : Number(count)) }))
const asked = all.map(({ rights, cases }) => ({ rights, cases: cases.map(([, steps]) => steps) }))
const answers = await askGroups(source, boot, asked)

function tell(name: string, each: string, steps: readonly Step[], real: Answer, ours: Answer): void {
  const [a = '', b = ''] = [real, ours].map((one) => JSON.stringify({ ...settled(one), translated: one.translated }))
  const last = steps.at(-1)
  const insns = last?.op === 'progLoad' && each.includes(' ') ? Buffer.from(last.attr.insns).toString('hex') : ''
  console.log(`${name}: ${each} ${insns.slice(0, 2000)}\n  real ${a.slice(-3000)}\n  ours ${b.slice(-3000)}`)
}

const groupsKept = all.map(({ name, rights, cases }, g) => {
  const machine = bootMachine(profile).process('record')
  restrict(machine, rights)
  const counts = { equal: 0, accepted: 0, other: 0 }
  const lines = cases.map(([each, steps], i) => {
    const real = answers[g]?.[i]?.at(-1)
    const ours = runSteps(machine, steps).at(-1)
    if (!real || !ours) throw new Error(`${name}: ${each}: no answer`)
    if (real.errno === 0) counts.accepted++
    const [a, b] = [kept(each, real), kept(each, ours)].map((one) => JSON.stringify(one))
    if (a === b) counts.equal++
    else {
      counts.other++
      tell(name, each, steps, real, ours)
    }
    return `${JSON.stringify(each)}:${a ?? ''}`
  })
  console.log(`SUM ${name}`, cases.length, JSON.stringify(counts))
  return `${JSON.stringify(name)}:{\n${lines.join(',\n')}\n}`
})
rmSync(kernels, { recursive: true })
if (count === '') {
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, `{\n${groupsKept.join(',\n')}\n}\n`)
}
