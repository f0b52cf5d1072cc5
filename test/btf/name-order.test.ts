import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { nameOrder } from '../../src/cli/render/btf-name-order.ts'
import { NameCounts } from '../../src/btf/name-counts.ts'

/** Names with much in common, so that all depths of the sort are reached. */
const names = fc.array(fc.stringMatching(/^(abcd){0,3}[a-c]{0,5}$/), { minLength: 1, maxLength: 200 })

function table(list: readonly string[]): { strings: Uint8Array; offsets: Uint32Array } {
  let at = 0
  const offsets = list.map((name) => {
    const off = at
    at += name.length + 1
    return off
  })
  return { strings: Buffer.from(`${list.join('\0')}\0`), offsets: Uint32Array.from(offsets) }
}

test('names are ordered as strcmp orders them', () => {
  fc.assert(
    fc.property(names, (list) => {
      const { strings, offsets } = table(list)
      const places = [...new Set(list)].sort()
      expect([...nameOrder(strings, offsets)]).toEqual(list.map((name) => places.indexOf(name)))
    }),
  )
})

test('names are counted by what they are, not by where they stand', () => {
  fc.assert(
    fc.property(names, (list) => {
      const { strings, offsets } = table(list)
      const counts = new NameCounts(strings)
      const seen = new Map<string, number>()
      list.forEach((name, i) => {
        seen.set(name, (seen.get(name) ?? 0) + 1)
        expect(counts.add(offsets[i] as number)).toBe(seen.get(name))
      })
    }),
  )
})
