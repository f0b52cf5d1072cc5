import type { MapCreateAttr } from '../../uapi/attr.ts'
import type { MapRecord } from '../objects/records.ts'
import type { KernelMap, MapEnvironment } from './map.ts'

/** What one map type is (struct bpf_map_ops): how it comes to be and how it is worked with. Rows of maps/index.ts. */
export interface MapFamily {
  /** The first release that had it, where kernels that can be booted may be older. */
  readonly since?: string
  /** Build options that it needs, all of them. */
  readonly options?: readonly string[]
  /** It has no map_alloc_check: a device's map is refused before anything else is looked at. */
  readonly checksInAlloc?: boolean
  /**
   * map_alloc_check and the checks of map_alloc.
   * @returns fields of the new map's record that the attributes don't give as they are.
   * @throws KernelError with the kernel's errno.
   */
  create(attr: MapCreateAttr, env: MapEnvironment): Partial<MapRecord>
  /** Opens a map that exists; its elements are read when they are touched. */
  open(record: MapRecord, env: MapEnvironment): KernelMap
}
