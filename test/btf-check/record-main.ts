import { writeFileSync } from 'node:fs'
import { ask } from '../steps/ask.ts'
import { brief } from '../steps/recorded.ts'
import { btfCase } from './case.ts'
import { btfCases } from './cases.ts'
import { fixtureBtf } from './fixtures.ts'

const [source = '', objects = '', folder = '', ...boot] = process.argv.slice(2)
const SEEDS = 4000
const MAX_BYTES = 1500

const named = btfCases()
const random = Array.from({ length: SEEDS }, (_, i) => btfCase(i + 1, fixtureBtf(objects)))
const answers = await ask(source, boot, [...named.map(([, steps]) => steps), ...random])

const byName = Object.fromEntries(named.map(([name], i) => [name, (answers[i] ?? []).map(brief)]))
writeFileSync(
  `${folder}/cases.json`,
  lines(
    Object.entries(byName).map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`),
    '{}',
  ),
)

// One of each message, whatever its numbers.
const seen = new Set<string>()
const kept = random.flatMap((steps, i) => {
  const [step] = steps
  const answer = answers[named.length + i]?.[0]
  if (step?.op !== 'btfLoad' || !answer || step.attr.btf.length > MAX_BYTES) return []
  const last = answer.log.slice(answer.log.lastIndexOf('\n', answer.log.length - 2) + 1)
  const message = `${answer.errno} ${last.replace(/\d+|\S{20,}/g, 'N').replace(/^(\[N\] \w+) \S+/, '$1')}`
  if (seen.has(message)) return []
  seen.add(message)
  const { btf, logLevel, logSize } = step.attr
  return [JSON.stringify([Buffer.from(btf).toString('base64'), logLevel, logSize, brief(answer)])]
})
writeFileSync(`${folder}/random.json`, lines(kept, '[]'))
console.log(JSON.stringify({ named: named.length, random: kept.length }))

function lines(each: readonly string[], [open, close]: string | readonly string[]): string {
  return `${open}\n${each.join(',\n')}\n${close}\n`
}
