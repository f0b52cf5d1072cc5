import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { answer, memoryMachine } from './memory.ts'
import type { Answer } from './memory.ts'

/** What bpftool 7.8.0 answered on Debian's Linux 6.18 without JIT and with nothing loaded; made by record.mjs. */
const recorded = JSON.parse(readFileSync(new URL('recorded/wrong-lines.json', import.meta.url), 'utf8')) as {
  steps: readonly (Answer & { argv: string[] })[]
}

describe('wrong command lines', () => {
  const open = memoryMachine()
  test.each(recorded.steps.map((each) => [each.argv.join(' '), each] as const))(
    'bpftool %s',
    async (_, { argv, ...real }) => {
      expect(await answer(argv, open)).toEqual(real)
    },
  )
})
