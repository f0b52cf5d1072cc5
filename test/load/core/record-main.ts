import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { bootMachine } from '../../../src/kernel/boot.ts'
import { ask } from '../../steps/ask.ts'
import { runSteps } from '../../steps/step.ts'
import { settled } from '../../verifier/program-steps.ts'
import { kept } from '../rights/kept.ts'
import { coreCases } from './core-cases.ts'

const [source = '', object = '', out = '', ...boot] = process.argv.slice(2)
const machine = bootMachine().process('record')
const cases = coreCases(object, machine)
const answers = await ask(
  source,
  boot,
  cases.map(([, steps]) => steps),
)
const lines: string[] = []
const counts = { equal: 0, refused: 0 }
cases.forEach(([name, steps], i) => {
  const last = answers[i]?.at(-1)
  const ours = runSteps(machine, steps).at(-1)
  if (!last || !ours) throw new Error(`${name}: no answer`)
  const real = kept(name, last)
  if (last.errno !== 0) counts.refused++
  if (JSON.stringify(real) === JSON.stringify(kept(name, ours))) counts.equal++
  else console.log(`${name}\n  real ${JSON.stringify(settled(last))}\n  ours ${JSON.stringify(settled(ours))}`)
  lines.push(`${JSON.stringify(name)}:${JSON.stringify(real)}`)
})
mkdirSync(dirname(out), { recursive: true })
writeFileSync(out, `{\n${lines.join(',\n')}\n}\n`)
console.log(`${cases.length} programs, ${counts.refused} refused; ours equal: ${counts.equal}`)
