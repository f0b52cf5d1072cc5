import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapType } from '../../uapi/map-type.ts'
import { KernelError } from '../error.ts'
import type { MapRecord } from '../objects/records.ts'
import { isSince } from '../profile/release.ts'
import { arenaFamily } from './arena.ts'
import { arrayFamily } from './array.ts'
import { bloomFilterFamily } from './bloom-filter.ts'
import { cgroupStorageFamily } from './cgroup-storage.ts'
import { cpuMapFamily } from './cpumap.ts'
import { devMapHashFamily } from './devmap-hash.ts'
import { devMapFamily } from './devmap.ts'
import type { MapFamily } from './family.ts'
import { arrayOfMapsFamily, otherFdArrayFamily, progArrayFamily } from './fd-array.ts'
import { hashFamily, perCpuHashFamily } from './hash.ts'
import { hashOfMapsFamily } from './hash-of-maps.ts'
import { cgrpStorageFamily, inodeStorageFamily, skStorageFamily, taskStorageFamily } from './local-storage.ts'
import { insnArrayFamily } from './insn-array.ts'
import { lpmTrieFamily } from './lpm-trie.ts'
import { lruHashFamily } from './lru-hash.ts'
import type { KernelMap, MapEnvironment } from './map.ts'
import { queueStackFamily } from './queue-stack.ts'
import { reuseportArrayFamily } from './reuseport-array.ts'
import { rhashFamily } from './rhash.ts'
import { ringbufFamily, userRingbufFamily } from './ringbuf.ts'
import { sockMapFamily } from './sockmap.ts'
import { stackTraceFamily } from './stack-trace.ts'
import { structOpsFamily } from './struct-ops.ts'
import { xskMapFamily } from './xskmap.ts'

/** Families by map type (bpf_map_types): one row each, from the files beside this one. */
const families: Readonly<Record<number, MapFamily>> = {
  [MapType.HASH]: hashFamily,
  [MapType.ARRAY]: arrayFamily,
  [MapType.PROG_ARRAY]: progArrayFamily,
  [MapType.PERF_EVENT_ARRAY]: otherFdArrayFamily,
  [MapType.PERCPU_HASH]: perCpuHashFamily,
  [MapType.PERCPU_ARRAY]: arrayFamily,
  [MapType.CGROUP_ARRAY]: otherFdArrayFamily,
  [MapType.LRU_HASH]: lruHashFamily,
  [MapType.LRU_PERCPU_HASH]: lruHashFamily,
  [MapType.ARRAY_OF_MAPS]: arrayOfMapsFamily,
  [MapType.HASH_OF_MAPS]: hashOfMapsFamily,
  [MapType.STACK_TRACE]: stackTraceFamily,
  [MapType.LPM_TRIE]: lpmTrieFamily,
  [MapType.DEVMAP]: devMapFamily,
  [MapType.SOCKMAP]: sockMapFamily,
  [MapType.CPUMAP]: cpuMapFamily,
  [MapType.XSKMAP]: xskMapFamily,
  [MapType.SOCKHASH]: sockMapFamily,
  [MapType.CGROUP_STORAGE]: cgroupStorageFamily,
  [MapType.REUSEPORT_SOCKARRAY]: reuseportArrayFamily,
  [MapType.PERCPU_CGROUP_STORAGE]: cgroupStorageFamily,
  [MapType.QUEUE]: queueStackFamily,
  [MapType.STACK]: queueStackFamily,
  [MapType.SK_STORAGE]: skStorageFamily,
  [MapType.DEVMAP_HASH]: devMapHashFamily,
  [MapType.STRUCT_OPS]: structOpsFamily,
  [MapType.RINGBUF]: ringbufFamily,
  [MapType.INODE_STORAGE]: inodeStorageFamily,
  [MapType.TASK_STORAGE]: taskStorageFamily,
  [MapType.BLOOM_FILTER]: bloomFilterFamily,
  [MapType.USER_RINGBUF]: userRingbufFamily,
  [MapType.CGRP_STORAGE]: cgrpStorageFamily,
  [MapType.ARENA]: arenaFamily,
  [MapType.INSN_ARRAY]: insnArrayFamily,
  [MapType.RHASH]: rhashFamily,
}

/** find_and_alloc_map. @throws KernelError EINVAL for types that this kernel doesn't have. */
export function checkMapCreate(attr: MapCreateAttr, env: MapEnvironment): Partial<MapRecord> {
  const family = families[attr.mapType]
  if (!family || !isThere(family, env) || (attr.mapIfindex && family.checksInAlloc)) throw new KernelError(Errno.EINVAL)
  return family.create(attr, env)
}

/** Whether the running kernel has it. */
function isThere({ since, options = [] }: MapFamily, { profile }: MapEnvironment): boolean {
  return (since === undefined || isSince(profile, since)) && options.every((name) => profile.option(name) !== undefined)
}

export function openMap(record: MapRecord, env: MapEnvironment): KernelMap {
  const family = families[record.type]
  if (!family) throw new KernelError(Errno.EINVAL)
  return family.open(record, env)
}
