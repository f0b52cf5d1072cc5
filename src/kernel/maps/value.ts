import { FieldType } from '../btf/field-types.ts'
import type { MapField } from '../btf/field-types.ts'
import type { Memory } from '../memory/memory.ts'

/**
 * Copying and clearing of values that may have fields which the kernel itself looks after (include/linux/bpf.h): no
 * copy of a value touches those. All arguments named `dst`, `src` and `at` are offsets in memory.
 */

/** What these need of a map's record. */
export interface ValueLayout {
  readonly valueSize: number
  readonly fields: readonly MapField[]
}

/** copy_map_value, and copy_map_value_locked: all but the special fields. */
export function copyMapValue({ valueSize, fields }: ValueLayout, memory: Memory, dst: number, src: number): void {
  const { u8 } = memory
  let from = 0
  for (const { offset, size } of fields) {
    u8.copyWithin(dst + from, src + from, src + offset)
    from = offset + size
  }
  u8.copyWithin(dst + from, src + from, src + valueSize)
}

/** copy_map_value_long, for values of per-CPU maps: what has no special fields is copied by whole words. */
export function copyMapValueLong(layout: ValueLayout, memory: Memory, dst: number, src: number): void {
  if (layout.fields.length > 0) copyMapValue(layout, memory, dst, src)
  else memory.u8.copyWithin(dst, src, src + ((layout.valueSize + 7) & ~7))
}

/** Whether values have a spin lock, so that BPF_F_LOCK means something. */
export function hasLock({ fields }: ValueLayout): boolean {
  return fields.some(({ type }) => type === FieldType.SPIN_LOCK)
}

/** zero_map_value. */
export function zeroMapValue({ valueSize, fields }: ValueLayout, memory: Memory, at: number): void {
  let from = 0
  for (const { offset, size } of fields) {
    memory.u8.fill(0, at + from, at + offset)
    from = offset + size
  }
  memory.u8.fill(0, at + from, at + valueSize)
}

/** The high half of an address in the kernel's direct mapping, as the runtime shows them. */
const ADDRESS_HIGH = 0xffff8881

/** Whose values they are. */
export interface FieldOwner {
  readonly memory: Memory
  /** Lets go what a special field holds. */
  freeField?(field: MapField, at: number): void
}

/** check_and_init_map_value: the special fields of a new or a copied value as they are before anyone uses them. */
export function initMapValue({ fields }: ValueLayout, memory: Memory, at: number): void {
  for (const { type, offset, size } of fields) initField(memory, type, at + offset, size)
}

/** What bpf_map_copy_value leaves of special fields: of each CPU's value, in maps that have one for each. */
export function initCopiedValue(map: { record: ValueLayout; valueSizeOfSyscall: number }, memory: Memory, at: number) {
  const { record, valueSizeOfSyscall } = map
  if (record.fields.length === 0) return
  const step = (record.valueSize + 7) & ~7
  for (let off = 0; off < valueSizeOfSyscall; off += step) initMapValue(record, memory, at + off)
}

/** bpf_obj_init_field. */
function initField({ u8, view }: Memory, type: number, at: number, size: number): void {
  u8.fill(0, at, at + size)
  if (type === FieldType.REFCOUNT) view.setUint32(at, 1, true)
  else if (type === FieldType.RB_NODE) pointTo(view, at, at)
  else if (type === FieldType.LIST_HEAD || type === FieldType.LIST_NODE) {
    pointTo(view, at, at)
    pointTo(view, at + 8, at)
  }
}

function pointTo(view: DataView, at: number, target: number): void {
  view.setUint32(at, target, true)
  view.setUint32(at + 4, ADDRESS_HIGH, true)
}

/**
 * bpf_obj_free_fields: timers and works are cancelled, pointers let go, lists and trees emptied. What they led to is let go
 * by `freeField`.
 */
export function freeMapFields({ fields }: ValueLayout, env: FieldOwner, at: number): void {
  const { memory } = env
  for (const field of fields) {
    const { type, offset, size } = field
    if (type & KEPT) continue
    env.freeField?.(field, at + offset)
    if (type === FieldType.LIST_HEAD) initField(memory, type, at + offset, size)
    else memory.u8.fill(0, at + offset, at + offset + size)
  }
}

/** Fields that keep what they hold when a value is written or goes. */
const KEPT =
  FieldType.SPIN_LOCK | FieldType.RES_SPIN_LOCK | FieldType.REFCOUNT | FieldType.LIST_NODE | FieldType.RB_NODE
