import { readFileSync, writeFileSync } from 'node:fs'
import { bootMachine } from '../../src/kernel/boot.ts'
import { ask } from '../steps/ask.ts'
import { runSteps } from '../steps/step.ts'
import { contextQuestions, outcomes } from './contexts.ts'

const [source = '', , file = '', ...boot] = process.argv.slice(2)
const questions = contextQuestions()
const answers = await ask(
  source,
  boot,
  questions.map(({ step }) => [step]),
)
const real = outcomes(
  questions,
  answers.map((each) => each.at(-1)),
)
writeFileSync(file, `${JSON.stringify(real, undefined, 1)}\n`)
const machine = bootMachine().process('record')
const ours = outcomes(
  questions,
  questions.map(({ step }) => runSteps(machine, [step]).at(-1)),
)
let differences = 0
for (const [who, hows] of Object.entries(JSON.parse(readFileSync(file, 'utf8')) as typeof real)) {
  for (const [how, texts] of Object.entries(hows)) {
    const mine = ours[who]?.[how] ?? {}
    for (const text of new Set([...Object.keys(texts), ...Object.keys(mine)])) {
      if (texts[text] === mine[text]) continue
      differences++
      console.log(`${who} ${how} ${text}\n  real ${texts[text] ?? ''}\n  ours ${mine[text] ?? ''}`)
    }
  }
}
console.log(`${questions.length} programs, ${differences} differences`)
