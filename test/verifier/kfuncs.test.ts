import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { bootMachine } from '../../src/kernel/boot.ts'
import { runSteps } from '../steps/step.ts'
import { sequenceQuestions } from './kfunc-sequences.ts'
import { argumentQuestions, callerQuestions, kept, mayCall, questionsOf, told } from './kfuncs.ts'

/** Calls of kernel functions against what Linux 6.18 answered (record-kfuncs.mjs). */

interface Recorded {
  readonly callers: Readonly<Record<string, readonly string[]>>
  readonly arguments: Readonly<Record<string, Readonly<Record<string, ReturnType<typeof kept>>>>>
  readonly sequences: Readonly<Record<string, readonly [errno: number, log: string]>>
}

const recorded = JSON.parse(readFileSync(new URL('recorded/kfuncs.json', import.meta.url), 'utf8')) as Recorded
const process = bootMachine().process('test')

test('which programs may call which functions', () => {
  const callers: Record<string, string[]> = {}
  for (const { name, how, step } of callerQuestions()) {
    if (mayCall(runSteps(process, [step])[0]?.log ?? '')) (callers[name] ??= []).push(how)
  }
  expect(callers).toEqual(recorded.callers)
})

test('what functions say of their arguments', () => {
  const args: Record<string, Record<string, ReturnType<typeof kept>>> = {}
  for (const { name, how, step } of argumentQuestions(recorded.callers)) {
    const [answer] = runSteps(process, [step])
    if (answer) (args[name] ??= {})[how] = kept(answer)
  }
  expect(args).toEqual(recorded.arguments)
})

test.each(sequenceQuestions())('$name', ({ name, step }) => {
  const [answer] = runSteps(process, [step])
  expect([answer?.errno, answer?.log]).toEqual(recorded.sequences[name])
})

test('callers and arguments on Linux 7.2', () => {
  const text = readFileSync(new URL('recorded/kfuncs-7.2.json', import.meta.url), 'utf8')
  const real = JSON.parse(text) as Pick<Recorded, 'callers'> & { arguments: Record<string, unknown> }
  const machine = bootMachine({ profile: '7.2' }).process('test')
  const questions = questionsOf('7.2')
  const callers: Record<string, string[]> = {}
  for (const { name, how, step } of questions.callerQuestions()) {
    if (mayCall(runSteps(machine, [step])[0]?.log ?? '')) (callers[name] ??= []).push(how)
  }
  expect(callers).toEqual(real.callers)
  const args: Record<string, Record<string, unknown>> = {}
  for (const { name, how, step } of questions.argumentQuestions(real.callers)) {
    const [answer] = runSteps(machine, [step])
    if (answer) (args[name] ??= {})[how] = told(answer)
  }
  expect(args).toEqual(real.arguments)
})
