import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import type { MapRecord } from '../objects/records.ts'
import { roundUp8 } from './alloc-check.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import { createHash, hashMemUsage } from './hash-check.ts'
import { HashTable } from './hash-table.ts'
import type { MapEnvironment } from './map.ts'

/** check_flags: what an update may find. @returns 0 or a negative errno. */
export function checkUpdate(old: number, flags: number): number {
  const how = flags & ~ElemFlag.LOCK
  if (old !== 0 && how === ElemFlag.NOEXIST) return -Errno.EEXIST
  if (old === 0 && how === ElemFlag.EXIST) return -Errno.ENOENT
  return 0
}

/** Whether the flags of an update are unknown. */
function unknownFlags(flags: number, allowed: number): boolean {
  return flags > 0xff || (flags & ~allowed) > ElemFlag.EXIST
}

/** What all maps on a hash table have in common. */
export abstract class HashBase extends BaseMap {
  protected readonly table: HashTable

  constructor(record: MapRecord, env: MapEnvironment, valueBytes: number, hasNode: boolean) {
    super(record, env)
    this.table = new HashTable(env, record, valueBytes, hasNode)
  }

  memUsage(): number {
    return hashMemUsage(this.record, this.table.count, this.env.possibleCpus)
  }

  /** htab_map_get_next_key. */
  override getNextKey(key: number, next: number): number {
    const { table } = this
    let bucket = 0
    let elem = 0
    if (key !== 0) {
      const hash = table.hash(key)
      const found = table.find(key, hash)
      if (found !== 0) {
        elem = table.after(found)
        bucket = table.bucketOf(hash) + 1
      }
    }
    if (elem === 0) elem = table.firstFrom(bucket)
    if (elem === 0) return -Errno.ENOENT
    const at = table.keyOf(elem)
    this.env.memory.u8.copyWithin(next, at, at + this.record.keySize)
    return 0
  }

  override flush(): void {
    this.table.flush()
  }

  override release(): void {
    this.table.release()
  }

  /** Whether there's no room for one element more: no free one is left, or as many were made as may be. */
  protected get isFull(): boolean {
    return this.table.count >= this.record.maxEntries
  }

  protected find(key: number): number {
    return this.table.find(key, this.table.hash(key))
  }
}

/** BPF_MAP_TYPE_HASH. */
class HashMap extends HashBase {
  /** Elements to replace others with (htab->extra_elems), of the only CPU that anything runs on. */
  #extra = 0

  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env, record.valueSize, false)
  }

  override lookup(key: number): number {
    const elem = this.find(key)
    return elem === 0 ? 0 : this.table.handOut(elem)
  }

  override copyValue(key: number, value: number, _flags: number): number {
    const elem = this.find(key)
    if (elem === 0) return -Errno.ENOENT
    this.#copyOut(elem, value)
    return 0
  }

  /** htab_map_update_elem: a new element takes the old one's place, at the head of the bucket. */
  override update(key: number, value: number, flags: number): number {
    const { table } = this
    if (unknownFlags(flags, ElemFlag.LOCK)) return -Errno.EINVAL
    const hash = table.hash(key)
    const old = table.find(key, hash)
    const refused = checkUpdate(old, flags)
    if (refused !== 0) return refused
    if (old === 0 && this.isFull) return -Errno.E2BIG
    let elem: number
    if (old !== 0 && this.#extra !== 0) {
      elem = table.reuse(this.#extra, key, hash)
    } else {
      elem = table.alloc(key, hash, 0)
    }
    const to = table.valueOf(elem)
    this.env.memory.u8.copyWithin(to, value, value + this.record.valueSize)
    table.link(elem, hash)
    if (old !== 0) {
      table.unlink(old)
      if (this.record.mapFlags & MapFlag.NO_PREALLOC) table.recycle(old)
      else this.#extra = old
    }
    return 0
  }

  override delete(key: number): number {
    const elem = this.find(key)
    if (elem === 0) return -Errno.ENOENT
    this.table.unlink(elem)
    this.table.recycle(elem)
    return 0
  }

  override lookupAndDelete(key: number, value: number, _flags: number): number {
    const elem = this.find(key)
    if (elem === 0) return -Errno.ENOENT
    this.#copyOut(elem, value)
    this.table.unlink(elem)
    this.table.recycle(elem)
    return 0
  }

  #copyOut(elem: number, value: number): void {
    const at = this.table.valueOf(elem)
    this.env.memory.u8.copyWithin(value, at, at + this.record.valueSize)
  }
}

/** BPF_MAP_TYPE_PERCPU_HASH: the CPUs' values stand side by side, each rounded up to 8 bytes; updates are in place. */
class PerCpuHashMap extends HashBase {
  readonly #elemSize: number

  constructor(record: MapRecord, env: MapEnvironment) {
    const elemSize = roundUp8(record.valueSize)
    super(record, env, elemSize * env.possibleCpus, false)
    this.#elemSize = elemSize
  }

  override get valueSizeOfSyscall(): number {
    return this.table.valueBytes
  }

  override lookup(key: number): number {
    return this.lookupPerCpu(key, this.env.currentCpu())
  }

  /** map_lookup_percpu_elem. */
  lookupPerCpu(key: number, cpu: number): number {
    const elem = this.find(key)
    return elem === 0 ? 0 : this.table.handOut(elem) + cpu * this.#elemSize
  }

  override copyValue(key: number, value: number, _flags: number): number {
    const elem = this.find(key)
    if (elem === 0) return -Errno.ENOENT
    this.#copyOut(elem, value)
    return 0
  }

  /** An update of a program is one of this CPU's value; a new element's other values are zero. */
  override update(key: number, value: number, flags: number): number {
    return this.#update(key, value, flags, false)
  }

  /** bpf_percpu_hash_update: all CPUs' values. */
  override updateValue(key: number, value: number, flags: number): number {
    return this.#update(key, value, flags, true)
  }

  override delete(key: number): number {
    const elem = this.find(key)
    if (elem === 0) return -Errno.ENOENT
    this.table.unlink(elem)
    this.table.recycle(elem)
    return 0
  }

  override lookupAndDelete(key: number, value: number, _flags: number): number {
    const elem = this.find(key)
    if (elem === 0) return -Errno.ENOENT
    this.#copyOut(elem, value)
    this.table.unlink(elem)
    this.table.recycle(elem)
    return 0
  }

  /** htab_map_update_elem_in_place. */
  #update(key: number, value: number, flags: number, allCpus: boolean): number {
    const { table } = this
    if (unknownFlags(flags, 0)) return -Errno.EINVAL
    const hash = table.hash(key)
    const old = table.find(key, hash)
    const refused = checkUpdate(old, flags)
    if (refused !== 0) return refused
    const { memory } = this.env
    if (old !== 0) {
      const to = table.valueOf(old) + (allCpus ? 0 : this.env.currentCpu() * this.#elemSize)
      memory.u8.copyWithin(to, value, value + (allCpus ? table.valueBytes : this.record.valueSize))
      table.changed(old)
      return 0
    }
    if (this.isFull) return -Errno.E2BIG
    const elem = table.alloc(key, hash, 0)
    const to = table.valueOf(elem)
    if (allCpus) memory.u8.copyWithin(to, value, value + table.valueBytes)
    else {
      memory.u8.fill(0, to, to + table.valueBytes)
      const mine = to + this.env.currentCpu() * this.#elemSize
      memory.u8.copyWithin(mine, value, value + this.#elemSize)
    }
    table.link(elem, hash)
    return 0
  }

  #copyOut(elem: number, value: number): void {
    const at = this.table.valueOf(elem)
    this.env.memory.u8.copyWithin(value, at, at + this.table.valueBytes)
  }
}

export const hashFamily: MapFamily = {
  create: createHash,
  open: (record, env) => new HashMap(record, env),
}

export const perCpuHashFamily: MapFamily = {
  create: createHash,
  open: (record, env) => new PerCpuHashMap(record, env),
}
