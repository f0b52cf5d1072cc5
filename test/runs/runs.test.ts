import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { answer, memoryMachine } from '../cli/memory.ts'
import { otherContexts, packets } from '../runtime/inputs.mjs'
import type { MapAnswer, RunAnswer } from './answer.mjs'
import { mapOf, runOf } from './answer.mjs'

/** Every fixture's programs, on every input: what Linux 6.18 returned, and what was in the maps then (record.mjs). */
interface Recorded {
  maps: Record<string, MapAnswer>
  programs: Record<string, Record<string, RunAnswer>>
}

const { objects } = JSON.parse(readFileSync(new URL('recorded/fixtures.json', import.meta.url), 'utf8')) as {
  objects: Record<string, Recorded>
}
const obj = fileURLToPath(new URL('../../fixtures/obj/', import.meta.url))
const inputs = mkdtempSync(join(tmpdir(), 'bpftool-sim-runs-'))

beforeAll(() => {
  for (const [word, named] of Object.entries({ data_in: packets, ctx_in: otherContexts })) {
    mkdirSync(join(inputs, word))
    for (const [name, bytes] of Object.entries(named)) writeFileSync(join(inputs, word, name), bytes)
  }
})
afterAll(() => {
  rmSync(inputs, { recursive: true })
})

describe('programs return what they return on Linux, and leave in maps what they leave there', () => {
  test.each(Object.entries(objects))('%s', async (object, { maps, programs }) => {
    const machine = memoryMachine()
    const ask = async (...argv: string[]) => (await answer(argv, machine)).stdout
    await ask('prog', 'loadall', join(obj, object), '/sys/fs/bpf/p', 'pinmaps', '/sys/fs/bpf/m')
    const ours: Recorded = { maps: {}, programs: {} }
    for (const program of Object.keys(programs)) {
      const runs: Record<string, RunAnswer> = (ours.programs[program] = {})
      const pin = `/sys/fs/bpf/p/${program}`
      // All of them, also those whose answers aren't compared: they leave something too.
      for (const word of ['data_in', 'ctx_in']) {
        for (const name of Object.keys(word === 'data_in' ? packets : otherContexts).sort()) {
          const text = await ask('-j', 'prog', 'run', 'pinned', pin, word, join(inputs, word, name), 'data_out', '-')
          if (programs[program]?.[`${word}.${name}`] !== undefined) runs[`${word}.${name}`] = runOf(text)
        }
      }
    }
    for (const name of Object.keys(maps))
      ours.maps[name] = mapOf(await ask('-j', 'map', 'dump', 'pinned', `/sys/fs/bpf/m/${name}`))
    expect(ours).toEqual({ maps, programs })
  })

  test('most programs run, each on twenty inputs at least', () => {
    const all = Object.values(objects).flatMap(({ programs }) => Object.values(programs))
    expect(all.length).toBeGreaterThan(90)
    for (const runs of all) expect(Object.keys(runs).length).toBeGreaterThanOrEqual(20)
  })
})
