import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { bootMachine } from '../../src/kernel/boot.ts'
import { vmlinuxTypes } from '../../src/kernel/btf/vmlinux.ts'
import { loadProfile } from '../../src/kernel/profile/profile.ts'
import { brief } from '../steps/recorded.ts'
import type { Step } from '../steps/step.ts'
import { runSteps } from '../steps/step.ts'
import { attachTypeMatrix } from './cases-attr.ts'
import { loadCases, settled } from './cases.ts'
import { randomCase } from './random.ts'

/** Programs that Linux 6.18 refused for what they are made of, and how (compare.mjs --record). */

type Brief = ReturnType<typeof brief>

const url = new URL('recorded/cases.json', import.meta.url)
const answers = JSON.parse(readFileSync(url, 'utf8')) as Record<string, Brief>
const process = bootMachine().process('test')

function compare(cases: readonly (readonly [string, Step[]])[]): number {
  const asked = cases.filter(([name]) => name in answers)
  const ours = asked.map(([name, steps]) => {
    const last = runSteps(process, steps).at(-1)
    return [name, last && brief(settled(steps, last))]
  })
  expect(ours).toEqual(asked.map(([name]) => [name, answers[name]]))
  return asked.length
}

test('named programs', () => {
  expect(compare(loadCases(vmlinuxTypes(loadProfile('6.18'))))).toBeGreaterThan(1200)
})

test('types and attach types', () => {
  const steps = (attr: Step & { op: 'progLoad' }): Step[] => [attr]
  const cases = attachTypeMatrix().map(({ name, attr }) => [`types ${name}`, steps({ op: 'progLoad', attr })] as const)
  expect(compare(cases)).toBeGreaterThan(2000)
})

test('random programs', () => {
  const names = Object.keys(answers).filter((name) => name.startsWith('random '))
  expect(compare(names.map((name) => randomCase(Number(name.slice(7)))))).toBe(names.length)
})
