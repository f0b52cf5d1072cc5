import { MapType } from '../uapi/map-type.ts'

/** Types whose values are one for each CPU. */
export const perCpu: ReadonlySet<number> = new Set([
  MapType.PERCPU_HASH,
  MapType.PERCPU_ARRAY,
  MapType.LRU_PERCPU_HASH,
  MapType.PERCPU_CGROUP_STORAGE,
])

/** Types whose key is an index, of which no type information is needed. */
export const indexed: ReadonlySet<number> = new Set([
  MapType.ARRAY,
  MapType.PERCPU_ARRAY,
  MapType.PROG_ARRAY,
  MapType.PERF_EVENT_ARRAY,
  MapType.CGROUP_ARRAY,
  MapType.ARRAY_OF_MAPS,
  MapType.DEVMAP,
  MapType.SOCKMAP,
  MapType.CPUMAP,
  MapType.XSKMAP,
  MapType.REUSEPORT_SOCKARRAY,
])

/** Types that hold maps or programs: their ids are what is read. */
export const holdsIds: ReadonlySet<number> = new Set([MapType.ARRAY_OF_MAPS, MapType.HASH_OF_MAPS, MapType.PROG_ARRAY])
