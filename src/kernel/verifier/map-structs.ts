import { MapType } from '../../uapi/map-type.ts'

/** The kernel's struct behind a map, whose fields programs may read (bpf_map_ops.map_btf_id). */

const byStruct: readonly (readonly [struct: string, types: readonly number[]])[] = [
  [
    'bpf_array',
    [
      MapType.ARRAY,
      MapType.PERCPU_ARRAY,
      MapType.PROG_ARRAY,
      MapType.PERF_EVENT_ARRAY,
      MapType.CGROUP_ARRAY,
      MapType.ARRAY_OF_MAPS,
    ],
  ],
  ['bpf_htab', [MapType.HASH, MapType.PERCPU_HASH, MapType.LRU_HASH, MapType.LRU_PERCPU_HASH, MapType.HASH_OF_MAPS]],
  ['lpm_trie', [MapType.LPM_TRIE]],
  ['bpf_stack_map', [MapType.STACK_TRACE]],
  ['bpf_queue_stack', [MapType.QUEUE, MapType.STACK]],
  ['bpf_bloom_filter', [MapType.BLOOM_FILTER]],
  ['bpf_ringbuf_map', [MapType.RINGBUF, MapType.USER_RINGBUF]],
  ['bpf_local_storage_map', [MapType.SK_STORAGE, MapType.INODE_STORAGE, MapType.TASK_STORAGE, MapType.CGRP_STORAGE]],
  ['bpf_cgroup_storage_map', [MapType.CGROUP_STORAGE, MapType.PERCPU_CGROUP_STORAGE]],
  ['bpf_dtab', [MapType.DEVMAP, MapType.DEVMAP_HASH]],
  ['bpf_cpu_map', [MapType.CPUMAP]],
  ['xsk_map', [MapType.XSKMAP]],
  ['bpf_stab', [MapType.SOCKMAP]],
  ['bpf_shtab', [MapType.SOCKHASH]],
  ['reuseport_array', [MapType.REUSEPORT_SOCKARRAY]],
  ['bpf_struct_ops_map', [MapType.STRUCT_OPS]],
  ['bpf_arena', [MapType.ARENA]],
]

export const mapStructs: ReadonlyMap<number, string> = new Map(
  byStruct.flatMap(([struct, types]) => types.map((type): [number, string] => [type, struct])),
)
