import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapType } from '../../uapi/map-type.ts'
import { KernelError } from '../error.ts'
import type { MapRecord } from '../objects/records.ts'
import { arrayFamily } from './array.ts'
import type { MapFamily } from './family.ts'
import { arrayOfMapsFamily, otherFdArrayFamily, progArrayFamily } from './fd-array.ts'
import { hashFamily, perCpuHashFamily } from './hash.ts'
import { hashOfMapsFamily } from './hash-of-maps.ts'
import type { KernelMap, MapEnvironment } from './map.ts'

/** Families by map type (bpf_map_types): one row each, from the files beside this one. */
const families: Readonly<Record<number, MapFamily>> = {
  [MapType.HASH]: hashFamily,
  [MapType.ARRAY]: arrayFamily,
  [MapType.PROG_ARRAY]: progArrayFamily,
  [MapType.PERF_EVENT_ARRAY]: otherFdArrayFamily,
  [MapType.PERCPU_HASH]: perCpuHashFamily,
  [MapType.PERCPU_ARRAY]: arrayFamily,
  [MapType.CGROUP_ARRAY]: otherFdArrayFamily,
  [MapType.ARRAY_OF_MAPS]: arrayOfMapsFamily,
  [MapType.HASH_OF_MAPS]: hashOfMapsFamily,
}

/** find_and_alloc_map. @throws KernelError EINVAL for types that this kernel doesn't have. */
export function checkMapCreate(attr: MapCreateAttr, env: MapEnvironment): Partial<MapRecord> {
  const family = families[attr.mapType]
  if (!family) throw new KernelError(Errno.EINVAL)
  return family.create(attr, env)
}

export function openMap(record: MapRecord, env: MapEnvironment): KernelMap {
  const family = families[record.type]
  if (!family) throw new KernelError(Errno.EINVAL)
  return family.open(record, env)
}
