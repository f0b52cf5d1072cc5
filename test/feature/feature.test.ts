import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { run } from '../../src/cli/main.ts'
import { cases, kernels } from './cases.mjs'

interface Step {
  argv: string[]
  status: number
  stdout: string
  stderr: string
}

async function answer(argv: string[]): Promise<Omit<Step, 'argv'>> {
  const [stdout, stderr]: [string[], string[]] = [[], []]
  const status = await run(argv, {
    stdout: (text: string | Uint8Array) => stdout.push(Buffer.from(text as string).toString()),
    stderr: (text: string) => stderr.push(text),
    stdin: () => new Uint8Array(),
    env: { BPFTOOL_KERNELS: '/nonexistent' },
    cwd: '/',
    columns: undefined,
  })
  return { status, stdout: stdout.join(''), stderr: stderr.join('') }
}

describe.each(kernels)('feature probe on Linux %s', (kernel) => {
  const { steps } = JSON.parse(readFileSync(`test/feature/recorded/${kernel}.json`, 'utf8')) as { steps: Step[] }

  test('was recorded for every case', () => {
    expect(steps.map(({ argv }) => argv)).toEqual(cases)
  })

  test.each(steps.map((step) => [step.argv.join(' '), step] as const))('%s', async (_, { argv, ...recorded }) => {
    expect(await answer(['--kernel', kernel, ...argv])).toEqual(recorded)
  })
})
