import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { u32Key, utf8 } from '../../src/kernel/store/bytes.ts'
import { LmdbStore } from '../../src/kernel/store/lmdb.ts'
import { MemoryStore } from '../../src/kernel/store/memory.ts'
import type { Store } from '../../src/kernel/store/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'store-'))
let count = 0
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const makers: [string, () => Store][] = [
  ['memory', () => new MemoryStore()],
  ['lmdb', () => new LmdbStore(join(folder, String(count++)))],
]

function keys(store: Store, table: number, from: Uint8Array, until?: Uint8Array): string[] {
  return [...store.scan(table, from, until)].map(([key]) => Buffer.from(key).toString('hex'))
}

describe.each(makers)('a store in %s', (_name, make) => {
  test('keeps values by table and key', () => {
    const store = make()
    store.write(() => {
      store.put(1, utf8('a'), utf8('one'))
      store.put(2, utf8('a'), utf8('two'))
      store.put(1, utf8('empty'), new Uint8Array(0))
    })
    expect(store.get(1, utf8('a'))).toEqual(utf8('one'))
    expect(store.get(2, utf8('a'))).toEqual(utf8('two'))
    expect(store.get(1, utf8('empty'))).toEqual(new Uint8Array(0))
    expect(store.get(3, utf8('a'))).toBeUndefined()
    store.write(() => {
      store.remove(1, utf8('a'))
      store.remove(1, utf8('never there'))
    })
    expect(store.get(1, utf8('a'))).toBeUndefined()
    store.close()
  })

  test('undoes a transaction that throws, with all that joined it', () => {
    const store = make()
    store.write(() => {
      store.put(1, utf8('kept'), utf8('before'))
    })
    const generation = store.generation()
    expect(() => {
      store.write(() => {
        store.put(1, utf8('kept'), utf8('after'))
        store.write(() => {
          store.put(1, utf8('new'), utf8('x'))
        })
        expect(store.get(1, utf8('kept'))).toEqual(utf8('after'))
        throw new RangeError('no')
      })
    }).toThrow(RangeError)
    expect(store.get(1, utf8('kept'))).toEqual(utf8('before'))
    expect(store.get(1, utf8('new'))).toBeUndefined()
    expect(store.generation()).toBe(generation)
    store.close()
  })

  test('counts writes that changed something', () => {
    const store = make()
    const first = store.generation()
    store.write(() => {
      expect(store.generation()).toBe(first)
      store.put(1, utf8('a'), utf8('x'))
      expect(store.generation()).toBe(first + 1)
    })
    expect(store.generation()).toBe(first + 1)
    store.write(() => undefined)
    store.read(() => {
      expect(store.generation()).toBe(first + 1)
    })
    store.close()
  })

  test('scans in the order of bytes, within its table', () => {
    const store = make()
    store.write(() => {
      for (let i = 0; i < 2000; i++) store.put(7, u32Key((i * 7919) % 2000), u32Key(i))
      store.put(8, u32Key(5), utf8('another table'))
    })
    const all = keys(store, 7, new Uint8Array(0))
    expect(all).toHaveLength(2000)
    expect(all).toEqual([...all].sort())
    expect(keys(store, 7, u32Key(10), u32Key(13))).toEqual(['0000000a', '0000000b', '0000000c'])
    expect(keys(store, 7, u32Key(1999))).toEqual(['000007cf'])
    expect(keys(store, 7, u32Key(2000))).toEqual([])
    store.close()
  })

  test('may be changed while it is scanned', () => {
    const store = make()
    store.write(() => {
      for (let i = 0; i < 1000; i++) store.put(7, u32Key(i), u32Key(i))
      let seen = 0
      for (const [key] of store.scan(7, new Uint8Array(0), undefined)) {
        store.remove(7, key)
        seen++
      }
      expect(seen).toBe(1000)
      expect(keys(store, 7, new Uint8Array(0))).toEqual([])
    })
    store.close()
  })

  test('takes large values and long keys', () => {
    const store = make()
    const large = new Uint8Array(5_000_000).map((_, i) => i * 31)
    const long = (last: number) => {
      const key = new Uint8Array(3000).fill(65)
      key[2999] = last
      return key
    }
    store.write(() => {
      store.put(1, utf8('large'), large)
      store.put(1, utf8('small'), utf8('x'))
      for (let i = 0; i < 10; i++) store.put(2, long(i), u32Key(i))
    })
    expect(Buffer.compare(store.get(1, utf8('large')) ?? utf8(''), large)).toBe(0)
    expect([...store.scan(1, utf8('l'), utf8('t'))].map(([, value]) => value.length)).toEqual([5_000_000, 1])
    expect(store.get(2, long(3))).toEqual(u32Key(3))
    expect(store.get(2, long(11))).toBeUndefined()
    const found = [...store.scan(2, new Uint8Array(0), undefined)]
    expect(found.map(([key, value]) => (key[2999] === value[3] ? key.length : 0))).toEqual(Array(10).fill(3000))
    store.close()
  })
})
