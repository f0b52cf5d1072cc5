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

describe('feature matrix', () => {
  const rows = async (...words: string[]) => {
    const { status, stdout } = await answer(['-j', 'feature', 'matrix', ...words])
    expect(status).toBe(0)
    return JSON.parse(stdout) as { feature: string; kernels: Record<string, boolean | string | number | null> }[]
  }

  test('says what feature probe said on the real kernels', async () => {
    const probed = kernels.map((kernel) => {
      const { steps } = JSON.parse(readFileSync(`test/feature/recorded/${kernel}.json`, 'utf8')) as { steps: Step[] }
      const text = steps.find(({ argv }) => argv.join(' ') === 'feature probe full')?.stdout ?? ''
      return { kernel, lines: new Set(text.split('\n')) }
    })
    const types = (await rows()).filter(({ feature }) => /^(map_type|program_type|ISA|Bounded)/.test(feature))
    expect(types.length).toBeGreaterThan(65)
    for (const { feature, kernels: answers } of types) {
      for (const { kernel, lines } of probed) {
        const name = /_type /.test(feature) ? `eBPF ${feature}` : feature
        const line = `${name} is ${answers[kernel] === true ? '' : 'NOT '}available`
        expect({ kernel, line, there: lines.has(line) }).toEqual({ kernel, line, there: true })
      }
    }
  })

  test('filters by words', async () => {
    expect(await rows('XDP_get', 'in xdp')).toEqual([
      {
        feature: 'helper bpf_xdp_get_buff_len in xdp',
        kernels: { '5.10': false, '6.1': true, '6.12': true, '6.18': true, '7.2': true },
      },
    ])
    expect(await rows('attach_type netfilter')).toEqual([
      {
        feature: 'attach_type netfilter',
        kernels: { '5.10': false, '6.1': false, '6.12': true, '6.18': true, '7.2': true },
      },
    ])
    expect((await answer(['feature', 'matrix', 'config_hz'])).stdout).toBe(
      '           5.10  6.1  6.12  6.18  7.2\nCONFIG_HZ  250   250  250   250   250\n',
    )
    expect(await rows('no such thing')).toEqual([])
  })
})
