import type { Entry, Store } from './store.ts'

/** Keys of a chunk before it's split in two: insertion moves at most that many. */
const CHUNK = 512

/** Keys as strings of one character a byte, in order, in chunks so that insertion stays cheap. */
class SortedKeys {
  readonly #chunks: string[][] = [[]]

  /** The chunk that `key` belongs to. */
  #chunkOf(key: string): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (((this.#chunks[middle] as string[])[0] as string) <= key) low = middle
      else high = middle - 1
    }
    return low
  }

  static #position(chunk: readonly string[], key: string): number {
    let low = 0
    let high = chunk.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((chunk[middle] as string) < key) low = middle + 1
      else high = middle
    }
    return low
  }

  insert(key: string): void {
    const at = this.#chunkOf(key)
    const chunk = this.#chunks[at] as string[]
    chunk.splice(SortedKeys.#position(chunk, key), 0, key)
    if (chunk.length > CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK >> 1))
  }

  delete(key: string): void {
    const at = this.#chunkOf(key)
    const chunk = this.#chunks[at] as string[]
    const position = SortedKeys.#position(chunk, key)
    if (chunk[position] !== key) return
    chunk.splice(position, 1)
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(at, 1)
  }

  /** The first key that is at least (with `beyond`: greater than) `key`. */
  next(key: string, beyond: boolean): string | undefined {
    let at = this.#chunkOf(key)
    let chunk = this.#chunks[at] as string[]
    let position = SortedKeys.#position(chunk, key)
    if (beyond && chunk[position] === key) position++
    if (position >= chunk.length) {
      chunk = this.#chunks[++at] ?? []
      position = 0
    }
    return chunk[position]
  }
}

interface TableData {
  values: Map<string, Uint8Array>
  keys: SortedKeys
}

interface Undo {
  table: number
  key: string
  value: Uint8Array | undefined
}

function toString(key: Uint8Array): string {
  return String.fromCharCode(...key)
}

function toBytes(key: string): Uint8Array {
  const bytes = new Uint8Array(key.length)
  for (let i = 0; i < key.length; i++) bytes[i] = key.charCodeAt(i)
  return bytes
}

/** A machine's state in this process, gone with it. */
export class MemoryStore implements Store {
  readonly #tables: TableData[] = []
  #depth = 0
  #generation = 1
  /** What to restore, last first, if the transaction fails. */
  #undo: Undo[] = []

  write<T>(fn: () => T): T {
    if (this.#depth > 0) return fn()
    this.#depth = 1
    try {
      const result = fn()
      if (this.#undo.length > 0) this.#generation++
      this.#undo = []
      return result
    } catch (error) {
      for (let i = this.#undo.length - 1; i >= 0; i--) {
        const { table, key, value } = this.#undo[i] as Undo
        this.#set(table, key, value)
      }
      this.#undo = []
      throw error
    } finally {
      this.#depth = 0
    }
  }

  read<T>(fn: () => T): T {
    return fn()
  }

  get(table: number, key: Uint8Array): Uint8Array | undefined {
    return this.#tables[table]?.values.get(toString(key))
  }

  put(table: number, key: Uint8Array, value: Uint8Array): void {
    this.#change(table, toString(key), new Uint8Array(value))
  }

  remove(table: number, key: Uint8Array): void {
    this.#change(table, toString(key), undefined)
  }

  *scan(table: number, from: Uint8Array, until: Uint8Array | undefined): Iterable<Entry> {
    const data = this.#tables[table]
    if (!data) return
    const end = until && toString(until)
    let key = data.keys.next(toString(from), false)
    while (key !== undefined && (end === undefined || key < end)) {
      const value = data.values.get(key)
      if (value) yield [toBytes(key), value]
      key = data.keys.next(key, true)
    }
  }

  generation(): number {
    return this.#generation + (this.#undo.length > 0 ? 1 : 0)
  }

  close(): void {
    this.#tables.length = 0
  }

  #change(table: number, key: string, value: Uint8Array | undefined): void {
    if (this.#depth === 0) throw new Error('the store is written outside of a transaction')
    const old = this.#tables[table]?.values.get(key)
    if (old === undefined && value === undefined) return
    this.#undo.push({ table, key, value: old })
    this.#set(table, key, value)
  }

  #set(table: number, key: string, value: Uint8Array | undefined): void {
    const data = (this.#tables[table] ??= { values: new Map(), keys: new SortedKeys() })
    if (value === undefined) {
      if (data.values.delete(key)) data.keys.delete(key)
      return
    }
    if (!data.values.has(key)) data.keys.insert(key)
    data.values.set(key, value)
  }
}
