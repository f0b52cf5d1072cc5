import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { answer, memoryMachine } from './memory.ts'
import type { Answer } from './memory.ts'

/** What bpftool 7.8.0 answered to each file of batches/ on Debian's Linux 6.18; made by collect-batches.mjs. */
const recorded = JSON.parse(
  readFileSync(new URL('recorded/batches.json', import.meta.url), 'utf8'),
) as readonly (Answer & {
  name: string
  option: string
})[]

const file = (name: string) => readFileSync(new URL(`batches/${name}.txt`, import.meta.url), 'utf8')

describe('batch', () => {
  test.each(recorded.map((each) => [each.name, each.option, each] as const))('%s %s', async (name, option, real) => {
    const argv = [...(option === '' ? [] : [option]), 'batch', 'file', '-']
    const { status, stdout, stderr } = real
    expect(await answer(argv, memoryMachine(), file(name))).toEqual({ status, stdout, stderr })
  })
})
