import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import type { MapRecord } from '../objects/records.ts'
import {
  ACCESS_FLAGS,
  KMALLOC_MAX_SIZE,
  PCPU_MIN_UNIT_SIZE,
  accessOk,
  hasNumaNode,
  require,
  requireMemory,
  roundUp8,
} from './alloc-check.ts'
import { bucketCount } from './hash-table.ts'
import type { MapEnvironment } from './map.ts'

/** HTAB_CREATE_FLAG_MASK. */
const CREATE_FLAGS = MapFlag.NO_PREALLOC | MapFlag.NO_COMMON_LRU | MapFlag.NUMA_NODE | ACCESS_FLAGS | MapFlag.ZERO_SEED

/** sizeof(struct bucket). */
const BUCKET = 16
/** HASHTAB_MAP_LOCK_COUNT ints for each CPU are counted, though no longer there. */
const LOCKS = 8 * 4
const POINTER = 8
const LLIST_NODE = 8

export function isLru(type: number): boolean {
  return type === MapType.LRU_HASH || type === MapType.LRU_PERCPU_HASH
}

export function isPerCpu(type: number): boolean {
  return type === MapType.PERCPU_HASH || type === MapType.LRU_PERCPU_HASH
}

/** htab_map_alloc_check. @throws KernelError. */
export function checkHash(attr: MapCreateAttr, env: MapEnvironment): void {
  const { mapType, mapFlags = 0, keySize, valueSize, maxEntries } = attr
  const percpu = isPerCpu(mapType)
  const lru = isLru(mapType)
  const percpuLru = (mapFlags & MapFlag.NO_COMMON_LRU) !== 0
  require((mapFlags & ~CREATE_FLAGS) === 0 && accessOk(mapFlags))
  require(lru || !percpuLru)
  require(!lru || (mapFlags & MapFlag.NO_PREALLOC) === 0, Errno.ENOTSUPP)
  require(!(hasNumaNode(attr) && (percpu || percpuLru)))
  require(maxEntries !== 0 && keySize !== 0 && valueSize !== 0)
  require(keySize + valueSize < KMALLOC_MAX_SIZE - env.profile.structSize('htab_elem'), Errno.E2BIG)
  require(!percpu || roundUp8(valueSize) <= PCPU_MIN_UNIT_SIZE, Errno.E2BIG)
}

/** htab_map_alloc_check and htab_map_alloc. @throws KernelError. */
export function createHash(attr: MapCreateAttr, env: MapEnvironment): Partial<MapRecord> {
  checkHash(attr, env)
  const { mapType, mapFlags = 0, keySize, valueSize, maxEntries } = attr
  const entries = mapFlags & MapFlag.NO_COMMON_LRU ? roundEntries(maxEntries, env.possibleCpus) : maxEntries
  require(entries <= 2 ** 31 && bucketCount(entries) <= 0xffffffff / BUCKET, Errno.E2BIG)
  requireMemory(hashMemUsage({ type: mapType, mapFlags, maxEntries: entries, keySize, valueSize }, 0, env), env)
  return { maxEntries: entries, seed: mapFlags & MapFlag.ZERO_SEED ? 0 : env.random() >>> 0 }
}

/** Every CPU's LRU list has the same number of elements. */
function roundEntries(maxEntries: number, cpus: number): number {
  const up = Math.ceil(maxEntries / cpus) * cpus
  return up > 0xffffffff ? Math.floor(maxEntries / cpus) * cpus : up
}

type HashSizes = Pick<MapRecord, 'type' | 'mapFlags' | 'maxEntries' | 'keySize' | 'valueSize'>

/** htab_map_mem_usage. */
export function hashMemUsage(
  record: HashSizes,
  count: number,
  { profile, possibleCpus: cpus }: MapEnvironment,
): number {
  const { type, mapFlags, maxEntries, keySize, valueSize } = record
  const percpu = isPerCpu(type)
  const elem = profile.structSize('htab_elem') + roundUp8(keySize) + (percpu ? POINTER : roundUp8(valueSize))
  let usage = profile.structSize('bpf_htab') + BUCKET * bucketCount(maxEntries) + LOCKS * cpus
  if (mapFlags & MapFlag.NO_PREALLOC) {
    usage += (elem + LLIST_NODE) * count
    if (percpu) usage += (LLIST_NODE + POINTER + roundUp8(valueSize) * cpus) * count
    return usage
  }
  // One element a CPU more, to replace others with (htab_has_extra_elems).
  const extra = !percpu && !isLru(type) && type !== MapType.HASH_OF_MAPS
  const entries = extra ? maxEntries + cpus : maxEntries
  usage += elem * entries
  if (percpu) usage += roundUp8(valueSize) * cpus * entries
  else if (!isLru(type)) usage += POINTER * cpus
  return usage
}
