import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { bootMachine } from '../../../src/kernel/boot.ts'
import { KernelError } from '../../../src/kernel/error.ts'
import { restrict } from '../../steps/rights.ts'
import { runSteps } from '../../steps/step.ts'
import type { Answer } from '../../steps/step.ts'
import { kept } from './kept.ts'
import { groups, rightsCases } from './rights-cases.ts'

/** What those may do who don't have all rights: what Linux 6.18 answered, and made of their programs (record.mjs). */

const url = new URL('recorded/rights.json', import.meta.url)
const answers = JSON.parse(readFileSync(url, 'utf8')) as Record<string, Record<string, unknown>>

describe('rights', () => {
  test.each(Object.keys(groups))('%s', (name) => {
    const process = bootMachine().process('test')
    restrict(process, groups[name] ?? {})
    const ours = rightsCases(name).map(([each, steps]) => [each, kept(each, runSteps(process, steps).at(-1) as Answer)])
    expect(JSON.parse(JSON.stringify(Object.fromEntries(ours)))).toEqual(answers[name])
  })
})

test('kernel.unprivileged_bpf_disabled: 1 is for good', () => {
  const { files } = bootMachine().process('test')
  const path = '/proc/sys/kernel/unprivileged_bpf_disabled'
  const set = (value: string) => {
    files.write(path, Buffer.from(value))
    return Buffer.from(files.read(path)).toString()
  }
  expect(set('0\n')).toBe('0\n')
  expect(set('2')).toBe('2\n')
  expect(() => set('3')).toThrow(KernelError)
  expect(set('1')).toBe('1\n')
  expect(() => set('0')).toThrow(KernelError)
})
