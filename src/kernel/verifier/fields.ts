import { FieldType } from '../btf/field-types.ts'
import type { VerifierEnv } from './env.ts'
import type { SpecialField } from './input.ts'
import type { Reg } from './state.ts'
import { RegType, typeIsPtrAllocObj } from './types.ts'

/** The special fields of what a register points to. */

const NONE: readonly SpecialField[] = []

/** reg_btf_record: of a map's value, or of an object that the program allocated. */
export function regFields(env: VerifierEnv, reg: Reg): readonly SpecialField[] {
  if (reg.type === RegType.PTR_TO_MAP_VALUE) return reg.map?.fields ?? NONE
  if (!typeIsPtrAllocObj(reg.type) || !reg.btf) return NONE
  return env.kernel.structFields(reg.btf, reg.btfId) ?? NONE
}

/** btf_record_has_field. @param types FieldType bits. */
export function hasField(fields: readonly SpecialField[] | undefined, types: number): boolean {
  return fields?.some(({ type }) => (type & types) !== 0) ?? false
}

/** btf_record_find. @param types FieldType bits. */
export function findField(fields: readonly SpecialField[], offset: number, types: number): SpecialField | undefined {
  return fields.find((field) => field.offset === offset && (field.type & types) !== 0)
}

/** reg_find_field_offset. */
export function findRegField(env: VerifierEnv, reg: Reg, offset: number, types: number): SpecialField | undefined {
  return findField(regFields(env, reg), offset, types)
}

/** reg_may_point_to_spin_lock. */
export function mayPointToLock(env: VerifierEnv, reg: Reg): boolean {
  return hasField(regFields(env, reg), FieldType.SPIN_LOCK | FieldType.RES_SPIN_LOCK)
}
