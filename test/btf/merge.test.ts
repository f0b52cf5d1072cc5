import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { Btf, Kind } from '../../src/btf/btf.ts'
import { mergeBtf } from '../../src/btf/merge.ts'
import { bootMachine } from '../../src/kernel/boot.ts'
import { answer } from '../cli/memory.ts'
import { SEEDS, brief, withModule, withUnits } from './merges.ts'
import { randomUnits } from './units.ts'
import type { OpenMachine } from '../../src/cli/main.ts'

const recorded = JSON.parse(readFileSync(new URL('recorded/merges.json', import.meta.url), 'utf8')) as string[]
const machine = bootMachine()
const open: OpenMachine = () => ({ process: () => machine.process('bpftool'), close: () => undefined })

test('split types of several files become one, each once, as the real bpftool merges them', async () => {
  const received: string[] = []
  for (let seed = 1; seed <= SEEDS; seed++) {
    received.push(
      await withUnits(seed, async (words, folder) => {
        const { status, stdout, stderr } = await answer(words, open)
        return brief(status, stdout, stderr, folder)
      }),
    )
  }
  expect(received).toEqual(recorded)
  expect(new Set(received).size).toBeGreaterThan(SEEDS * 0.9)
})

test('one BTF without its duplicates', () => {
  const { base } = randomUnits(7)
  const once = Btf.parse(base)
  const twice = mergeBtf([once, once])
  const deduplicated = mergeBtf([once])
  // Variables are never merged, and what tags them goes with them.
  const variables = (btf: Btf) => {
    let count = 0
    for (let id = 1; id < btf.typeCount; id++) if (btf.kind(id) === Kind.VAR) count++
    return count
  }
  expect(twice.typeCount - variables(twice)).toBe(deduplicated.typeCount - variables(deduplicated))
  expect(twice.stringsEnd).toBe(deduplicated.stringsEnd)
  expect(mergeBtf([deduplicated]).flat()).toEqual(deduplicated.flat())
})

test('types of modules go on from their kernel’s, as the real bpftool relocates them', async () => {
  const modules = JSON.parse(readFileSync(new URL('recorded/modules.json', import.meta.url), 'utf8')) as string[][]
  const received: string[][] = []
  for (let seed = 1; seed <= SEEDS; seed++) {
    received.push(
      await withModule(seed, async (words, folder) => {
        const { status, stdout, stderr } = await answer(words, open)
        return brief(status, stdout, stderr, folder)
      }),
    )
  }
  expect(received).toEqual(modules)
})
