import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { MapRecord } from '../objects/records.ts'
import type { KernelMap, MapEnvironment } from './map.ts'

/** Placeholder until the map families are there. */
export function checkMapCreate(attr: MapCreateAttr, env: MapEnvironment): Partial<MapRecord> {
  void attr
  void env
  return {}
}

export function openMap(record: MapRecord, env: MapEnvironment): KernelMap {
  void record
  void env
  throw new KernelError(Errno.EINVAL)
}
