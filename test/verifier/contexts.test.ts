import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { bootMachine } from '../../src/kernel/boot.ts'
import { vmlinuxTypes } from '../../src/kernel/btf/vmlinux.ts'
import { loadProfile } from '../../src/kernel/profile/profile.ts'
import { runSteps } from '../steps/step.ts'
import { RECORDED_EVERY, argumentCases, short } from './arguments.ts'
import type { Outcomes } from './contexts.ts'
import { contextQuestions, outcomes } from './contexts.ts'

/** What Linux 6.18 lets programs do with their contexts (record-contexts.mjs, arguments.mjs). */

function recorded<A>(name: string): A {
  return JSON.parse(readFileSync(new URL(`recorded/${name}.json`, import.meta.url), 'utf8')) as A
}

const process = bootMachine().process('test')

test('each byte of a context: loads and stores of all sizes, and what a load gives', () => {
  const questions = contextQuestions()
  expect(questions.length).toBeGreaterThan(8000)
  const ours = outcomes(
    questions,
    questions.map(({ step }) => runSteps(process, [step]).at(-1)),
  )
  expect(ours).toEqual(recorded<Outcomes>('contexts'))
})

test('arguments of functions, tracepoints, iterators, LSM hooks and operations', () => {
  const real = recorded<Record<string, string>>('arguments')
  const cases = argumentCases(vmlinuxTypes(loadProfile('6.18')), RECORDED_EVERY)
  expect(cases.length).toBeGreaterThan(2000)
  const ours = cases.map(({ name, steps }) => {
    const last = runSteps(process, steps).at(-1)
    return [name, last && short(last)]
  })
  expect(ours).toEqual(cases.map(({ name }) => [name, real[name]]))
})
