import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { boot } from '../../src/index.ts'
import type { BpfMap, Kernel, Value } from '../../src/index.ts'

const root = resolve(import.meta.dirname, '../..')

interface Everything {
  [member: string]: Value
}

/** What bpftool prints of a value beside what the library makes of it. */
function asPrinted(value: Value): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint8Array) return [...value]
  if (Array.isArray(value)) return value.map(asPrinted)
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, asPrinted(each)]))
}

let kernel: Kernel
let map: BpfMap<number, Everything>
beforeAll(async () => {
  kernel = await boot()
  const object = kernel.load(join(root, 'fixtures/obj/typed_values.clang-19.o'))
  object.program('fill').run({ data: readFileSync(join(root, 'fixtures/packets/tcp')) })
  map = object.map<number, Everything>('everything')
})
afterAll(() => {
  kernel.close()
})

describe('values by their types', () => {
  test('are what the C source put there', () => {
    const { number, ...value } = map.get(0) ?? {}
    expect(number).toEqual({ i: 0x41424344, bytes: new Uint8Array([0x44, 0x43, 0x42, 0x41]), f: expect.any(Number) })
    expect(value).toEqual({
      ...{ sc: -1, uc: 200, ch: 'x'.charCodeAt(0), yes: true, s: -2, us: 65535, i: -3, ui: 4000000000, l: -4n },
      ...{ ull: 0xffffffffffffffffn, wide: -5n, f: 1.5, d: -2.25, e: 'NEGATIVE', g: 'HUGE_VALUE', text: 'text' },
      list: [
        [1, 2],
        [3, 4],
      ],
      bits: { a: 5, b: 17, c: -3, d: 0x1ffffffffn, e: true },
      nested: { x: 6, y: 0x7a, z: 0x7a },
      ...{ pointer: 0x1234n, function: 0n, cv: 8, empty: '' },
    })
  })

  test.each(['globals.clang-14.o', 'globals.clang-19.o', 'globals.clang-22.o'])(
    'are what bpftool prints: %s',
    async (name) => {
      const object = kernel.load<{ globals: Record<string, Value> }>(join(root, 'fixtures/obj', name))
      const { stdout } = await kernel.bpftool('-j', 'map', 'dump', 'id', String(object.map('.data').id))
      const [{ formatted }] = JSON.parse(stdout) as [{ formatted: { value: { '.data': Record<string, unknown>[] } } }]
      const printed = Object.assign({}, ...formatted.value['.data']) as Record<string, unknown>
      expect(Object.keys(printed).length).toBeGreaterThan(2)
      for (const [each, text] of Object.entries(printed)) {
        expect({ [each]: asPrinted(object.globals[each] ?? 0) }).toEqual({ [each]: text })
      }
    },
  )

  test('are written as they are read, whatever their bytes', () => {
    const size = map.info.valueSize
    const key = new Uint8Array([1, 0, 0, 0])
    fc.assert(
      fc.property(fc.uint8Array({ minLength: size, maxLength: size }), (bytes) => {
        map.bytes.set(key, bytes)
        const value = map.get(1)
        map.bytes.set(key, new Uint8Array(size))
        map.set(1, value ?? {})
        const again = map.get(1)
        // A union of a float and an integer may lose the bits of a NaN; its integer is written before.
        const without = ({ number: _, ...rest }: Everything) => rest
        expect(without(again ?? {})).toEqual(without(value ?? {}))
      }),
      { numRuns: 300 },
    )
  })

  test.each<[Everything, string]>([
    [{ sc: 200 }, 'map everything: value.sc: 200 does not fit a signed integer of 8 bits'],
    [{ uc: 256 }, 'map everything: value.uc: 256 does not fit an unsigned integer of 8 bits'],
    [{ ull: 1.5 }, 'map everything: value.ull: 1.5 is not a whole number of 64 bits'],
    [{ e: 'MOST' }, 'map everything: value.e: MOST is not one of '],
    [{ text: 'too long a text' }, 'map everything: value.text: 15 bytes of text where 8 fit'],
    [{ list: [[1], [2], [3]] }, 'map everything: value.list: 3 elements where 2 fit'],
    [{ list: [[1, 2, 3]] }, 'map everything: value.list[0]: 3 elements where 2 fit'],
    [{ bits: { a: 8 } }, 'map everything: value.bits.a: 8 does not fit an unsigned integer of 3 bits'],
    [{ yes: 'no' }, 'map everything: value.yes: no is not true or false'],
    [{ nested: { w: 1 } }, 'map everything: value.nested: structure has no w, it has x, y, z'],
    [{ d: '1' }, 'map everything: value.d: 1 is not a number'],
  ])('refuse %j', (value, message) => {
    expect(() => {
      map.set(0, value)
    }).toThrow(message)
  })

  test('that are left out are zero', () => {
    map.set(1, { e: 'NEGATIVE', g: 'HUGE_VALUE', ull: -1, bits: { c: -8 }, nested: { z: 1 } })
    expect(map.get(1)).toMatchObject({
      i: 0,
      e: 'NEGATIVE',
      g: 'HUGE_VALUE',
      ull: 0xffffffffffffffffn,
      nested: { x: 0, y: 1 },
    })
    expect(map.get(1)?.['bits']).toEqual({ a: 0, b: 0, c: -8, d: 0n, e: false })
  })
})
