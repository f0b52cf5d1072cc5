import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bootMachine } from '../../src/kernel/boot.ts'
import { ask } from '../steps/ask.ts'
import type { Answer } from '../steps/step.ts'
import { runSteps } from '../steps/step.ts'
import { sequenceQuestions } from './kfunc-sequences.ts'
import type { KfuncQuestion } from './kfuncs.ts'
import { kept, mayCall, questionsOf, told } from './kfuncs.ts'

const [source = '', , folder = '', kernel = '6.18', ...boot] = process.argv.slice(2)
const isWhole = kernel === '6.18'
const machine = bootMachine({ profile: kernel }).process('record')
const { callerQuestions, argumentQuestions } = questionsOf(kernel)

/** What one kernel says to all questions. */
type Answers = readonly Answer[]

function callersBy(answers: Answers): Record<string, string[]> {
  const callers: Record<string, string[]> = {}
  callerQuestions().forEach(({ name, how }, i) => {
    if (mayCall(answers[i]?.log ?? '')) (callers[name] ??= []).push(how)
  })
  return callers
}

const ours = (questions: readonly KfuncQuestion[]) =>
  questions.map(({ step }) => runSteps(machine, [step]).at(-1) as Answer)

const callers = callerQuestions()
const oursCallers = ours(callers)
// Ours says who is to ask about arguments: the test finds out whether that's right.
const args = argumentQuestions(callersBy(oursCallers))
const sequences: KfuncQuestion[] = (isWhole ? sequenceQuestions() : []).map(({ name, step }) => ({
  name,
  how: '',
  step,
}))
const all = [...callers, ...args, ...sequences]
const steps = all.map(({ step }) => [step])
const real = (await ask(source, boot, steps)).map((answers) => answers.at(-1) as Answer)

let differences = 0
const mine = [...oursCallers, ...ours(args), ...ours(sequences)]
all.forEach(({ name, how }, i) => {
  const view = (answer: Answer) => {
    if (i < callers.length) return mayCall(answer.log) ? 'may' : 'may not'
    return isWhole ? `${answer.errno}\n${answer.log}` : told(answer).join(' ')
  }
  const [a, b] = [view(real[i] as Answer), view(mine[i] as Answer)]
  if (a === b) return
  differences++
  console.log(`${name} ${how}\n  real ${a}\n  ours ${b}`)
})

const realArgs: Record<string, Record<string, ReturnType<typeof kept | typeof told>>> = {}
args.forEach(({ name, how }, i) => {
  ;(realArgs[name] ??= {})[how] = (isWhole ? kept : told)(real[callers.length + i] as Answer)
})
const realSequences = Object.fromEntries(
  sequences.map(({ name }, i) => {
    const { errno, log } = real[callers.length + args.length + i] as Answer
    return [name, [errno, log]]
  }),
)
const file = join(folder, isWhole ? 'kfuncs.json' : `kfuncs-${kernel}.json`)
mkdirSync(folder, { recursive: true })
const recorded = { callers: callersBy(real), arguments: realArgs, ...(isWhole ? { sequences: realSequences } : {}) }
/** A line for each entry. */
const lines = (entries: object) =>
  `{\n${Object.entries(entries)
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
    .join(',\n')}\n}`
const parts = Object.entries(recorded).map(([key, entries]) => `${JSON.stringify(key)}:${lines(entries)}`)
writeFileSync(file, `{\n${parts.join(',\n')}\n}\n`)
console.log(`${all.length} programs, ${differences} differences`)
