import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bootMachine } from '../../../src/kernel/boot.ts'
import { runSteps } from '../../steps/step.ts'
import { kept } from '../rights/kept.ts'
import { coreCases } from './core-cases.ts'

/** CO-RE relocations that the kernel makes: Linux 6.18's verdict and log (record.mjs). */

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const answers = JSON.parse(readFileSync(path('recorded/core.json'), 'utf8')) as Record<string, unknown>

test('relocations of all kinds, and records that are wrong', () => {
  const process = bootMachine().process('test')
  const ours = coreCases(path('obj/core_kernel.clang-19.o'), process).map(([name, steps]) => {
    const last = runSteps(process, steps).at(-1)
    return [name, last && kept(name, last)] as const
  })
  expect(Object.fromEntries(ours)).toEqual(answers)
})
