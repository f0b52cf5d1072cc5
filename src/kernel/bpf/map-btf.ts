import type { MapCreateAttr } from '../../uapi/attr.ts'
import type { MapRecord } from '../objects/records.ts'
import type { Kernel } from './kernel.ts'

/** map_check_btf: key and value types must have the map's sizes. */
export function checkMapBtf(kernel: Kernel, attr: MapCreateAttr, btfId: number): void {
  void kernel
  void attr
  void btfId
}

/** Whether a map's values have a special field (map->record): a spin lock, or any. */
export function hasField(record: MapRecord, field: 'spinLock' | 'any'): boolean {
  void field
  return record.extra['fields'] !== undefined && record.extra['fields'] !== 0
}
