import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import type { MapRecord } from '../objects/records.ts'
import { KernelError } from '../error.ts'
import { require } from './alloc-check.ts'
import type { ArenaMemory } from './arena-memory.ts'
import { ArrayStore } from './array-store.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import type { KernelMap, MapEnvironment } from './map.ts'

const CREATE_FLAGS = MapFlag.SEGV_ON_FAULT | MapFlag.MMAPABLE | MapFlag.NO_USER_CONV
const PAGE_SHIFT = 12
const PAGE_BYTES = 1 << PAGE_SHIFT
const PAGE_SIZE = BigInt(PAGE_BYTES)
const SIZE_4G = 1n << 32n

/** arena_map_alloc. @throws KernelError. */
function create(attr: MapCreateAttr): Partial<MapRecord> {
  const { keySize, valueSize, maxEntries, mapFlags = 0, mapExtra = 0n } = attr
  require(keySize === 0 && valueSize === 0 && maxEntries !== 0)
  require((mapFlags & MapFlag.MMAPABLE) !== 0 && (mapFlags & ~CREATE_FLAGS) === 0)
  // Where users are to map it.
  require(mapExtra % PAGE_SIZE === 0n)
  const size = BigInt(maxEntries) * PAGE_SIZE
  require(size <= SIZE_4G, Errno.E2BIG)
  const last = BigInt.asUintN(64, mapExtra + size - 1n)
  require(mapExtra / SIZE_4G === last / SIZE_4G, Errno.ERANGE)
  return {}
}

/** Where a process has mapped an arena for which it asked no address. */
const MAPPED_ANYWHERE = 0x7f00_0000_0000n

/** user_vm_start. */
export function arenaStart({ mapExtra }: MapRecord): bigint {
  return mapExtra || MAPPED_ANYWHERE
}

/** Of a page: nobody has it, it's there, or it's kept from being allocated. */
const FREE = 0
const MAPPED = 1
const RESERVED = 2
/** It's there, and programs may write to it until the next flush. */
const LENT = 3

/** What compiled programs know of an arena, to find its pages by themselves: a byte for each stands behind them. */
export const ArenaLayout = { PAGE_SHIFT, LENT } as const

/** Pages that programs and users share, each there from when it's allocated or first looked at. They have no elements. */
class ArenaMap extends BaseMap implements ArenaMemory {
  readonly userHi: number
  readonly userLo: number
  readonly castHi: number
  /** Made when the first page is looked at: an arena may have a million. Behind its pages, a byte tells of each. */
  #pages: ArrayStore | undefined
  /** Pages that are LENT. */
  readonly #lent = new Set<number>()
  /** Where accesses go that find no page. */
  #nowhere = 0

  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env)
    const start = arenaStart(record)
    this.userHi = Number(start >> 32n) | 0
    this.userLo = Number(start & 0xffffffffn)
    this.castHi = record.mapFlags & MapFlag.NO_USER_CONV ? 0 : this.userHi
  }

  get #store(): ArrayStore {
    const { maxEntries } = this.record
    const states = Math.ceil(maxEntries / PAGE_BYTES)
    return (this.#pages ??= new ArrayStore(this.env, this.record, maxEntries + states, PAGE_BYTES))
  }

  lookupTable(): number {
    return this.#store.table
  }

  #state(page: number): number {
    const at = this.#store.read(this.record.maxEntries + Math.floor(page / PAGE_BYTES)) + (page % PAGE_BYTES)
    return this.env.memory.u8[at] as number
  }

  #setState(page: number, state: number): void {
    const at = this.#store.write(this.record.maxEntries + Math.floor(page / PAGE_BYTES)) + (page % PAGE_BYTES)
    this.env.memory.u8[at] = state
  }

  /** Where a byte is, 0 for one in no page. */
  #byteAt(lo: number): number {
    const distance = (lo - this.userLo) >>> 0
    const page = distance >>> PAGE_SHIFT
    const state = page < this.record.maxEntries ? this.#state(page) : FREE
    if (state !== MAPPED && state !== LENT) return 0
    if (state === MAPPED) {
      this.#lent.add(page)
      this.#setState(page, LENT)
    }
    return this.#store.handOut(page) + (distance & (PAGE_BYTES - 1))
  }

  load(r: Int32Array, d: number, lo: number, size: number): void {
    const { memory } = this.env
    const at = this.place(lo, size)
    const { view } = memory
    r[d] = size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at, true) : view.getInt32(at, true)
    r[d + 1] = size === 8 ? view.getInt32(at + 4, true) : 0
  }

  store(lo: number, size: number, valueLo: number, valueHi: number): void {
    const at = this.place(lo, size)
    const { view } = this.env.memory
    if (size === 8) view.setInt32(at + 4, valueHi, true)
    if (size >= 4) view.setInt32(at, valueLo, true)
    else if (size === 2) view.setInt16(at, valueLo, true)
    else view.setInt8(at, valueLo)
    if ((lo & (PAGE_BYTES - 1)) + size > PAGE_BYTES) this.#storeOver(lo, at, size)
  }

  /** Bytes that lie in two pages. */
  #storeOver(lo: number, from: number, size: number): void {
    for (let i = 0; i < size; i++) {
      const at = this.#byteAt((lo + i) | 0)
      if (at !== 0) this.env.memory.u8[at] = this.env.memory.u8[from + i] as number
    }
  }

  place(lo: number, size: number): number {
    const isOver = (lo & (PAGE_BYTES - 1)) + size > PAGE_BYTES
    const at = isOver ? 0 : this.#byteAt(lo)
    if (at !== 0) return at
    const nowhere = (this.#nowhere ||= this.env.memory.alloc(8))
    const { u8 } = this.env.memory
    u8.fill(0, nowhere, nowhere + 8)
    if (isOver) {
      const bytes = Array.from({ length: size }, (_, i) => this.#byteAt((lo + i) | 0))
      // It's there, or it isn't, as a whole.
      if (!bytes.includes(0)) bytes.forEach((byte, i) => (u8[nowhere + i] = u8[byte] as number))
    }
    return nowhere
  }

  /** Whether nobody has any of so many pages. */
  #areFree(page: number, count: number): boolean {
    for (let i = 0; i < count; i++) if (this.#state(page + i) !== FREE) return false
    return true
  }

  /** range_tree_find: the start of the smallest gap that is large enough. */
  #findGap(count: number): number {
    const { maxEntries } = this.record
    let best = -1
    let bestSize = Infinity
    for (let page = 0; page < maxEntries;) {
      let end = page
      while (end < maxEntries && this.#state(end) === FREE) end++
      if (end - page >= count && end - page < bestSize) {
        best = page
        bestSize = end - page
      }
      page = end + 1
    }
    return best
  }

  allocPages(page: number, count: number): number {
    const { maxEntries } = this.record
    if (count > maxEntries || page > maxEntries - count) return -1
    const first = page < 0 ? this.#findGap(count) : this.#areFree(page, count) ? page : -1
    if (first < 0) return -1
    for (let i = 0; i < count; i++) this.#setState(first + i, MAPPED)
    return first
  }

  freePages(page: number, count: number): void {
    const last = Math.min(page + count, this.record.maxEntries)
    for (let each = page; each < last; each++) {
      if (this.#state(each) === MAPPED || this.#lent.delete(each)) {
        const at = this.#store.write(each)
        this.env.memory.u8.fill(0, at, at + PAGE_BYTES)
      }
      this.#setState(each, FREE)
    }
  }

  reservePages(page: number, count: number): number {
    if (page + count > this.record.maxEntries) return -Errno.EINVAL
    if (!this.#areFree(page, count)) return -Errno.EBUSY
    for (let i = 0; i < count; i++) this.#setState(page + i, RESERVED)
    return 0
  }

  /** arena_map_mem_usage. */
  memUsage(): number {
    return 0
  }

  override mmapRead(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    this.#eachPage(offset, length, (page, from, at, size) => {
      this.#faultIn(page)
      const start = this.#store.read(page) + from
      bytes.set(this.env.memory.u8.subarray(start, start + size), at)
    })
    return bytes
  }

  override mmapWrite(offset: number, bytes: Uint8Array): number {
    this.#eachPage(offset, bytes.length, (page, from, at, size) => {
      this.#faultIn(page)
      const start = this.#store.write(page) + from
      this.env.memory.u8.set(bytes.subarray(at, at + size), start)
    })
    return 0
  }

  /** arena_vm_fault: a page is there from when a user looks at it. @throws KernelError EFAULT for one that may not. */
  #faultIn(page: number): void {
    const state = this.#state(page)
    if (state === MAPPED || state === LENT) return
    // Only programs allocate pages of such an arena; who else touches one gets SIGSEGV.
    if (this.record.mapFlags & MapFlag.SEGV_ON_FAULT || state === RESERVED) throw new KernelError(Errno.EFAULT)
    this.#setState(page, MAPPED)
  }

  /** Calls `fn` with the parts of pages that a part of the mapping is. @throws KernelError EINVAL beyond its end. */
  #eachPage(offset: number, length: number, fn: (page: number, from: number, at: number, size: number) => void): void {
    const { maxEntries } = this.record
    if (offset + length > maxEntries * PAGE_BYTES) throw new KernelError(Errno.EINVAL)
    for (let at = 0; at < length;) {
      const from = (offset + at) % PAGE_BYTES
      const size = Math.min(PAGE_BYTES - from, length - at)
      fn(Math.floor((offset + at) / PAGE_BYTES), from, at, size)
      at += size
    }
  }

  override flush(): void {
    for (const page of this.#lent) this.#setState(page, MAPPED)
    this.#lent.clear()
    this.#pages?.flush()
  }

  override release(): void {
    if (this.#nowhere !== 0) this.env.memory.free(this.#nowhere, 8)
    this.#nowhere = 0
    this.#pages?.free()
    this.#pages = undefined
  }

  override copyValue(_key: number, _value: number, _flags: number): number {
    return -Errno.EINVAL
  }
}

export const arenaFamily: MapFamily = {
  checksInAlloc: true,
  since: '6.9',
  create,
  open: (record, env) => new ArenaMap(record, env),
}

/** The arena among maps that a program uses; it has one at most. */
export function arenaMemory(map: KernelMap): ArenaMemory | undefined {
  return map instanceof ArenaMap ? map : undefined
}
