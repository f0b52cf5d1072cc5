import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import type { MapRecord } from '../objects/records.ts'
import { roundUp8 } from './alloc-check.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import { createHash, hashMemUsage } from './hash-check.ts'
import { HashTable } from './hash-table.ts'
import type { BucketBatch, MapEnvironment } from './map.ts'
import { Packed } from './packed.ts'
import { copyMapValue, copyMapValueLong, freeMapFields, hasLock, initCopiedValue, zeroMapValue } from './value.ts'

/** Elements of a look-up of many for which there's room from the start. */
const ROOM = 1024

/** check_flags: what an update may find. @returns 0 or a negative errno. */
export function checkUpdate(old: number, flags: number): number {
  const how = flags & ~ElemFlag.LOCK
  if (old !== 0 && how === ElemFlag.NOEXIST) return -Errno.EEXIST
  if (old === 0 && how === ElemFlag.EXIST) return -Errno.ENOENT
  return 0
}

/** What all maps on a hash table have in common. */
export abstract class HashBase extends BaseMap {
  readonly recordStays = true
  protected readonly table: HashTable

  constructor(record: MapRecord, env: MapEnvironment, valueBytes: number, hasNode: boolean) {
    super(record, env)
    this.table = new HashTable(env, record, valueBytes, hasNode)
  }

  memUsage(): number {
    return hashMemUsage(this.record, this.table.count, this.env)
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

  /** __htab_map_lookup_and_delete_batch: whole buckets, from one on. */
  lookupBatch(start: number, count: number, flags: number, andDelete: boolean): BucketBatch {
    const { table, record } = this
    const { memory } = this.env
    const valueSize = this.valueSizeOfSyscall
    const keys = new Packed(record.keySize, Math.min(count, record.maxEntries, ROOM))
    const values = new Packed(valueSize, Math.min(count, record.maxEntries, ROOM))
    const end = (errno: number, next: number | undefined) => {
      return { errno, found: keys.count, keys: keys.done(), values: values.done(), next }
    }
    if (start >= table.buckets) return end(Errno.ENOENT, undefined)
    const scratch = memory.alloc(valueSize)
    try {
      for (let bucket = start; bucket < table.buckets; bucket++) {
        const first = table.firstFrom(bucket)
        if (first === 0) break
        bucket = table.bucketOf(table.hashOf(first))
        const size = table.chainLength(first)
        if (size > count - keys.count) return end(keys.count === 0 ? Errno.ENOSPC : 0, bucket)
        for (let elem = first; elem !== 0; elem = table.after(elem)) {
          this.copyElem(elem, scratch, flags)
          initCopiedValue(this, memory, scratch)
          keys.push(memory.u8, table.keyOf(elem))
          values.push(memory.u8, scratch)
        }
        if (andDelete) this.#removeChain(first)
      }
    } finally {
      memory.free(scratch, valueSize)
    }
    return end(Errno.ENOENT, table.buckets)
  }

  /** Takes out all elements of a bucket, the last one first. */
  #removeChain(first: number): void {
    const elems: number[] = []
    for (let elem = first; elem !== 0; elem = this.table.after(elem)) elems.push(elem)
    for (const elem of elems.reverse()) this.remove(elem)
  }

  override copyValue(key: number, value: number, flags: number): number {
    const elem = this.find(key)
    if (elem === 0) return -Errno.ENOENT
    this.copyElem(elem, value, flags)
    return 0
  }

  override delete(key: number): number {
    const elem = this.find(key)
    if (elem === 0) return -Errno.ENOENT
    this.remove(elem)
    return 0
  }

  override lookupAndDelete(key: number, value: number, flags: number): number {
    const elem = this.find(key)
    if (elem === 0) return -Errno.ENOENT
    this.copyElem(elem, value, flags)
    this.remove(elem)
    return 0
  }

  /** Copies an element's value as bpf(2) gives it. */
  protected copyElem(elem: number, value: number, _flags: number): void {
    const at = this.table.valueOf(elem)
    this.env.memory.u8.copyWithin(value, at, at + this.valueSizeOfSyscall)
  }

  keyOfValue(at: number): Uint8Array {
    return this.table.keyOfValue(at)
  }

  /** A value as a program gets it: this CPU's, where each has one. */
  protected handOut(elem: number): number {
    return this.table.handOut(elem)
  }

  /** Takes an element out. */
  protected remove(elem: number): void {
    this.table.unlink(elem)
    this.freeFields(elem)
    this.table.recycle(elem)
  }

  /** check_and_free_fields. */
  protected freeFields(elem: number): void {
    freeMapFields(this.record, this.env, this.table.valueOf(elem))
  }

  /** bpf_for_each_hash_elem: what comes next is known before the program is called, which may take elements out. */
  forEach(visit: (key: number, value: number) => boolean): number {
    const { table } = this
    let count = 0
    for (let bucket = 0; ; bucket++) {
      let elem = table.firstFrom(bucket)
      if (elem === 0) return count
      bucket = table.bucketOf(table.hashOf(elem))
      while (elem !== 0) {
        const next = table.after(elem)
        count++
        if (visit(table.keyOf(elem), this.handOut(elem))) return count
        elem = next
      }
    }
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
  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env, record.valueSize, false)
  }

  lookupTable(): number {
    return this.table.table
  }

  override lookup(key: number): number {
    const elem = this.find(key)
    return elem === 0 ? 0 : this.table.handOut(elem)
  }

  /** As `update`; compiled programs may update the element by themselves from now on, until the next flush. */
  updateAndLend(key: number, value: number, flags: number): number {
    const result = this.update(key, value, flags)
    if (result === 0) this.table.handOut(this.find(key))
    return result
  }

  /** htab_map_update_elem: a new element takes the old one's place, at the head of the bucket. */
  override update(key: number, value: number, flags: number): number {
    const { table } = this
    if (flags > 0xff || (flags & ~ElemFlag.LOCK) > ElemFlag.EXIST) return -Errno.EINVAL
    const hash = table.hash(key)
    const old = table.find(key, hash)
    if (flags & ElemFlag.LOCK && !hasLock(this.record)) return -Errno.EINVAL
    const refused = checkUpdate(old, flags)
    if (refused !== 0) return refused
    if (old === 0 && this.isFull) return -Errno.E2BIG
    if (old !== 0 && flags & ElemFlag.LOCK) {
      // With the lock held, the value is written where it is.
      copyMapValue(this.record, this.env.memory, table.valueOf(old), value)
      table.changed(old)
      return 0
    }
    const elem = old !== 0 && table.extra !== 0 ? table.reuse(table.extra, key, hash) : table.alloc(key, hash)
    copyMapValue(this.record, this.env.memory, table.valueOf(elem), value)
    table.link(elem, hash)
    if (old !== 0) {
      table.unlink(old)
      this.freeFields(old)
      if (this.record.mapFlags & MapFlag.NO_PREALLOC) table.recycle(old)
      else table.extra = old
    }
    return 0
  }
}

/** Values of per-CPU hash maps: the CPUs' stand side by side, each rounded up to 8 bytes. */
export class PerCpuValues {
  /** Bytes of one CPU's value, and of all. */
  readonly each: number
  readonly bytes: number
  readonly #record: MapRecord
  readonly #env: MapEnvironment

  constructor(record: MapRecord, env: MapEnvironment) {
    this.#record = record
    this.#env = env
    this.each = roundUp8(record.valueSize)
    this.bytes = this.each * env.possibleCpus
  }

  /** pcpu_init_value: a program gives this CPU's value; the others are zero. */
  init(at: number, value: number, allCpus: boolean): void {
    if (allCpus) {
      this.write(at, value, true)
      return
    }
    const { memory } = this.#env
    for (let off = 0; off < this.bytes; off += this.each) zeroMapValue(this.#record, memory, at + off)
    copyMapValue(this.#record, memory, at + this.#env.currentCpu() * this.each, value)
  }

  /** pcpu_copy_value: all CPUs' values, or this one's. */
  write(at: number, value: number, allCpus: boolean): void {
    const { memory } = this.#env
    const record = this.#record
    if (!allCpus) {
      const mine = at + this.#env.currentCpu() * this.each
      copyMapValue(record, memory, mine, value)
      freeMapFields(record, this.#env, mine)
      return
    }
    for (let off = 0; off < this.bytes; off += this.each) {
      copyMapValueLong(record, memory, at + off, value + off)
      freeMapFields(record, this.#env, at + off)
    }
  }

  freeFields(at: number): void {
    for (let off = 0; off < this.bytes; off += this.each) freeMapFields(this.#record, this.#env, at + off)
  }
}

/** BPF_MAP_TYPE_PERCPU_HASH. */
class PerCpuHashMap extends HashBase {
  readonly #values: PerCpuValues

  constructor(record: MapRecord, env: MapEnvironment) {
    const values = new PerCpuValues(record, env)
    super(record, env, values.bytes, false)
    this.#values = values
  }

  override get valueSizeOfSyscall(): number {
    return this.#values.bytes
  }

  lookupTable(): number {
    return this.table.table
  }

  override lookup(key: number): number {
    return this.lookupPerCpu(key, this.env.currentCpu())
  }

  /** map_lookup_percpu_elem. */
  lookupPerCpu(key: number, cpu: number): number {
    const elem = this.find(key)
    return elem === 0 ? 0 : this.table.handOut(elem) + cpu * this.#values.each
  }

  override update(key: number, value: number, flags: number): number {
    return this.#update(key, value, flags, false)
  }

  /** bpf_percpu_hash_update. */
  override updateValue(key: number, value: number, flags: number): number {
    return this.#update(key, value, flags, true)
  }

  protected override handOut(elem: number): number {
    return this.table.handOut(elem) + this.env.currentCpu() * this.#values.each
  }

  protected override freeFields(elem: number): void {
    this.#values.freeFields(this.table.valueOf(elem))
  }

  /** htab_map_update_elem_in_place: the value is written where it is. */
  #update(key: number, value: number, flags: number, allCpus: boolean): number {
    const { table } = this
    if (flags > ElemFlag.EXIST) return -Errno.EINVAL
    const hash = table.hash(key)
    const old = table.find(key, hash)
    const refused = checkUpdate(old, flags)
    if (refused !== 0) return refused
    if (old !== 0) {
      this.#values.write(table.valueOf(old), value, allCpus)
      table.changed(old)
      return 0
    }
    if (this.isFull) return -Errno.E2BIG
    const elem = table.alloc(key, hash)
    this.#values.init(table.valueOf(elem), value, allCpus)
    table.link(elem, hash)
    return 0
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
