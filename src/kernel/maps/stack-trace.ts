import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import type { MapRecord } from '../objects/records.ts'
import { require, requireRoom } from './alloc-check.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import type { MapEnvironment } from './map.ts'

/** STACK_CREATE_FLAG_MASK. */
const CREATE_FLAGS = MapFlag.NUMA_NODE | MapFlag.RDONLY | MapFlag.WRONLY | MapFlag.STACK_BUILD_ID
/** sizeof(struct bpf_stack_build_id), sizeof(u64). */
const BUILD_ID = 32
const ADDRESS = 8
const POINTER = 8
/** PERF_MAX_STACK_DEPTH, where the sysctl says nothing else. */
const MAX_DEPTH = 127

/** stack_map_alloc. @throws KernelError. */
function create(attr: MapCreateAttr, { profile }: MapEnvironment): Partial<MapRecord> {
  const { keySize, valueSize, maxEntries, mapFlags = 0 } = attr
  const frame = mapFlags & MapFlag.STACK_BUILD_ID ? BUILD_ID : ADDRESS
  require((mapFlags & ~CREATE_FLAGS) === 0)
  require(maxEntries !== 0 && keySize === 4 && valueSize >= 8 && valueSize % 8 === 0)
  require(valueSize % frame === 0)
  require(valueSize / frame <= Number(profile.sysctl('kernel.perf_event_max_stack') ?? MAX_DEPTH))
  require(maxEntries <= 2 ** 31, Errno.E2BIG)
  requireRoom(maxEntries * (profile.structSize('stack_map_bucket') + valueSize))
  return {}
}

/** Stacks by their hash. No program here has a stack that could be walked, so that the map stays empty. */
class StackTraceMap extends BaseMap {
  get #buckets(): number {
    return 2 ** Math.ceil(Math.log2(this.record.maxEntries))
  }

  /** stack_map_mem_usage. */
  memUsage(): number {
    const { profile } = this.env
    const { maxEntries, valueSize } = this.record
    const elements = maxEntries * (profile.structSize('stack_map_bucket') + valueSize)
    return profile.structSize('bpf_stack_map') + this.#buckets * POINTER + elements
  }

  override update(_key: number, _value: number, _flags: number): number {
    return -Errno.EINVAL
  }

  /** stack_map_delete_elem. */
  override delete(key: number): number {
    return this.env.memory.view.getUint32(key, true) >= this.#buckets ? -Errno.E2BIG : -Errno.ENOENT
  }

  override getNextKey(_key: number, _next: number): number {
    return -Errno.ENOENT
  }

  /** bpf_stackmap_extract. */
  override copyValue(_key: number, _value: number, _flags: number): number {
    return -Errno.ENOENT
  }

  override lookupAndDelete(key: number, value: number, flags: number): number {
    return this.copyValue(key, value, flags)
  }
}

export const stackTraceFamily: MapFamily = {
  checksInAlloc: true,
  options: ['CONFIG_PERF_EVENTS'],
  create,
  open: (record, env) => new StackTraceMap(record, env),
}
