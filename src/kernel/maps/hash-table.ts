import type { MapRecord } from '../objects/records.ts'
import { concat, u32Key } from '../store/bytes.ts'
import { Table } from '../store/store.ts'
import { roundUp8 } from './alloc-check.ts'
import { jhash } from './jhash.ts'
import type { MapEnvironment } from './map.ts'

/**
 * An element in memory, as struct htab_elem: the next one of its bucket, its hash, flags, the number of its LRU node,
 * the key (rounded up to 8 bytes) and the value.
 */
const NEXT = 0
const HASH = 4
const FLAGS = 8
const NODE = 12
const KEY = 16

/** A program may have its value's address: what's there may change until the next flush. */
const HANDED = 1

/** Heads of buckets that were not read yet, and of those that are empty; ends of chains are the latter too. */
const UNREAD = 0
const NIL = 1

/** Buckets are kept in pages of so many. */
const PAGE_SHIFT = 8
const PAGE_SIZE = 1 << PAGE_SHIFT

interface Page {
  heads: Uint32Array
  /** All of its buckets were read. */
  complete: boolean
}

/** No map has so many buckets: keys of other records of it begin here. */
const MAX_BUCKETS = 0x80000000

/** Key of the map's own record in the store, behind all buckets: the number of elements. */
const STATE_KEY = 0xffffffff

/**
 * The buckets of a hash map, as Linux has them: an element stands in bucket `hash & (n_buckets - 1)`, the newest first.
 * A bucket is one record in the store, read when it's looked into and written when it changed.
 */
export class HashTable {
  readonly buckets: number
  readonly valueBytes: number
  /** Elements that are in the table. */
  count: number
  readonly #env: MapEnvironment
  readonly #id: number
  readonly #seed: number
  readonly #keySize: number
  readonly #valueOff: number
  readonly #elemBytes: number
  /** Bytes of an element in a bucket's record: its key, its value, and the number of its LRU node. */
  readonly #recordBytes: number
  readonly #hasNode: boolean
  readonly #mask: number
  readonly #pages: (Page | undefined)[] = []
  readonly #dirty = new Set<number>()
  readonly #handed = new Set<number>()
  #storedCount: number
  #free: number[] = []
  #scratch = new Uint8Array(0)

  /** @param valueBytes of a value in the store and in memory. */
  constructor(env: MapEnvironment, record: MapRecord, valueBytes: number, hasNode: boolean) {
    this.#env = env
    this.#id = record.id
    this.#seed = record.seed | 0
    this.#keySize = record.keySize
    this.valueBytes = valueBytes
    this.#valueOff = KEY + roundUp8(record.keySize)
    this.#elemBytes = this.#valueOff + roundUp8(valueBytes)
    this.#hasNode = hasNode
    this.#recordBytes = record.keySize + valueBytes + (hasNode ? 4 : 0)
    this.buckets = bucketCount(record.maxEntries)
    this.#mask = this.buckets - 1
    const state = env.store.get(Table.ELEM, this.#storeKey(STATE_KEY))
    this.#storedCount = state ? new DataView(state.buffer, state.byteOffset).getUint32(0) : 0
    this.count = this.#storedCount
  }

  /** htab_map_hash. */
  hash(key: number): number {
    return jhash(this.#env.memory, key, this.#keySize, this.#seed)
  }

  /** The element with this key, or 0. */
  find(key: number, hash: number): number {
    const { memory } = this.#env
    let at = this.#head(hash & this.#mask)
    const { i32, u8 } = memory
    for (; at !== NIL; at = (i32[(at + NEXT) >>> 2] as number) >>> 0) {
      if (i32[(at + HASH) >>> 2] === hash && sameBytes(u8, at + KEY, key, this.#keySize)) return at
    }
    return 0
  }

  keyOf(elem: number): number {
    return elem + KEY
  }

  valueOf(elem: number): number {
    return elem + this.#valueOff
  }

  nodeOf(elem: number): number {
    return this.#env.memory.i32[(elem + NODE) >>> 2] as number
  }

  hashOf(elem: number): number {
    return this.#env.memory.i32[(elem + HASH) >>> 2] as number
  }

  bucketOf(hash: number): number {
    return hash & this.#mask
  }

  /** The first element of a bucket, or 0. */
  first(bucket: number): number {
    const at = this.#head(bucket)
    return at === NIL ? 0 : at
  }

  /** The next element of the same bucket, or 0. */
  after(elem: number): number {
    const at = (this.#env.memory.i32[(elem + NEXT) >>> 2] as number) >>> 0
    return at === NIL ? 0 : at
  }

  /** An element that's in no bucket yet; its value is what was there before, as in Linux. */
  alloc(key: number, hash: number, node = 0): number {
    return this.reuse(this.#free.pop() ?? this.#env.memory.alloc(this.#elemBytes), key, hash, node)
  }

  /** Makes a new element of one that's in no bucket. */
  reuse(at: number, key: number, hash: number, node = 0): number {
    const { i32, u8 } = this.#env.memory
    i32[(at + HASH) >>> 2] = hash
    i32[(at + FLAGS) >>> 2] = 0
    i32[(at + NODE) >>> 2] = node
    u8.copyWithin(at + KEY, key, key + this.#keySize)
    return at
  }

  /** Takes back an element that's in no bucket any more; who has its address still reads what was in it. */
  recycle(elem: number): void {
    this.#free.push(elem)
  }

  /** Puts an element at the head of its bucket. */
  link(elem: number, hash: number): void {
    const bucket = hash & this.#mask
    const first = this.#head(bucket)
    this.#env.memory.i32[(elem + NEXT) >>> 2] = first
    this.#setHead(bucket, elem)
    this.#dirty.add(bucket)
    this.count++
  }

  /** Takes an element out of its bucket. */
  unlink(elem: number): void {
    const { i32 } = this.#env.memory
    const bucket = (i32[(elem + HASH) >>> 2] as number) & this.#mask
    const next = (i32[(elem + NEXT) >>> 2] as number) >>> 0
    let at = this.#head(bucket)
    if (at === elem) this.#setHead(bucket, next)
    else {
      for (;;) {
        const after = (i32[(at + NEXT) >>> 2] as number) >>> 0
        if (after === elem) break
        at = after
      }
      i32[(at + NEXT) >>> 2] = next
    }
    this.#dirty.add(bucket)
    this.count--
  }

  /** The element's value or node was changed. */
  changed(elem: number): void {
    this.#dirty.add((this.#env.memory.i32[(elem + HASH) >>> 2] as number) & this.#mask)
  }

  /** The value's address, which a program may write to from now on. */
  handOut(elem: number): number {
    const { i32 } = this.#env.memory
    const flags = (elem + FLAGS) >>> 2
    if (((i32[flags] as number) & HANDED) === 0) {
      i32[flags] = (i32[flags] as number) | HANDED
      this.#handed.add((i32[(elem + HASH) >>> 2] as number) & this.#mask)
    }
    return elem + this.#valueOff
  }

  /** The first element of the first bucket from `bucket` on that has one, or 0. */
  firstFrom(bucket: number): number {
    let b = bucket
    while (b < this.buckets) {
      const page = this.#page(b >>> PAGE_SHIFT)
      if (!page.complete) {
        const found = this.#nextStored(b)
        if (found === undefined) return 0
        if (found >>> PAGE_SHIFT !== b >>> PAGE_SHIFT) {
          b = found
          continue
        }
        this.#complete(b >>> PAGE_SHIFT, page)
      }
      const end = Math.min(this.buckets, ((b >>> PAGE_SHIFT) + 1) << PAGE_SHIFT)
      for (; b < end; b++) {
        const head = page.heads[b & (PAGE_SIZE - 1)] as number
        if (head !== NIL) return head
      }
    }
    return 0
  }

  flush(): void {
    for (const bucket of this.#dirty) {
      this.#handed.delete(bucket)
      this.#write(bucket, false)
    }
    this.#dirty.clear()
    for (const bucket of this.#handed) this.#write(bucket, true)
    this.#handed.clear()
    if (this.count === this.#storedCount) return
    this.#storedCount = this.count
    this.#env.store.put(Table.ELEM, this.#storeKey(STATE_KEY), u32Key(this.count))
  }

  /** Takes all memory back. */
  release(): void {
    const { memory } = this.#env
    for (const at of this.#free) memory.free(at, this.#elemBytes)
    this.#free = []
    for (const page of this.#pages) {
      if (!page) continue
      for (const head of page.heads) {
        for (let at = head; at !== NIL && at !== UNREAD;) {
          const next = (memory.i32[(at + NEXT) >>> 2] as number) >>> 0
          memory.free(at, this.#elemBytes)
          at = next
        }
      }
    }
    this.#pages.length = 0
  }

  #page(number: number): Page {
    return (this.#pages[number] ??= { heads: new Uint32Array(PAGE_SIZE), complete: false })
  }

  #head(bucket: number): number {
    const page = this.#page(bucket >>> PAGE_SHIFT)
    const head = page.heads[bucket & (PAGE_SIZE - 1)] as number
    return head === UNREAD ? this.#read(bucket) : head
  }

  #setHead(bucket: number, head: number): void {
    this.#page(bucket >>> PAGE_SHIFT).heads[bucket & (PAGE_SIZE - 1)] = head
  }

  #storeKey(bucket: number): Uint8Array {
    return concat(u32Key(this.#id), u32Key(bucket))
  }

  #read(bucket: number): number {
    return this.#take(bucket, this.#env.store.get(Table.ELEM, this.#storeKey(bucket)))
  }

  /** Brings a bucket into memory. @returns its head. */
  #take(bucket: number, bytes: Uint8Array | undefined): number {
    const { memory } = this.#env
    let head = NIL
    const size = this.#recordBytes
    for (let from = bytes ? bytes.length - size : -1; bytes && from >= 0; from -= size) {
      const at = this.#free.pop() ?? memory.alloc(this.#elemBytes)
      const { i32, u8 } = memory
      const value = from + this.#keySize
      u8.set(bytes.subarray(from, value), at + KEY)
      u8.set(bytes.subarray(value, value + this.valueBytes), at + this.#valueOff)
      i32[(at + NEXT) >>> 2] = head
      i32[(at + HASH) >>> 2] = this.hash(at + KEY)
      i32[(at + FLAGS) >>> 2] = 0
      if (this.#hasNode) u8.set(bytes.subarray(value + this.valueBytes, from + size), at + NODE)
      head = at
    }
    this.#setHead(bucket, head)
    return head
  }

  #nextStored(bucket: number): number | undefined {
    // What isn't written yet must be found too.
    if (this.#dirty.size > 0) this.flush()
    const until = this.#storeKey(MAX_BUCKETS)
    for (const [key] of this.#env.store.scan(Table.ELEM, this.#storeKey(bucket), until)) return bucketOfKey(key)
    return undefined
  }

  #complete(number: number, page: Page): void {
    const first = number << PAGE_SHIFT
    const { store } = this.#env
    const until = this.#storeKey(first + PAGE_SIZE)
    for (const [key, value] of store.scan(Table.ELEM, this.#storeKey(first), until)) {
      const bucket = bucketOfKey(key)
      if (page.heads[bucket - first] === UNREAD) this.#take(bucket, value)
    }
    for (let i = 0; i < PAGE_SIZE; i++) if (page.heads[i] === UNREAD) page.heads[i] = NIL
    page.complete = true
  }

  /** @param perhaps whether it may be what is stored already. */
  #write(bucket: number, perhaps: boolean): void {
    const { memory, store } = this.#env
    const { i32, u8 } = memory
    let length = 0
    for (let at = this.#head(bucket); at !== NIL; at = (i32[(at + NEXT) >>> 2] as number) >>> 0) {
      if (length + this.#recordBytes > this.#scratch.length) this.#grow(length + this.#recordBytes)
      const scratch = this.#scratch
      scratch.set(u8.subarray(at + KEY, at + KEY + this.#keySize), length)
      length += this.#keySize
      scratch.set(u8.subarray(at + this.#valueOff, at + this.#valueOff + this.valueBytes), length)
      length += this.valueBytes
      if (this.#hasNode) {
        scratch.set(u8.subarray(at + NODE, at + NODE + 4), length)
        length += 4
      }
      i32[(at + FLAGS) >>> 2] = 0
    }
    const key = this.#storeKey(bucket)
    const bytes = this.#scratch.subarray(0, length)
    if (perhaps) {
      const stored = store.get(Table.ELEM, key)
      if (stored && Buffer.compare(stored, bytes) === 0) return
    }
    if (length === 0) store.remove(Table.ELEM, key)
    else store.put(Table.ELEM, key, bytes)
  }

  #grow(length: number): void {
    const bigger = new Uint8Array(length * 2)
    bigger.set(this.#scratch)
    this.#scratch = bigger
  }
}

function bucketOfKey(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset).getUint32(4)
}

/** roundup_pow_of_two. */
export function bucketCount(maxEntries: number): number {
  return 2 ** Math.ceil(Math.log2(maxEntries))
}

function sameBytes(u8: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (u8[a + i] !== u8[b + i]) return false
  return true
}
