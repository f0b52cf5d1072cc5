import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { MapRecord } from '../objects/records.ts'
import type { MapFamily } from './family.ts'
import type { KernelMap, MapEnvironment } from './map.ts'

/** Families by map type (bpf_map_types): one row each, from the files beside this one. */
const families: Readonly<Record<number, MapFamily>> = {}

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
