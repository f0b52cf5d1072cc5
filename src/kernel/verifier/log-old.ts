import { decimalS64, decimalU64 } from './int64.ts'
import type { FuncState, Reg } from './state.ts'
import { tnumIsConst, tnumIsUnknown, tnumText } from './tnum.ts'
import { Flag, RegType, baseType, typeIsPktPointer } from './types.ts'
import { facts } from './versions.ts'

/** How kernels before 6.8 write registers (print_verifier_state): each offset and constant, numbers in decimal. */

const S64_MIN: readonly [number, number] = [-0x80000000, 0]
const S64_MAX: readonly [number, number] = [0x7fffffff, -1]

function isMapPointer(base: number): boolean {
  return base === RegType.CONST_PTR_TO_MAP || base === RegType.PTR_TO_MAP_KEY || base === RegType.PTR_TO_MAP_VALUE
}

/** reg_type_may_be_refcounted_or_null. */
function mayBeRefcounted(type: number): boolean {
  const base = baseType(type)
  const sockets: readonly number[] = [
    RegType.PTR_TO_SOCKET,
    RegType.PTR_TO_TCP_SOCK,
    RegType.PTR_TO_MEM,
    RegType.PTR_TO_BTF_ID,
  ]
  return sockets.includes(base)
}

/** What is known of a number that isn't a constant. */
function rangeParts(reg: Reg): string[] {
  const { sminHi, sminLo, smaxHi, smaxLo, uminHi, uminLo, umaxHi, umaxLo, s32Min, s32Max, u32Min, u32Max } = reg
  const suffix = facts.scalarsNamed ? '' : '_value'
  const parts: string[] = []
  const is = (hi: number, lo: number, [otherHi, otherLo]: readonly [number, number]) => hi === otherHi && lo === otherLo
  if (!is(sminHi, sminLo, [uminHi, uminLo]) && !is(sminHi, sminLo, S64_MIN))
    parts.push(`smin${suffix}=${decimalS64(sminHi, sminLo)}`)
  if (!is(smaxHi, smaxLo, [umaxHi, umaxLo]) && !is(smaxHi, smaxLo, S64_MAX))
    parts.push(`smax${suffix}=${decimalS64(smaxHi, smaxLo)}`)
  if (uminHi | uminLo) parts.push(`umin${suffix}=${decimalU64(uminHi, uminLo)}`)
  if ((umaxHi & umaxLo) !== -1) parts.push(`umax${suffix}=${decimalU64(umaxHi, umaxLo)}`)
  if (!tnumIsUnknown(reg)) parts.push(`var_off=${tnumText(reg)}`)
  if (!is(s32Min >> 31, s32Min, [sminHi, sminLo]) && s32Min !== -0x80000000) parts.push(`s32_min${suffix}=${s32Min}`)
  if (!is(s32Max >> 31, s32Max, [smaxHi, smaxLo]) && s32Max !== 0x7fffffff) parts.push(`s32_max${suffix}=${s32Max}`)
  if (!is(0, u32Min, [uminHi, uminLo]) && u32Min !== 0) parts.push(`u32_min${suffix}=${u32Min}`)
  if (!is(0, u32Max, [umaxHi, umaxLo]) && u32Max !== -1) parts.push(`u32_max${suffix}=${u32Max}`)
  return parts
}

/** A register, with the sign of equality and what stands before it. @param name its type's, as that kernel calls it. */
export function oldRegText(reg: Reg, name: string): string {
  const { type } = reg
  const base = baseType(type)
  const isScalar = type === RegType.SCALAR_VALUE
  const precise = isScalar && reg.precise ? 'P' : ''
  const shown = isScalar && facts.scalarsNamed && tnumIsConst(reg) ? '' : name
  const text = facts.scalarsNamed ? `=${precise}${shown}` : `=${shown}${precise}`
  if ((isScalar || type === RegType.PTR_TO_STACK) && tnumIsConst(reg)) {
    if (isScalar) return text + decimalS64(reg.valHi, reg.valLo)
    return `${text}${reg.valLo + reg.off}`
  }
  const parts: string[] = []
  if (reg.id || !facts.scalarsNamed) parts.push(`id=${reg.id}`)
  if (mayBeRefcounted(type) && (reg.refObjId || !facts.scalarsNamed)) parts.push(`ref_obj_id=${reg.refObjId}`)
  if (!isScalar) parts.push(`off=${reg.off}`)
  if (typeIsPktPointer(type)) parts.push(`r=${reg.range}`)
  else if (isMapPointer(base) && reg.map) parts.push(`ks=${reg.map.keySize},vs=${reg.map.valueSize}`)
  if (tnumIsConst(reg)) parts.push(`imm=${hex(reg.valHi, reg.valLo)}`)
  else parts.push(...rangeParts(reg))
  const struct = base === RegType.PTR_TO_BTF_ID ? (reg.btf?.name(reg.btfId) ?? '') : ''
  return `${text}${struct}(${parts.join(',')})`
}

/** A register in a stack slot: of a number only its constant is shown. */
export function oldSpillText(reg: Reg, name: string): string {
  const isScalar = reg.type === RegType.SCALAR_VALUE
  const precise = isScalar && reg.precise ? 'P' : ''
  const shown = isScalar && facts.scalarsNamed ? '' : name
  const value = isScalar && tnumIsConst(reg) ? decimalS64(reg.valHi, reg.valLo) : ''
  return `=${shown}${precise}${value}`
}

/** Of the mask, the kernel's names before 5.18. */
export function veryOldName(type: number, name: string): string {
  if (type === RegType.SCALAR_VALUE) return 'inv'
  return baseType(type) === RegType.PTR_TO_BTF_ID && type & Flag.PTR_MAYBE_NULL ? 'ptr_or_null_' : name
}

export function writtenText(frame: FuncState, regno: number): string {
  return !facts.writesUnshown && (frame.writtenRegs >>> regno) & 1 ? '_w' : ''
}

export function slotWrittenText(frame: FuncState, spi: number): string {
  return !facts.writesUnshown && frame.isSlotWritten(spi) ? '_w' : ''
}

function hex(hi: number, lo: number): string {
  return ((BigInt.asUintN(32, BigInt(hi)) << 32n) | BigInt.asUintN(32, BigInt(lo))).toString(16)
}
