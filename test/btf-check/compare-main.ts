import { bootMachine } from '../../src/kernel/boot.ts'
import { ask } from '../steps/ask.ts'
import type { Step } from '../steps/step.ts'
import { runSteps } from '../steps/step.ts'
import { btfCase } from './case.ts'
import { btfCases, hugeCases } from './cases.ts'
import { fixtureBtf } from './fixtures.ts'

const [source = '', objects = '', first = '1', count = '1000', ...boot] = process.argv.slice(2)
const BATCH = 1000
const fixtures = fixtureBtf(objects)
const machine = bootMachine().process('compare')
const errnos = new Map<number, number>()
const texts = new Set<string>()
const different: string[] = []

async function compare(cases: readonly [name: string, steps: Step[]][]): Promise<void> {
  const answers = await ask(
    source,
    boot,
    cases.map(([, steps]) => steps),
  )
  cases.forEach(([name, steps], i) => {
    const real = answers[i] ?? []
    const ours = runSteps(machine, steps)
    for (const { errno, log } of real) {
      errnos.set(errno, (errnos.get(errno) ?? 0) + 1)
      texts.add(log.slice(log.lastIndexOf('\n', log.length - 2) + 1).replace(/\d+|\S{20,}/g, 'N'))
    }
    if (JSON.stringify(real) === JSON.stringify(ours)) return
    different.push(name)
    if (different.length <= 5) console.log(name, real.map(short), ours.map(short))
  })
}

await compare(btfCases())
await compare(hugeCases())
for (let from = Number(first); from < Number(first) + Number(count); from += BATCH) {
  const size = Math.min(BATCH, Number(first) + Number(count) - from)
  await compare(Array.from({ length: size }, (_, i) => [`seed ${from + i}`, btfCase(from + i, fixtures)]))
}

function short({ errno, log, trueSize }: { errno: number; log: string; trueSize: number }) {
  return { errno, trueSize, log: log.slice(-300) }
}

console.log(JSON.stringify({ differences: different.length, different: different.slice(0, 20) }))
console.log(JSON.stringify({ errnos: [...errnos].sort((a, b) => a[0] - b[0]), messages: texts.size }))
process.exitCode = different.length > 0 ? 1 : 0
