import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bootMachine } from '../../../src/kernel/boot.ts'
import { brief } from '../../steps/recorded.ts'
import { runSteps } from '../../steps/step.ts'
import { settled } from '../../verifier/program-steps.ts'
import { coreCases } from './core-cases.ts'

/** CO-RE relocations that the kernel makes: Linux 6.18's verdict and log (record.mjs). */

type Brief = ReturnType<typeof brief>

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const answers = JSON.parse(readFileSync(path('recorded/core.json'), 'utf8')) as Record<string, Brief>

test('relocations of all kinds, and records that are wrong', () => {
  const process = bootMachine().process('test')
  const ours = coreCases(path('obj/core_kernel.clang-19.o'), process).map(([name, steps]) => {
    const last = runSteps(process, steps).at(-1)
    return [name, last && brief(settled(last))] as const
  })
  expect(Object.fromEntries(ours)).toEqual(answers)
})
