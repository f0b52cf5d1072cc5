import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { bootMachine } from '../../src/kernel/boot.ts'
import { ask } from '../steps/ask.ts'
import { runSteps } from '../steps/step.ts'
import type { Step } from '../steps/step.ts'
import { programSteps, settled } from '../verifier/program-steps.ts'

// What compare-programs.mjs runs: see there.
const [source = '', kernel = '', out = '', command = '', ...paths] = process.argv.slice(2)
const atLevel1 = (step: Step): Step =>
  step.op === 'progLoad' ? { ...step, attr: { ...step.attr, logLevel: 1 } } : step
const cases: { file: string; name: string; steps: Step[] }[] = []
let unopened = 0
for (const path of paths) {
  const file = basename(path)
  try {
    for (const [name, steps] of programSteps(readFileSync(path), file, { profile: kernel })) {
      cases.push({ file, name, steps: steps.map(atLevel1) })
    }
  } catch {
    unopened++
  }
}
const answers = await ask(
  source,
  command.split(' '),
  cases.map(({ steps }) => steps),
)
mkdirSync(out, { recursive: true })
const counts = { programs: 0, accepted: 0, verdict: 0, message: 0, log: 0, wronglyAccepted: 0, wronglyRefused: 0 }
const groups = new Map<string, string[]>()
const lastWord = (log: string) =>
  log
    .trimEnd()
    .split('\n')
    .findLast((line) => !/^(processed|verification time|stack depth)/.test(line)) ?? ''
for (const [i, { file, name, steps }] of cases.entries()) {
  const all = answers[i] ?? []
  const real = all.at(-1)
  // A map or the types that the kernel doesn't take: the load itself says nothing.
  if (!real || all.slice(0, -1).some(({ errno }) => errno !== 0)) continue
  const machine = bootMachine({ profile: kernel })
  let ours
  try {
    ours = runSteps(machine.process('compare'), steps).at(-1)
  } catch (error) {
    ours = { errno: -1, log: `${error instanceof Error ? error.message : String(error)}\n`, trueSize: 0 }
  }
  machine.close()
  if (!ours) continue
  const [a, b] = [settled(real), settled(ours)]
  counts.programs++
  if (a.errno === 0) counts.accepted++
  if (a.errno === b.errno) counts.verdict++
  else if (a.errno !== 0 && b.errno === 0) counts.wronglyAccepted++
  else if (a.errno === 0) counts.wronglyRefused++
  const same = a.errno === b.errno && lastWord(a.log) === lastWord(b.log)
  if (same) counts.message++
  if (a.errno === b.errno && a.log === b.log) counts.log++
  if (same) continue
  const group = `${a.errno} ${lastWord(a.log)} | ${b.errno} ${lastWord(b.log)}`.replace(/\d+/g, 'N')
  groups.set(group, [...(groups.get(group) ?? []), `${file}:${name}`])
  writeFileSync(join(out, `${file}.${name}.real`), `${a.errno}\n${a.log}`)
  writeFileSync(join(out, `${file}.${name}.ours`), `${b.errno}\n${b.log}`)
}
console.log(`Linux ${kernel}: ${unopened} objects not loaded; ${JSON.stringify(counts)}`)
for (const [group, names] of [...groups].sort((a, b) => b[1].length - a[1].length).slice(0, 60)) {
  console.log(`${names.length}  ${group.slice(0, 260)}  (${names.slice(0, 2).join(' ')})`)
}
