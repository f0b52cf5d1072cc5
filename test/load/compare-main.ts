import { writeFileSync } from 'node:fs'
import { bootMachine } from '../../src/kernel/boot.ts'
import { vmlinuxTypes } from '../../src/kernel/btf/vmlinux.ts'
import { loadProfile } from '../../src/kernel/profile/profile.ts'
import { ask } from '../steps/ask.ts'
import { brief } from '../steps/recorded.ts'
import type { Answer, Step } from '../steps/step.ts'
import { runSteps } from '../steps/step.ts'
import { attachTypeMatrix } from './cases-attr.ts'
import { lastMessage, loadCases, settled, walked } from './cases.ts'
import { randomCase } from './random.ts'

const [source = '', , record = '', count = '2000', ...boot] = process.argv.slice(2)
/** Types are numbered otherwise on the kernel that runs here. */
const types = boot.length > 0 ? vmlinuxTypes(loadProfile('6.18')) : undefined
const machine = bootMachine().process('compare')

const named = loadCases(types)
const matrix = attachTypeMatrix().map(
  ({ name, attr }) => [`types ${name}`, [{ op: 'progLoad', attr } as Step]] as const,
)
const random = Array.from({ length: Number(count) }, (_, i) => randomCase(i + 1))
const cases = [...named, ...matrix, ...random]
const names = new Set(cases.map(([name]) => name))
if (names.size !== cases.length) throw new Error('two cases have one name')

const answers = await ask(
  source,
  boot,
  cases.map(([, steps]) => steps),
)
const counts = { equal: 0, walked: 0, accepted: 0, sooner: 0, similar: 0 }
const different: string[] = []
const kept: string[] = []
const kinds = new Set<string>()

function show({ errno, trueSize, log }: Answer): string {
  return `${errno} ${trueSize} ${JSON.stringify(log.slice(-400))}`
}

cases.forEach(([name, steps], i) => {
  const [realLast, oursLast] = [answers[i]?.at(-1), runSteps(machine, steps).at(-1)]
  if (!realLast || !oursLast) throw new Error('no answer')
  const [real, ours] = [settled(steps, realLast), settled(steps, oursLast)]
  const before = answers[i]?.slice(0, -1) ?? []
  if (before.some(({ errno }) => errno !== 0) && !/nothing|bad/.test(name))
    throw new Error(`${name}: ${JSON.stringify(before)}`)
  if (real.errno === 0 || walked(real)) {
    if (ours.errno === 0) counts[real.errno === 0 ? 'accepted' : 'walked']++
    else if (JSON.stringify(real) === JSON.stringify(ours)) counts.sooner++
    else if (real.errno === ours.errno && lastMessage(real) === lastMessage(ours)) {
      counts.similar++
      console.log(`similar: ${name}\n  real ${show(real)}\n  ours ${show(ours)}`)
    } else different.push(`${name}: walked\n  real ${show(real)}\n  ours ${show(ours)}`)
    return
  }
  kinds.add(`${real.errno} ${lastMessage(real).replace(/-?\d+/g, 'N')}`)
  kept.push(`${JSON.stringify(name)}:${JSON.stringify(brief(real))}`)
  if (JSON.stringify(real) === JSON.stringify(ours)) counts.equal++
  else different.push(`${name}\n  real ${show(real)}\n  ours ${show(ours)}`)
})
if (record) writeFileSync(record, `{\n${kept.join(',\n')}\n}\n`)
console.log(JSON.stringify({ ...counts, messages: kinds.size, differences: different.length }))
for (const each of different.slice(0, 40)) console.log(each)
process.exitCode = different.length > 0 ? 1 : 0
