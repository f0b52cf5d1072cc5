import { MapType as M } from '../../uapi/map-type.ts'

/** Map types that anybody may create, where users without CAP_BPF may do anything at all. */
const anybody: ReadonlySet<number> = new Set([
  M.ARRAY,
  M.PERCPU_ARRAY,
  M.PROG_ARRAY,
  M.PERF_EVENT_ARRAY,
  M.CGROUP_ARRAY,
  M.ARRAY_OF_MAPS,
  M.HASH,
  M.PERCPU_HASH,
  M.HASH_OF_MAPS,
  M.RINGBUF,
  M.USER_RINGBUF,
  M.CGROUP_STORAGE,
  M.PERCPU_CGROUP_STORAGE,
])

/** Those through which packets and sockets are led elsewhere. */
const network: ReadonlySet<number> = new Set([M.SOCKMAP, M.SOCKHASH, M.DEVMAP, M.DEVMAP_HASH, M.XSKMAP])

/** The capability that creating a map of the type takes (map_create). */
export function mapCapability(type: number): 'CAP_BPF' | 'CAP_NET_ADMIN' | undefined {
  if (anybody.has(type)) return undefined
  return network.has(type) ? 'CAP_NET_ADMIN' : 'CAP_BPF'
}

/** Types that have no map_alloc_check, or one that leaves something for later. */
export const checkedLater: ReadonlySet<number> = new Set([
  M.STACK_TRACE,
  M.LPM_TRIE,
  M.ARRAY_OF_MAPS,
  M.HASH_OF_MAPS,
  M.CGROUP_STORAGE,
  M.PERCPU_CGROUP_STORAGE,
  M.RINGBUF,
  M.USER_RINGBUF,
  M.BLOOM_FILTER,
  M.ARENA,
  M.DEVMAP,
  M.DEVMAP_HASH,
  M.CPUMAP,
  M.XSKMAP,
  M.SOCKMAP,
  M.SOCKHASH,
])
