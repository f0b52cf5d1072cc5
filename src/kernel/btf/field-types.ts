/** Fields of a value that the kernel itself looks after: locks, timers, kernel pointers, lists, trees. */

/** enum btf_field_type. */
export const FieldType = {
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

/** BPF_KPTR, BPF_GRAPH_ROOT and BPF_GRAPH_NODE: several types at once. */
export const FieldTypes = {
  KPTR: FieldType.KPTR_UNREF | FieldType.KPTR_REF | FieldType.KPTR_PERCPU,
  GRAPH_ROOT: FieldType.RB_ROOT | FieldType.LIST_HEAD,
  GRAPH_NODE: FieldType.RB_NODE | FieldType.LIST_NODE,
} as const

/** struct btf_field. */
export interface MapField {
  readonly type: number
  /** Bytes from the beginning of the value. */
  readonly offset: number
  readonly size: number
  /** What a kernel pointer points to, or what is in a list or a tree: a type of vmlinux or of the map's own BTF. */
  readonly inVmlinux: boolean
  readonly typeId: number
  /** Where in that type the list's or the tree's node is. */
  readonly nodeOffset: number
}

/** btf_field_type_size and btf_field_type_align, by type; from the structs of <linux/bpf.h>. */
const sizes: Readonly<Record<number, readonly [size: number, align: number]>> = {
  [FieldType.SPIN_LOCK]: [4, 4],
  [FieldType.RES_SPIN_LOCK]: [4, 4],
  [FieldType.TIMER]: [16, 8],
  [FieldType.WORKQUEUE]: [16, 8],
  [FieldType.TASK_WORK]: [8, 8],
  [FieldType.KPTR_UNREF]: [8, 8],
  [FieldType.KPTR_REF]: [8, 8],
  [FieldType.KPTR_PERCPU]: [8, 8],
  [FieldType.UPTR]: [8, 8],
  [FieldType.LIST_HEAD]: [16, 8],
  [FieldType.LIST_NODE]: [24, 8],
  [FieldType.RB_ROOT]: [16, 8],
  [FieldType.RB_NODE]: [32, 8],
  [FieldType.REFCOUNT]: [4, 4],
}

export function fieldSize(type: number): number {
  return sizes[type]?.[0] ?? 0
}

export function fieldAlign(type: number): number {
  return sizes[type]?.[1] ?? 1
}

/** The types of a value's fields, or-ed (btf_record.field_mask). */
export function fieldMask(fields: readonly MapField[]): number {
  let mask = 0
  for (const { type } of fields) mask |= type
  return mask
}

/** btf_record_equal. Two maps' pointers and roots are alike when they're to the same type of the same BTF. */
export function sameFields(a: readonly MapField[], b: readonly MapField[], sameBtf: boolean): boolean {
  return (
    a.length === b.length &&
    a.every((field, i) => {
      const other = b[i] as MapField
      const alike = field.type === other.type && field.offset === other.offset && field.nodeOffset === other.nodeOffset
      if (!alike || field.typeId !== other.typeId || field.inVmlinux !== other.inVmlinux) return false
      return field.inVmlinux || field.typeId === 0 || sameBtf
    })
  )
}
