import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import { KernelError } from '../error.ts'
import type { MapRecord } from '../objects/records.ts'
import {
  ACCESS_FLAGS,
  PCPU_MIN_UNIT_SIZE,
  accessOk,
  hasNumaNode,
  require,
  requireMemory,
  roundUp8,
} from './alloc-check.ts'
import { ArrayStore, isFlat } from './array-store.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import type { MapEnvironment } from './map.ts'
import { copyMapValue, copyMapValueLong, freeMapFields, hasLock } from './value.ts'

/** ARRAY_CREATE_FLAG_MASK. */
const CREATE_FLAGS = MapFlag.NUMA_NODE | MapFlag.MMAPABLE | ACCESS_FLAGS | MapFlag.PRESERVE_ELEMS | MapFlag.INNER_MAP

const INT_MAX = 0x7fffffff
const PAGE_SIZE = 4096

/** array_map_alloc_check. @throws KernelError. */
export function checkArray(attr: MapCreateAttr): void {
  const { mapType, keySize, valueSize, maxEntries, mapFlags = 0 } = attr
  const percpu = mapType === MapType.PERCPU_ARRAY
  require(maxEntries !== 0 && keySize === 4 && valueSize !== 0)
  require((mapFlags & ~CREATE_FLAGS) === 0 && accessOk(mapFlags) && !(percpu && hasNumaNode(attr)))
  require(mapType === MapType.ARRAY || (mapFlags & (MapFlag.MMAPABLE | MapFlag.INNER_MAP)) === 0)
  require(mapType === MapType.PERF_EVENT_ARRAY || (mapFlags & MapFlag.PRESERVE_ELEMS) === 0)
  require(valueSize <= INT_MAX, Errno.E2BIG)
  require(!percpu || roundUp8(valueSize) <= PCPU_MIN_UNIT_SIZE, Errno.E2BIG)
}

/** array_map_alloc. @throws KernelError ENOMEM. */
export function allocArray({ mapType, mapFlags = 0, maxEntries, valueSize }: MapCreateAttr, env: MapEnvironment): void {
  requireMemory(arrayMemUsage({ type: mapType, mapFlags, maxEntries, valueSize }, env), env)
}

type ArraySizes = Pick<MapRecord, 'type' | 'mapFlags' | 'maxEntries' | 'valueSize'>

/** array_map_mem_usage. */
export function arrayMemUsage(sizes: ArraySizes, { profile, possibleCpus }: MapEnvironment): number {
  const { type, mapFlags, maxEntries, valueSize } = sizes
  const header = profile.structSize('bpf_array')
  const elemSize = roundUp8(valueSize)
  if (type === MapType.PERCPU_ARRAY) return header + maxEntries * 8 + maxEntries * elemSize * possibleCpus
  if (mapFlags & MapFlag.MMAPABLE) return pageAlign(header) + pageAlign(maxEntries * elemSize)
  return header + maxEntries * elemSize
}

function pageAlign(size: number): number {
  return Math.ceil(size / PAGE_SIZE) * PAGE_SIZE
}

function u32Bytes(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer)
}

/** array_map_get_next_key. */
export function arrayNextKey({ memory }: MapEnvironment, maxEntries: number, key: number, next: number): number {
  const { view } = memory
  const index = key === 0 ? maxEntries : view.getUint32(key, true)
  if (index === maxEntries - 1) return -Errno.ENOENT
  view.setUint32(next, index >= maxEntries ? 0 : index + 1, true)
  return 0
}

/** Bytes of one CPU's value in memory, and from one element to the next. */
export function arrayLayout(
  { type, valueSize }: MapRecord,
  possibleCpus: number,
): { elemSize: number; stride: number } {
  const elemSize = roundUp8(valueSize)
  return { elemSize, stride: type === MapType.PERCPU_ARRAY ? elemSize * possibleCpus : elemSize }
}

/** Bytes of all elements of an array that lies in memory in one piece (KernelMap.lendAll); undefined for other maps. */
export function flatBytes(record: MapRecord, possibleCpus: number): number | undefined {
  if (record.type !== MapType.ARRAY && record.type !== MapType.PERCPU_ARRAY) return undefined
  const { stride } = arrayLayout(record, possibleCpus)
  return isFlat(record.maxEntries, stride) ? record.maxEntries * stride : undefined
}

/** Arrays and per-CPU arrays: every element is there from the start. */
class ArrayMap extends BaseMap {
  readonly recordStays = true
  readonly #elements: ArrayStore
  /** Bytes of one CPU's value. */
  readonly #elemSize: number
  readonly #cpus: number
  readonly #maxEntries: number

  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env)
    const { elemSize, stride } = arrayLayout(record, env.possibleCpus)
    this.#elemSize = elemSize
    this.#cpus = stride / elemSize
    this.#maxEntries = record.maxEntries
    this.#elements = new ArrayStore(env, record, record.maxEntries, stride)
  }

  override get valueSizeOfSyscall(): number {
    return this.record.type === MapType.PERCPU_ARRAY ? this.#elements.stride : this.record.valueSize
  }

  memUsage(): number {
    return arrayMemUsage(this.record, this.env)
  }

  override lookup(key: number): number {
    const index = this.env.memory.view.getUint32(key, true)
    if (index >= this.#maxEntries) return 0
    const at = this.#elements.handOut(index)
    return this.#cpus === 1 ? at : at + this.env.currentCpu() * this.#elemSize
  }

  keyOfValue(at: number): Uint8Array {
    return u32Bytes(this.#elements.indexOf(at))
  }

  /** map_lookup_percpu_elem. */
  lookupPerCpu(key: number, cpu: number): number {
    const index = this.env.memory.view.getUint32(key, true)
    if (index >= this.#maxEntries || cpu >= this.#cpus) return 0
    return this.#elements.handOut(index) + cpu * this.#elemSize
  }

  override update(key: number, value: number, flags: number): number {
    const index = this.env.memory.view.getUint32(key, true)
    if (flags > (ElemFlag.LOCK | ElemFlag.EXIST) || (flags & ~ElemFlag.LOCK) > ElemFlag.EXIST) return -Errno.EINVAL
    if (index >= this.#maxEntries) return -Errno.E2BIG
    if (flags & ElemFlag.NOEXIST) return -Errno.EEXIST
    if (flags & ElemFlag.LOCK && !hasLock(this.record)) return -Errno.EINVAL
    let at = this.#elements.write(index)
    if (this.#cpus > 1) at += this.env.currentCpu() * this.#elemSize
    copyMapValue(this.record, this.env.memory, at, value)
    freeMapFields(this.record, this.env, at)
    return 0
  }

  override delete(_key: number): number {
    return -Errno.EINVAL
  }

  /** bpf_for_each_array_elem. */
  forEach(visit: (key: number, value: number) => boolean): number {
    const { memory } = this.env
    const key = memory.alloc(4)
    let index = 0
    let more = true
    while (more && index < this.#maxEntries) {
      memory.view.setUint32(key, index, true)
      const at = this.#elements.handOut(index++)
      more = !visit(key, this.#cpus === 1 ? at : at + this.env.currentCpu() * this.#elemSize)
    }
    memory.free(key, 4)
    return index
  }

  override getNextKey(key: number, next: number): number {
    return arrayNextKey(this.env, this.#maxEntries, key, next)
  }

  override copyValue(key: number, value: number, _flags: number): number {
    const { memory } = this.env
    const index = memory.view.getUint32(key, true)
    if (index >= this.#maxEntries) return -Errno.ENOENT
    const at = this.#elements.read(index)
    memory.u8.copyWithin(value, at, at + this.valueSizeOfSyscall)
    return 0
  }

  override updateValue(key: number, value: number, flags: number): number {
    if (this.record.type !== MapType.PERCPU_ARRAY) return this.update(key, value, flags)
    // bpf_percpu_array_update: all CPUs' values.
    const { memory } = this.env
    const index = memory.view.getUint32(key, true)
    if (flags > ElemFlag.EXIST) return -Errno.EINVAL
    if (index >= this.#maxEntries) return -Errno.E2BIG
    if (flags === ElemFlag.NOEXIST) return -Errno.EEXIST
    const at = this.#elements.write(index)
    for (let off = 0; off < this.#elements.stride; off += this.#elemSize) {
      copyMapValueLong(this.record, memory, at + off, value + off)
      freeMapFields(this.record, this.env, at + off)
    }
    return 0
  }

  lendAll(): number {
    return this.#elements.handOutAll()
  }

  lookupTable(): number {
    return this.#elements.table
  }

  override directValueAddr(off: number): number | undefined {
    if (this.record.type !== MapType.ARRAY || this.#maxEntries !== 1 || off >= this.record.valueSize) return undefined
    return this.#elements.handOut(0) + off
  }

  /** array_map_mmap. */
  override mmapRead(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    this.#eachMapped(offset, length, 'read', (at, from, size) => {
      const { u8 } = this.env.memory
      bytes.set(u8.subarray(at, at + size), from)
    })
    return bytes
  }

  override mmapWrite(offset: number, bytes: Uint8Array): number {
    this.#eachMapped(offset, bytes.length, 'write', (at, from, size) => {
      this.env.memory.u8.set(bytes.subarray(from, from + size), at)
    })
    return 0
  }

  /** Calls `fn` with the parts of elements that a part of the mapping is: where, how far from its start, how much. */
  #eachMapped(
    offset: number,
    length: number,
    mode: 'read' | 'write',
    fn: (at: number, from: number, size: number) => void,
  ): void {
    const { mapFlags } = this.record
    const whole = this.#maxEntries * this.#elemSize
    if (!(mapFlags & MapFlag.MMAPABLE) || offset + length > pageAlign(whole)) throw new KernelError(Errno.EINVAL)
    const end = Math.min(offset + length, whole)
    for (let at = offset; at < end;) {
      const index = Math.floor(at / this.#elemSize)
      const within = at - index * this.#elemSize
      const size = Math.min(this.#elemSize - within, end - at)
      fn(this.#elements[mode](index) + within, at - offset, size)
      at += size
    }
  }

  override flush(): void {
    this.#elements.flush()
  }

  override release(): void {
    this.#elements.free()
  }
}

export const arrayFamily: MapFamily = {
  create(attr, env) {
    checkArray(attr)
    allocArray(attr, env)
    return {}
  },
  open: (record, env) => new ArrayMap(record, env),
}
