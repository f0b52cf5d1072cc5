import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import type { MapRecord } from '../objects/records.ts'
import { KernelError } from '../error.ts'
import { require } from './alloc-check.ts'
import { ArrayStore } from './array-store.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'

/** Name of map->writecnt among a record's facts: who mapped an arena once keeps it from being frozen. */
export const MMAP_WRITERS = 'writecnt'

const CREATE_FLAGS = MapFlag.SEGV_ON_FAULT | MapFlag.MMAPABLE | MapFlag.NO_USER_CONV
const PAGE_BYTES = 4096
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

/** Pages that programs and users share, each there from when it's first written. They have no elements. */
class ArenaMap extends BaseMap {
  /** Made when the first page is looked at: an arena may have a million. */
  #pages: ArrayStore | undefined

  get #store(): ArrayStore {
    return (this.#pages ??= new ArrayStore(this.env, this.record, this.record.maxEntries, PAGE_BYTES))
  }

  /** arena_map_mem_usage. */
  memUsage(): number {
    return 0
  }

  override mmapRead(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    this.#eachPage(offset, length, (page, from, at, size) => {
      const start = this.#store.read(page) + from
      bytes.set(this.env.memory.u8.subarray(start, start + size), at)
    })
    return bytes
  }

  override mmapWrite(offset: number, bytes: Uint8Array): number {
    this.#eachPage(offset, bytes.length, (page, from, at, size) => {
      const start = this.#store.write(page) + from
      this.env.memory.u8.set(bytes.subarray(at, at + size), start)
    })
    return 0
  }

  /** Calls `fn` with the parts of pages that a part of the mapping is. @throws KernelError EINVAL beyond its end. */
  #eachPage(offset: number, length: number, fn: (page: number, from: number, at: number, size: number) => void): void {
    const { maxEntries, mapFlags } = this.record
    if (offset + length > maxEntries * PAGE_BYTES) throw new KernelError(Errno.EINVAL)
    // arena_vm_fault: only programs allocate pages of such an arena; who else touches one gets SIGSEGV.
    if (mapFlags & MapFlag.SEGV_ON_FAULT && length > 0) throw new KernelError(Errno.EFAULT)
    for (let at = 0; at < length;) {
      const from = (offset + at) % PAGE_BYTES
      const size = Math.min(PAGE_BYTES - from, length - at)
      fn(Math.floor((offset + at) / PAGE_BYTES), from, at, size)
      at += size
    }
  }

  override flush(): void {
    this.#pages?.flush()
  }

  override release(): void {
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
