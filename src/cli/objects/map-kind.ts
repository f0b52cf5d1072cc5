import { MapType } from '../../uapi/map-type.ts'
import type { MapInfo } from '../../uapi/attr.ts'

/** map_is_per_cpu: the types whose values bpftool reads and writes once per possible CPU. */
export function isPerCpu(type: number): boolean {
  return (
    type === MapType.PERCPU_HASH ||
    type === MapType.PERCPU_ARRAY ||
    type === MapType.LRU_PERCPU_HASH ||
    type === MapType.PERCPU_CGROUP_STORAGE
  )
}

/** map_is_map_of_maps. */
export function isMapOfMaps(type: number): boolean {
  return type === MapType.ARRAY_OF_MAPS || type === MapType.HASH_OF_MAPS
}

/** map_is_map_of_progs. */
export function isMapOfProgs(type: number): boolean {
  return type === MapType.PROG_ARRAY
}

export const roundUp8 = (size: number): number => Math.ceil(size / 8) * 8

/** Bytes of a value as bpf(2) takes it (alloc_value). */
export function valueBytes(info: MapInfo, cpus: () => number): number {
  return isPerCpu(info.type) ? roundUp8(info.valueSize) * cpus() : info.valueSize
}
