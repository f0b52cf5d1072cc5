import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { bootMachine } from '../../src/kernel/boot.ts'
import { brief } from '../steps/recorded.ts'
import { runSteps } from '../steps/step.ts'
import { btfCases } from './cases.ts'

/** BPF_BTF_LOAD against what Linux 6.18 answered (record.mjs). */

type Brief = ReturnType<typeof brief>

function recorded<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`recorded/${name}.json`, import.meta.url), 'utf8')) as T
}

const process = bootMachine().process('test')

describe('named BTF', () => {
  const answers = recorded<Record<string, Brief[]>>('cases')
  test.each(btfCases())('%s', (name, steps) => {
    expect(runSteps(process, steps).map(brief)).toEqual(answers[name])
  })
})

test('random BTF', () => {
  const random = recorded<[btf: string, logLevel: number, logSize: number, answer: Brief][]>('random')
  expect(random.length).toBeGreaterThan(200)
  for (const [btf, logLevel, logSize, answer] of random) {
    const attr = { btf: Uint8Array.from(Buffer.from(btf, 'base64')), logLevel, logSize }
    expect(runSteps(process, [{ op: 'btfLoad', attr }]).map(brief)).toEqual([answer])
  }
})
