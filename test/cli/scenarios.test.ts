import { afterAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Normalizer } from '../replay/normalize.ts'
import type { Step } from '../replay/normalize.ts'
import { answer, memoryMachine } from './memory.ts'
import { hostCommand } from './host-command.ts'
import { filesOf } from './scenario.mjs'

/** What bpftool 7.8.0 answered on Debian's Linux 6.18; made by record.mjs. */
interface Recorded extends Step {
  host?: true
  stdin?: string
}

const folder = new URL('recorded/', import.meta.url)
const scenarios = readdirSync(new URL('scenarios/', import.meta.url)).map((file) => file.replace(/\.txt$/, ''))

describe.each(scenarios)('scenario %s', (name) => {
  const { steps } = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as { steps: Recorded[] }
  const cwd = mkdtempSync(join(tmpdir(), 'bpftool-sim-scenario-'))
  for (const [file, path] of Object.entries(filesOf())) symlinkSync(path, join(cwd, file))
  afterAll(() => {
    rmSync(cwd, { recursive: true, force: true })
  })
  const machine = memoryMachine()
  const expectedIds = new Normalizer()
  const actualIds = new Normalizer()
  test.each(steps.map((step, i) => [`${i + 1}: ${step.argv.join(' ')}`, step] as const))(
    '%s',
    async (_, { host, stdin, ...real }) => {
      const input = stdin === undefined ? '' : readFileSync(join(cwd, stdin))
      const ours = host ? hostCommand(real.argv, machine, cwd) : await answer(real.argv, machine, input, cwd)
      expect(actualIds.step({ argv: real.argv, ...ours })).toEqual(expectedIds.step(real))
    },
  )
})
