import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Btf, BtfError, Kind, TypeCycleError } from '../../src/btf/btf.ts'
import { CDump } from '../../src/btf/dump-c.ts'
import { findBtfSections } from '../../src/cli/objects/btf-elf.ts'
import { dumpC } from '../../src/cli/render/btf-c.ts'
import { RawText } from '../../src/cli/render/btf-raw.ts'

const objectBytes = (name: string) => readFileSync(new URL(`./recorded/${name}`, import.meta.url))

function typesOf(name: string): Uint8Array {
  const sections = findBtfSections(objectBytes(name), name)
  if (typeof sections === 'string' || sections.btf === undefined) throw new Error('no types')
  return Uint8Array.from(sections.btf)
}

describe('reading', () => {
  test.each(['odd.o', 'odd-eb.o'])('%s', (name) => {
    const btf = Btf.parse(typesOf(name))
    expect(btf.littleEndian).toBe(name === 'odd.o')
    const id = btf.findByNameKind('bits', Kind.STRUCT) ?? 0
    expect(btf.size(id)).toBe(16)
    expect([btf.memberName(id, 3), btf.memberBitfieldSize(id, 3)]).toEqual(['d', 40])
    expect(btf.resolveSize(btf.findByNameKind('texts', Kind.TYPEDEF) ?? 0)).toBe(32)
    expect(btf.findByNameKind('bits', Kind.UNION)).toBeUndefined()
    expect(btf.resolveSize(0)).toBeUndefined()
    const big = btf.findByNameKind('bigminus', Kind.ENUM64) ?? 0
    expect([btf.enumValue(big, 0), btf.enumValue(big, 1)]).toEqual([-5n, 0x7234567890n])
  })

  test('every name is found, and where it is first', () => {
    const btf = Btf.parse(typesOf('odd.o'))
    for (let id = 1; id < btf.typeCount; id++) {
      const found = btf.findByNameKind(btf.name(id), btf.kind(id)) ?? 0
      expect(found).toBeGreaterThan(0)
      expect(found).toBeLessThanOrEqual(id)
      expect([btf.name(found), btf.kind(found)]).toEqual([btf.name(id), btf.kind(id)])
    }
  })
})

/** BTF of the given type words and strings. */
function make(types: readonly number[], strings: string): Uint8Array {
  const bytes = new Uint8Array(24 + types.length * 4 + strings.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 0xeb9f, true)
  bytes[2] = 1
  ;[24, 0, types.length * 4, types.length * 4, strings.length].forEach((v, i) => view.setUint32(4 + i * 4, v, true))
  types.forEach((v, i) => view.setUint32(24 + i * 4, v, true))
  bytes.set(Buffer.from(strings, 'latin1'), 24 + types.length * 4)
  return bytes
}

describe('split BTF', () => {
  const base = Btf.parse(make([1, 0x01000000, 4, 32], '\0int\0'))
  const split = Btf.parse(make([5, 0x08000000, 1, 1, 0x08000000, 2], 'mine\0'), base)

  test('goes on where its base ends', () => {
    expect([split.startId, split.typeCount]).toEqual([2, 4])
    expect([split.name(1), split.name(2), split.name(3)]).toEqual(['int', 'mine', 'int'])
    expect(split.resolveSize(3)).toBe(4)
    expect(split.findByNameKind('mine', Kind.TYPEDEF)).toBe(2)
    expect(split.findByNameKind('int', Kind.TYPEDEF)).toBe(3)
    expect(split.findByNameKind('int', Kind.INT)).toBe(1)
  })

  test('is dumped without it, or with it as one', () => {
    const pieces: Uint8Array[] = []
    const raw = new RawText(split, (bytes) => pieces.push(bytes))
    for (let id = 1; id < split.typeCount; id++) raw.type(id)
    raw.flush()
    expect(Buffer.concat(pieces).toString()).toBe(
      "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=(none)\n[2] TYPEDEF 'mine' type_id=1\n" +
        "[3] TYPEDEF 'int' type_id=2\n",
    )
  })
})

describe('what libbpf refuses', () => {
  const refusal = (bytes: Uint8Array): [string, number] | undefined => {
    try {
      Btf.parse(bytes)
      return undefined
    } catch (error) {
      if (!(error instanceof BtfError)) throw error
      return [error.message, error.errno]
    }
  }
  const int = [1, 0x01000000, 4, 32]
  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'BTF header not found'],
    ['no magic', new Uint8Array(64), 'Invalid BTF magic: 0'],
    ['no strings', make(int, ''), 'Invalid BTF string section'],
    [
      'a name beyond the strings',
      make([9, 0x01000000, 4, 32], '\0a\0'),
      'btf: type [1]: invalid type name (string offset 9)',
    ],
    ['a type beyond the types', make([0, 0x02000000, 7], '\0'), 'btf: type [1]: invalid referenced type ID 7'],
    ['a kind that is not known', make([0, 0x30000000, 7], '\0'), 'Unsupported BTF_KIND: 48'],
    ['a struct that is cut short', make([0, 0x04000002, 8, 0, 0, 0], '\0'), 'BTF type [1] is malformed'],
    [
      'a function of no prototype',
      make([...int, 1, 0x0c000000, 1], '\0a\0'),
      'btf: type [2]: referenced type [1] is not FUNC_PROTO',
    ],
    ['half a type', make([...int, 1], '\0a\0'), 'BTF types data is malformed'],
  ])('%s', (_, bytes, message) => {
    expect(refusal(bytes)).toEqual([message, 22])
  })
})

/** xorshift32: the same mutations each time. */
function random(seed: number): () => number {
  let x = seed
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x >>> 0
  }
}

test('mutated types are read or refused, and dumped, without end or crash', () => {
  const next = random(42)
  let dumped = 0
  for (const name of ['odd.o', 'odd-eb.o', 'odd-gcc.o', 'dup.o']) {
    const original = typesOf(name)
    for (let round = 0; round < 2500; round++) {
      const bytes = Uint8Array.from(original)
      const mutations = 1 + (next() % 4)
      for (let i = 0; i < mutations; i++) {
        // Sizes may be huge, but then what fills them is, too, in the real one as well: small changes only.
        const at = next() % bytes.length
        bytes[at] = next() % 3 === 0 ? next() & 0xff : (bytes[at] as number) ^ (1 << (next() & 1))
      }
      let btf: Btf
      try {
        btf = Btf.parse(next() % 8 === 0 ? bytes.subarray(0, next() % bytes.length) : bytes)
      } catch (error) {
        if (error instanceof BtfError) continue
        throw error
      }
      let printed = 0
      const sink = (piece: Uint8Array) => {
        printed += piece.length
        if (printed > 1 << 20) throw new RangeError('enough')
      }
      try {
        dumpC(btf, [], next() % 2 === 0, sink, () => undefined)
        const raw = new RawText(btf, sink)
        for (let id = 0; id < btf.typeCount; id++) raw.type(id)
        raw.flush()
      } catch (error) {
        // What the real one doesn't survive: types in a cycle, or holes of gigabytes.
        if (!(error instanceof RangeError) && !(error instanceof TypeCycleError)) throw error
      }
      dumped++
    }
  }
  expect(dumped).toBeGreaterThan(2000)
})

test('a type that has itself as a member ends a declaration in an error, not in gigabytes of text', () => {
  // An unnamed struct in itself, and a function that takes one.
  const types = [
    [0, (Kind.STRUCT << 24) | 1, 4, 1, 1, 0],
    [0, (Kind.FUNC_PROTO << 24) | 1, 0, 1, 1],
  ].flat()
  const strings = [0, 0x61, 0, 0]
  const words = [0x0001eb9f, 24, 0, types.length * 4, types.length * 4, strings.length, ...types]
  const bytes = new Uint8Array(words.length * 4 + strings.length)
  const view = new DataView(bytes.buffer)
  words.forEach((word, i) => {
    view.setUint32(i * 4, word, true)
  })
  bytes.set(strings, words.length * 4)
  let printed = 0
  const dump = new CDump(
    Btf.parse(bytes),
    (piece) => (printed += piece.length),
    () => undefined,
  )
  for (const id of [1, 2]) {
    expect(() => {
      dump.emitTypeDecl(id, 'name', { level: 0, stripMods: false })
    }).toThrow(TypeCycleError)
  }
  expect(printed).toBeLessThan(1000)
})
