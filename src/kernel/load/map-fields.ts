import type { MapRecord } from '../objects/records.ts'

/** enum btf_field_type: fields of a map's value that the kernel itself looks after. */
export const Field = {
  SPIN_LOCK: 1 << 0,
  TIMER: 1 << 1,
  KPTR_UNREF: 1 << 2,
  KPTR_REF: 1 << 3,
  KPTR_PERCPU: 1 << 4,
  LIST_HEAD: 1 << 5,
  LIST_NODE: 1 << 6,
  RB_ROOT: 1 << 7,
  RB_NODE: 1 << 8,
  REFCOUNT: 1 << 9,
  WORKQUEUE: 1 << 10,
  UPTR: 1 << 11,
  RES_SPIN_LOCK: 1 << 12,
  TASK_WORK: 1 << 13,
} as const

/** Which of them a map's values have (map->record->field_mask): kept under this name in MapRecord.extra. */
export const FIELDS_EXTRA = 'fields'

export function fieldsOf(map: MapRecord): number {
  return map.extra[FIELDS_EXTRA] ?? 0
}
