import type { MapRecord } from '../objects/records.ts'
import { u32Key } from '../store/bytes.ts'
import { StateError } from '../store/state-error.ts'
import { Table } from '../store/store.ts'
import { roundUp8 } from './alloc-check.ts'
import { ElementMemory } from './element-memory.ts'
import { jhash } from '../jhash.ts'
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

/** Heads of buckets are kept in pages of so many: few enough to be made for one, many enough to lie together. */
const PAGE_SHIFT = 12
const PAGE_SIZE = 1 << PAGE_SHIFT
const PAGE_MASK = PAGE_SIZE - 1
const PAGE_BYTES = PAGE_SIZE * 4

/**
 * Buckets side by side share a record in the store, as many as take about so many bytes when each has an element: that
 * keeps the tree small and reading it in order fast, while an update still costs one record.
 */
const RECORD_BYTES = 256
const MAX_GROUP_SHIFT = 5

/** What compiled programs know of the table, to look elements up by themselves. */
export const HashLayout = { NEXT, HASH, FLAGS, KEY, HANDED, UNREAD, NIL, PAGE_SHIFT, EXTRA: -8 } as const

/** Bytes before the table: a word that says where the element is that the next update takes. */
const TABLE_HEADER = 8

/** Where an element's value is. */
export function valueOffset(keySize: number): number {
  return KEY + roundUp8(keySize)
}

interface Page {
  /** Where its heads stand in memory, a word each. */
  readonly heads: number
  /** What was done to each group of buckets: CHANGED, LENT. */
  readonly states: Uint8Array
  /** All of its buckets were read. */
  complete: boolean
}

/** A group that isn't as it's stored, and one of which a program may have a value's address. */
const CHANGED = 1
const LENT = 2

/** No map has so many buckets: keys of other records of it begin here. */
const MAX_BUCKETS = 0x80000000
/** Key of the map's own record in the store: the number of elements. */
const STATE_KEY = 0xffffffff

/**
 * The buckets of a hash map, as Linux has them: an element stands in bucket `hash & (n_buckets - 1)`, the newest first.
 * A group of buckets is read when one of them is looked into, and written when one changed.
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
  /** Bytes of an element in the store: its key, its value, and the number of its LRU node. */
  readonly #recordBytes: number
  readonly #hasNode: boolean
  readonly #mask: number
  readonly #groupShift: number
  readonly #memory: ElementMemory
  readonly #pages: (Page | undefined)[] = []
  /** Where the pages' heads stand in memory, a word each; 0 for pages that there aren't. */
  readonly table: number
  /** Groups that are CHANGED, and those that are LENT. */
  #changed: number[] = []
  #lent: number[] = []
  /** The page that a walk through the whole table is in. */
  #walked = -1
  #storedCount: number
  readonly #storeKey = new Uint8Array(8)
  #scratch: Uint8Array = new Uint8Array(RECORD_BYTES)

  /** @param valueBytes of a value in the store and in memory. */
  constructor(env: MapEnvironment, record: MapRecord, valueBytes: number, hasNode: boolean) {
    this.#env = env
    this.#id = record.id
    this.#seed = record.seed | 0
    this.#keySize = record.keySize
    this.valueBytes = valueBytes
    this.#valueOff = valueOffset(record.keySize)
    this.#memory = new ElementMemory(env.memory, this.#valueOff + roundUp8(valueBytes))
    this.#hasNode = hasNode
    this.#recordBytes = record.keySize + valueBytes + (hasNode ? 4 : 0)
    this.#groupShift = Math.min(Math.max(Math.floor(Math.log2(RECORD_BYTES / this.#recordBytes)), 0), MAX_GROUP_SHIFT)
    this.buckets = bucketCount(record.maxEntries)
    this.#mask = this.buckets - 1
    this.table = env.memory.alloc(TABLE_HEADER + this.#tableBytes) + TABLE_HEADER
    const state = env.store.get(Table.ELEM, this.#key(STATE_KEY))
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
    while (at !== NIL) {
      if (i32[(at + HASH) >>> 2] === hash && sameBytes(u8, at + KEY, key, this.#keySize)) return at
      at = (i32[(at + NEXT) >>> 2] as number) >>> 0
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

  /** How many elements there are from one on in its bucket. */
  chainLength(elem: number): number {
    let length = 0
    for (let at = elem; at !== 0; at = this.after(at)) length++
    return length
  }

  /** An element that's in no bucket yet; its value is what was there before, as in Linux. */
  alloc(key: number, hash: number, node = 0): number {
    return this.reuse(this.#memory.alloc(), key, hash, node)
  }

  /** Makes a new element of one that's in no bucket. */
  reuse(at: number, key: number, hash: number, node = 0): number {
    const { i32, u8 } = this.#env.memory
    i32[(at + HASH) >>> 2] = hash
    i32[(at + FLAGS) >>> 2] = 0
    i32[(at + NODE) >>> 2] = node
    copyBytes(u8, at + KEY, u8, key, this.#keySize)
    return at
  }

  /** Takes back an element that's in no bucket any more; who has its address still reads what was in it. */
  recycle(elem: number): void {
    this.#memory.free(elem)
  }

  /** Puts an element at the head of its bucket. */
  link(elem: number, hash: number): void {
    const bucket = hash & this.#mask
    const first = this.#head(bucket)
    this.#env.memory.i32[(elem + NEXT) >>> 2] = first
    this.#setHead(bucket, elem)
    this.#mark(bucket, CHANGED)
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
    this.#mark(bucket, CHANGED)
    this.count--
  }

  /** The element's value or node was changed. */
  changed(elem: number): void {
    this.#mark(this.hashOf(elem) & this.#mask, CHANGED)
  }

  /** The element that an update of one that's there takes in its place (htab->extra_elems), 0 for none. */
  get extra(): number {
    return this.#env.memory.view.getUint32(this.table + HashLayout.EXTRA, true)
  }

  set extra(elem: number) {
    this.#env.memory.view.setUint32(this.table + HashLayout.EXTRA, elem, true)
  }

  /** The key of the element that has a value. */
  keyOfValue(at: number): Uint8Array {
    const key = at - this.#valueOff + KEY
    return this.#env.memory.u8.slice(key, key + this.#keySize)
  }

  /** The value's address, which a program may write to from now on. */
  handOut(elem: number): number {
    const { i32 } = this.#env.memory
    const flags = (elem + FLAGS) >>> 2
    if (((i32[flags] as number) & HANDED) === 0) {
      i32[flags] = (i32[flags] as number) | HANDED
      this.#mark((i32[(elem + HASH) >>> 2] as number) & this.#mask, LENT)
    }
    return elem + this.#valueOff
  }

  /** The first element of the first bucket from `bucket` on that has one, or 0. */
  firstFrom(bucket: number): number {
    let b = bucket
    while (b < this.buckets) {
      const number = b >>> PAGE_SHIFT
      const page = this.#page(number)
      if (!page.complete) {
        const found = this.#nextStored(b)
        if (found === undefined) return 0
        if (found >>> PAGE_SHIFT !== number) {
          b = found
          continue
        }
        this.#leave(this.#walked)
        this.#walked = number
        this.#complete(number, page)
      }
      const end = Math.min(this.buckets, (number + 1) << PAGE_SHIFT)
      for (; b < end; b++) {
        const head = this.#get(page, b & PAGE_MASK)
        if (head !== NIL) return head
      }
    }
    return 0
  }

  flush(): void {
    if (this.#changed.length > 0) {
      const groups = this.#changed
      this.#changed = []
      // In the tree's order.
      groups.sort((a, b) => a - b)
      for (const group of groups) this.#write(group, CHANGED)
    }
    if (this.#lent.length > 0) {
      const groups = this.#lent
      this.#lent = []
      for (const group of groups) this.#write(group, LENT)
    }
    if (this.count === this.#storedCount) return
    this.#storedCount = this.count
    this.#env.store.put(Table.ELEM, this.#key(STATE_KEY), u32Key(this.count))
  }

  /** Takes all memory back. */
  release(): void {
    this.#memory.release()
    const { memory } = this.#env
    for (const page of this.#pages) if (page) memory.free(page.heads, PAGE_BYTES)
    memory.free(this.table - TABLE_HEADER, TABLE_HEADER + this.#tableBytes)
    this.#pages.length = 0
  }

  get #tableBytes(): number {
    return Math.ceil(this.buckets / PAGE_SIZE) * 4
  }

  #get({ heads }: Page, slot: number): number {
    return (this.#env.memory.i32[(heads >>> 2) + slot] as number) >>> 0
  }

  #set({ heads }: Page, slot: number, head: number): void {
    this.#env.memory.i32[(heads >>> 2) + slot] = head
  }

  /** Notes that `flush` has something to do about a bucket. */
  #mark(bucket: number, state: number): void {
    const { states } = this.#page(bucket >>> PAGE_SHIFT)
    const at = (bucket & PAGE_MASK) >>> this.#groupShift
    const before = states[at] as number
    if (before & state) return
    states[at] = before | state
    const list = state === CHANGED ? this.#changed : this.#lent
    list.push(bucket >>> this.#groupShift)
  }

  #page(number: number): Page {
    return this.#pages[number] ?? this.#newPage(number)
  }

  #newPage(number: number): Page {
    const { memory } = this.#env
    const page: Page = {
      heads: memory.alloc(PAGE_BYTES),
      states: new Uint8Array(PAGE_SIZE >>> this.#groupShift),
      complete: false,
    }
    this.#pages[number] = page
    memory.i32[(this.table >>> 2) + number] = page.heads
    return page
  }

  #head(bucket: number): number {
    const page = this.#page(bucket >>> PAGE_SHIFT)
    const head = this.#get(page, bucket & PAGE_MASK)
    if (head !== UNREAD) return head
    const group = bucket >>> this.#groupShift
    this.#take(page, group, this.#env.store.get(Table.ELEM, this.#key(group)))
    return this.#get(page, bucket & PAGE_MASK)
  }

  #setHead(bucket: number, head: number): void {
    this.#set(this.#page(bucket >>> PAGE_SHIFT), bucket & PAGE_MASK, head)
  }

  /** Good until it's asked for another one. */
  #key(number: number): Uint8Array {
    const key = this.#storeKey
    writeU32(key, 0, this.#id)
    writeU32(key, 4, number)
    return key
  }

  /** Brings a group of buckets into memory: elements stand in its record bucket by bucket, the newest first. */
  #take(page: Page, group: number, bytes: Uint8Array | undefined): void {
    const first = (group << this.#groupShift) & PAGE_MASK
    const heads = page.heads >>> 2
    this.#env.memory.i32.fill(NIL, heads + first, heads + Math.min(first + (1 << this.#groupShift), PAGE_SIZE))
    if (!bytes) return
    const keySize = this.#keySize
    const { valueBytes } = this
    const size = this.#recordBytes
    for (let from = bytes.length - size; from >= 0; from -= size) {
      const at = this.#memory.alloc()
      const { i32, u8 } = this.#env.memory
      copyBytes(u8, at + KEY, bytes, from, keySize)
      copyBytes(u8, at + this.#valueOff, bytes, from + keySize, valueBytes)
      if (this.#hasNode) copyBytes(u8, at + NODE, bytes, from + keySize + valueBytes, 4)
      const hash = this.hash(at + KEY)
      if ((hash & this.#mask) >>> this.#groupShift !== group) throw new StateError('the machine is damaged')
      const slot = heads + (hash & this.#mask & PAGE_MASK)
      i32[(at + NEXT) >>> 2] = i32[slot] as number
      i32[(at + HASH) >>> 2] = hash
      i32[(at + FLAGS) >>> 2] = 0
      i32[slot] = at
    }
  }

  /** The first bucket from one on that the store may have something of. */
  #nextStored(bucket: number): number | undefined {
    // What isn't written yet must be found too.
    if (this.#changed.length > 0) this.flush()
    const from = this.#key(bucket >>> this.#groupShift).slice()
    for (const [key] of this.#env.store.scan(Table.ELEM, from, this.#key(MAX_BUCKETS).slice())) {
      return Math.max(groupOfKey(key) << this.#groupShift, bucket)
    }
    return undefined
  }

  #complete(number: number, page: Page): void {
    const first = number << PAGE_SHIFT
    const from = this.#key(first >>> this.#groupShift).slice()
    const until = this.#key((first + PAGE_SIZE) >>> this.#groupShift).slice()
    for (const [key, value] of this.#env.store.scan(Table.ELEM, from, until)) {
      const group = groupOfKey(key)
      if (this.#get(page, (group << this.#groupShift) & PAGE_MASK) === UNREAD) this.#take(page, group, value)
    }
    for (let i = 0; i < PAGE_SIZE; i++) if (this.#get(page, i) === UNREAD) this.#set(page, i, NIL)
    page.complete = true
  }

  /** A walk goes on to another page: one that's as stored needn't stay in memory. */
  #leave(number: number): void {
    const page = this.#pages[number]
    if (!page) return
    if (page.states.some((state) => state !== 0)) return
    const { memory } = this.#env
    const { i32 } = memory
    for (let slot = 0; slot < PAGE_SIZE; slot++) {
      let at = this.#get(page, slot)
      while (at !== NIL && at !== UNREAD) {
        const next = (i32[(at + NEXT) >>> 2] as number) >>> 0
        this.#memory.free(at)
        at = next
      }
    }
    this.#pages[number] = undefined
    i32[(this.table >>> 2) + number] = 0
    memory.free(page.heads, PAGE_BYTES)
  }

  /** Writes a group of buckets that was marked so; one that's only LENT may be as it's stored. */
  #write(group: number, state: number): void {
    const { memory, store } = this.#env
    const { i32, u8 } = memory
    const first = (group << this.#groupShift) & PAGE_MASK
    const page = this.#page((group << this.#groupShift) >>> PAGE_SHIFT)
    const { states } = page
    const marked = states[first >>> this.#groupShift] as number
    if ((marked & state) === 0) return
    states[first >>> this.#groupShift] = 0
    const keySize = this.#keySize
    const { valueBytes } = this
    const recordBytes = this.#recordBytes
    const valueOff = this.#valueOff
    const end = Math.min(first + (1 << this.#groupShift), PAGE_SIZE)
    let scratch = this.#scratch
    let length = 0
    for (let slot = first; slot < end; slot++) {
      let at = this.#get(page, slot)
      // Beyond the last bucket of a small map there is nothing.
      while (at !== NIL && at !== UNREAD) {
        if (length + recordBytes > scratch.length) scratch = this.#grow(length + recordBytes)
        copyBytes(scratch, length, u8, at + KEY, keySize)
        copyBytes(scratch, length + keySize, u8, at + valueOff, valueBytes)
        if (this.#hasNode) copyBytes(scratch, length + keySize + valueBytes, u8, at + NODE, 4)
        length += recordBytes
        if (marked & LENT) i32[(at + FLAGS) >>> 2] = 0
        at = (i32[(at + NEXT) >>> 2] as number) >>> 0
      }
    }
    const key = this.#key(group)
    const bytes = scratch.subarray(0, length)
    if ((marked & CHANGED) === 0) {
      const stored = store.get(Table.ELEM, key)
      if (stored && Buffer.compare(stored, bytes) === 0) return
    }
    if (length === 0) store.remove(Table.ELEM, key)
    else store.put(Table.ELEM, key, bytes)
  }

  #grow(length: number): Uint8Array {
    const bigger = new Uint8Array(length * 2)
    bigger.set(this.#scratch)
    this.#scratch = bigger
    return bigger
  }
}

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

function groupOfKey(key: Uint8Array): number {
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

/** Few bytes are copied faster one by one. */
function copyBytes(to: Uint8Array, at: number, from: Uint8Array, start: number, length: number): void {
  if (length > 32) to.set(from.subarray(start, start + length), at)
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i] as number
}
