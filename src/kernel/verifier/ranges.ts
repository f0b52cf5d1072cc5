import type { VerifierEnv } from './env.ts'
import { fillBelow, fls64, hexU64, hi, ltS64, ltU64, maxU32, minU32 } from './int64.ts'
import type { Reg, RegState } from './state.ts'
import { clearUnion } from './state.ts'
import { tnumIsConst, tnumStep, tnumSubregIsConst } from './tnum.ts'
import { facts } from './versions.ts'
import { refuse } from './env.ts'
import { RegType } from './types.ts'
import { Errno } from '../../uapi/errno.ts'

/**
 * What is known of a number: its bits, and its bounds read as signed and unsigned, in 64 bits and in the low 32. Each
 * says something about the others: reg_bounds_sync spreads it.
 */

const S32_MIN = -0x80000000
const S32_MAX = 0x7fffffff

/** __mark_reg_unbounded. */
export function markUnbounded(reg: RegState): void {
  mark64Unbounded(reg)
  mark32Unbounded(reg)
}

/** __mark_reg64_unbounded. */
export function mark64Unbounded(reg: RegState): void {
  reg.sminHi = S32_MIN
  reg.sminLo = 0
  reg.smaxHi = S32_MAX
  reg.smaxLo = -1
  reg.uminHi = 0
  reg.uminLo = 0
  reg.umaxHi = -1
  reg.umaxLo = -1
}

/** __mark_reg32_unbounded. */
export function mark32Unbounded(reg: RegState): void {
  reg.s32Min = S32_MIN
  reg.s32Max = S32_MAX
  reg.u32Min = 0
  reg.u32Max = -1
}

/** ___mark_reg_known: the value alone. */
export function setKnown(reg: RegState, valHi: number, valLo: number): void {
  reg.valHi = reg.sminHi = reg.smaxHi = reg.uminHi = reg.umaxHi = valHi
  reg.valLo = reg.sminLo = reg.smaxLo = reg.uminLo = reg.umaxLo = valLo
  reg.maskHi = reg.maskLo = 0
  reg.s32Min = reg.s32Max = reg.u32Min = reg.u32Max = valLo
}

/** __mark_reg_known: the type stays, all else that the register had is gone. */
export function markKnown(reg: RegState, valHi: number, valLo: number): void {
  reg.off = 0
  clearUnion(reg)
  reg.id = 0
  reg.refObjId = 0
  setKnown(reg, valHi, valLo)
}

/** __mark_reg_known of a number that fits an int. */
export function markKnownInt(reg: RegState, value: number): void {
  markKnown(reg, value >> 31, value)
}

/** __mark_reg_known_zero: a pointer's variable part. */
export function markKnownZero(reg: RegState): void {
  markKnown(reg, 0, 0)
}

/** __mark_reg_const_zero. */
export function markConstZero(env: VerifierEnv, reg: RegState): void {
  markKnown(reg, 0, 0)
  reg.type = RegType.SCALAR_VALUE
  reg.precise = !env.bpfCapable
}

/** __mark_reg32_known. */
export function mark32Known(reg: RegState, value: number): void {
  reg.valLo = value
  reg.maskLo = 0
  reg.s32Min = reg.s32Max = reg.u32Min = reg.u32Max = value
}

/** __mark_reg_unknown_imprecise. */
export function markUnknownImprecise(reg: RegState): void {
  reg.type = RegType.SCALAR_VALUE
  reg.off = 0
  clearUnion(reg)
  reg.id = 0
  reg.refObjId = 0
  reg.valHi = reg.valLo = 0
  reg.maskHi = reg.maskLo = -1
  reg.frameno = 0
  reg.precise = false
  markUnbounded(reg)
}

/** __mark_reg_unknown. */
export function markUnknown(env: VerifierEnv, reg: RegState): void {
  markUnknownImprecise(reg)
  reg.precise = !env.bpfCapable
}

/** __mark_reg_s32_range: narrows what the register has been. */
export function setS32Range(env: VerifierEnv, reg: RegState, min: number, max: number): void {
  reg.s32Min = Math.max(reg.s32Min, min)
  reg.s32Max = Math.min(reg.s32Max, max)
  if (ltS64(reg.sminHi, reg.sminLo, min >> 31, min)) {
    reg.sminHi = min >> 31
    reg.sminLo = min
  }
  if (ltS64(max >> 31, max, reg.smaxHi, reg.smaxLo)) {
    reg.smaxHi = max >> 31
    reg.smaxLo = max
  }
  syncBounds(reg)
  checkSane(env, reg, 's32_range')
}

/** __mark_reg_not_init. */
export function markNotInit(env: VerifierEnv, reg: RegState): void {
  markUnknown(env, reg)
  reg.type = RegType.NOT_INIT
}

/** mark_reg_invalid: of a pointer that isn't valid any more. */
export function markInvalid(env: VerifierEnv, reg: RegState): void {
  if (env.allowPtrLeaks) markUnknown(env, reg)
  else markNotInit(env, reg)
}

/** __update_reg32_bounds. */
export function updateBounds32(reg: RegState): void {
  const { valLo, maskLo } = reg
  reg.s32Min = Math.max(reg.s32Min, valLo | (maskLo & S32_MIN))
  reg.s32Max = Math.min(reg.s32Max, valLo | (maskLo & S32_MAX))
  reg.u32Min = maxU32(reg.u32Min, valLo)
  reg.u32Max = minU32(reg.u32Max, valLo | maskLo)
}

/** __update_reg64_bounds. */
function updateBounds64(reg: RegState): void {
  const { valHi, valLo, maskHi } = reg
  const topLo = valLo | reg.maskLo
  const topHi = valHi | maskHi
  const sminHi = valHi | (maskHi & S32_MIN)
  const smaxHi = valHi | (maskHi & S32_MAX)
  if (ltS64(reg.sminHi, reg.sminLo, sminHi, valLo)) {
    reg.sminHi = sminHi
    reg.sminLo = valLo
  }
  if (ltS64(smaxHi, topLo, reg.smaxHi, reg.smaxLo)) {
    reg.smaxHi = smaxHi
    reg.smaxLo = topLo
  }
  if (ltU64(reg.uminHi, reg.uminLo, valHi, valLo)) {
    reg.uminHi = valHi
    reg.uminLo = valLo
  }
  if (ltU64(topHi, topLo, reg.umaxHi, reg.umaxLo)) {
    reg.umaxHi = topHi
    reg.umaxLo = topLo
  }
  if (facts.onlyValueFound) findOnlyValue(reg)
}

/** The end of __update_reg64_bounds: is there only one number that the bits and the unsigned bounds both allow? */
function findOnlyValue(reg: RegState): void {
  const { uminHi, uminLo, umaxHi, umaxLo, valHi, valLo, maskHi, maskLo } = reg
  if ((maskHi | maskLo) === 0 && uminLo === valLo && umaxLo === valLo && uminHi === valHi && umaxHi === valHi) return
  const nextLo = tnumStep(reg, uminHi, uminLo)
  const nextHi = hi
  if ((uminHi & ~maskHi) === valHi && (uminLo & ~maskLo) === valLo) {
    if (ltU64(umaxHi, umaxLo, nextHi, nextLo)) setKnown(reg, uminHi, uminLo)
    return
  }
  const isLast = nextHi === (valHi | maskHi) && nextLo === (valLo | maskLo)
  if (!isLast) {
    if (ltU64(umaxHi, umaxLo, nextHi, nextLo)) return
    const afterLo = tnumStep(reg, nextHi, nextLo)
    if (!ltU64(umaxHi, umaxLo, hi, afterLo)) return
  }
  setKnown(reg, nextHi, nextLo)
}

/** __update_reg_bounds: what the bits say about the bounds. */
export function updateBounds(reg: RegState): void {
  updateBounds32(reg)
  updateBounds64(reg)
}

/** __reg32_deduce_bounds: 64-bit ranges whose high words agree, or that cross from -1 to 0, bound the low word. */
function deduce32(reg: RegState): void {
  let { s32Min, s32Max, u32Min, u32Max } = reg
  const { sminHi, sminLo, smaxHi, smaxLo, uminHi, uminLo, umaxHi, umaxLo } = reg
  if (uminHi === umaxHi) {
    u32Min = maxU32(u32Min, uminLo)
    u32Max = minU32(u32Max, umaxLo)
    if (uminLo <= umaxLo) {
      s32Min = Math.max(s32Min, uminLo)
      s32Max = Math.min(s32Max, umaxLo)
    }
  }
  if (sminHi === smaxHi) {
    if (sminLo >>> 0 <= smaxLo >>> 0) {
      u32Min = maxU32(u32Min, sminLo)
      u32Max = minU32(u32Max, smaxLo)
    }
    if (sminLo <= smaxLo) {
      s32Min = Math.max(s32Min, sminLo)
      s32Max = Math.min(s32Max, smaxLo)
    }
  }
  if (((uminHi + 1) | 0) === umaxHi && uminLo < 0 && umaxLo >= 0) {
    s32Min = Math.max(s32Min, uminLo)
    s32Max = Math.min(s32Max, umaxLo)
  }
  if (((sminHi + 1) | 0) === smaxHi && sminLo < 0 && smaxLo >= 0) {
    s32Min = Math.max(s32Min, sminLo)
    s32Max = Math.min(s32Max, smaxLo)
  }
  if (u32Min <= u32Max) {
    s32Min = Math.max(s32Min, u32Min)
    s32Max = Math.min(s32Max, u32Max)
  }
  if (s32Min >>> 0 <= s32Max >>> 0) {
    u32Min = maxU32(s32Min, u32Min)
    u32Max = minU32(s32Max, u32Max)
  } else if (facts.sign32CrossingRefined) {
    // The unsigned range has only the positive end of the signed one, or only the negative one, in common with it.
    if (u32Max >>> 0 < s32Min >>> 0) {
      s32Min = u32Min
      u32Max = minU32(u32Max, s32Max)
    } else if (s32Max >>> 0 < u32Min >>> 0) {
      s32Max = u32Max
      u32Min = maxU32(u32Min, s32Min)
    }
  }
  reg.s32Min = s32Min
  reg.s32Max = s32Max
  reg.u32Min = u32Min
  reg.u32Max = u32Max
}

/** __reg64_deduce_bounds: signed and unsigned ranges that don't cross each other's wrap are the same. */
function deduce64(reg: RegState): void {
  let { sminHi, sminLo, smaxHi, smaxLo, uminHi, uminLo, umaxHi, umaxLo } = reg
  if (!ltS64(umaxHi, umaxLo, uminHi, uminLo)) {
    if (ltS64(sminHi, sminLo, uminHi, uminLo)) {
      sminHi = uminHi
      sminLo = uminLo
    }
    if (ltS64(umaxHi, umaxLo, smaxHi, smaxLo)) {
      smaxHi = umaxHi
      smaxLo = umaxLo
    }
  }
  if (!ltU64(smaxHi, smaxLo, sminHi, sminLo)) {
    if (ltU64(uminHi, uminLo, sminHi, sminLo)) {
      uminHi = sminHi
      uminLo = sminLo
    }
    if (ltU64(smaxHi, smaxLo, umaxHi, umaxLo)) {
      umaxHi = smaxHi
      umaxLo = smaxLo
    }
  } else if (!facts.sign64CrossingRefined) {
    // Nothing more is found out.
  } else if (ltU64(umaxHi, umaxLo, sminHi, sminLo)) {
    // The unsigned range meets only the positive end of the signed one.
    sminHi = uminHi
    sminLo = uminLo
    if (ltU64(smaxHi, smaxLo, umaxHi, umaxLo)) {
      umaxHi = smaxHi
      umaxLo = smaxLo
    }
  } else if (ltU64(smaxHi, smaxLo, uminHi, uminLo)) {
    // Only the negative end.
    smaxHi = umaxHi
    smaxLo = umaxLo
    if (ltU64(uminHi, uminLo, sminHi, sminLo)) {
      uminHi = sminHi
      uminLo = sminLo
    }
  }
  reg.sminHi = sminHi
  reg.sminLo = sminLo
  reg.smaxHi = smaxHi
  reg.smaxLo = smaxLo
  reg.uminHi = uminHi
  reg.uminLo = uminLo
  reg.umaxHi = umaxHi
  reg.umaxLo = umaxLo
}

/** __reg_deduce_mixed_bounds: 32-bit bounds put into the low words of the 64-bit ones. */
function deduceMixed(reg: RegState): void {
  const { u32Min, u32Max, s32Min, s32Max } = reg
  reg.uminLo = maxU32(reg.uminLo, u32Min)
  reg.umaxLo = minU32(reg.umaxLo, u32Max)
  reg.sminLo = maxU32(reg.sminLo, u32Min)
  reg.smaxLo = minU32(reg.smaxLo, u32Max)
  // A sign-extended number whose low half is positive isn't negative.
  if (s32Min < 0) return
  if (ltS64(reg.sminHi, reg.sminLo, -1, S32_MIN) || ltS64(0, S32_MAX, reg.smaxHi, reg.smaxLo)) return
  const maxHi = s32Max >> 31
  reg.sminHi = reg.uminHi = 0
  reg.smaxHi = reg.umaxHi = maxHi
  reg.sminLo = reg.uminLo = s32Min
  reg.smaxLo = reg.umaxLo = s32Max
  intersectRange(reg, 0, s32Min, maxHi, s32Max)
}

/** var_off = tnum_intersect(var_off, tnum_range(min, max)). */
function intersectRange(reg: RegState, minHi: number, minLo: number, maxHi: number, maxLo: number): void {
  const chiHi = minHi ^ maxHi
  const deltaHi = fillBelow(chiHi)
  const deltaLo = chiHi ? -1 : fillBelow(minLo ^ maxLo)
  const muHi = reg.maskHi & deltaHi
  const muLo = reg.maskLo & deltaLo
  reg.valHi = (reg.valHi | (minHi & ~deltaHi)) & ~muHi
  reg.valLo = (reg.valLo | (minLo & ~deltaLo)) & ~muLo
  reg.maskHi = muHi
  reg.maskLo = muLo
}

/** __reg_bound_offset: what the unsigned bounds say about the bits. */
function boundOffset(reg: RegState): void {
  intersectRange(reg, reg.uminHi, reg.uminLo, reg.umaxHi, reg.umaxLo)
  const { u32Min } = reg
  const delta = fillBelow(u32Min ^ reg.u32Max)
  const mu = reg.maskLo & delta
  reg.valLo = (reg.valLo | (u32Min & ~delta)) & ~mu
  reg.maskLo = mu
}

function deduce(reg: RegState): void {
  deduce32(reg)
  deduce64(reg)
  deduceMixed(reg)
}

/** __reg32_deduce_bounds and __reg64_deduce_bounds before 6.8: what the signs say, each width for itself. */
function deduceSigns(reg: RegState): void {
  const { s32Min, s32Max, u32Min, u32Max } = reg
  if (s32Min >= 0 || s32Max < 0) {
    reg.s32Min = reg.u32Min = maxU32(s32Min, u32Min)
    reg.s32Max = reg.u32Max = minU32(s32Max, u32Max)
  } else if (u32Max >= 0) {
    reg.s32Min = u32Min
    reg.s32Max = reg.u32Max = minU32(s32Max, u32Max)
  } else if (u32Min < 0) {
    reg.s32Min = reg.u32Min = maxU32(s32Min, u32Min)
    reg.s32Max = u32Max
  }
  const { sminHi, sminLo, smaxHi, smaxLo, uminHi, uminLo, umaxHi, umaxLo } = reg
  const sameSign = sminHi >= 0 || smaxHi < 0
  const raises = ltU64(uminHi, uminLo, sminHi, sminLo)
  const lowers = ltU64(smaxHi, smaxLo, umaxHi, umaxLo)
  if (sameSign || umaxHi >= 0 || uminHi < 0) {
    const takesMin = raises && (sameSign || umaxHi < 0)
    const takesMax = lowers && (sameSign || umaxHi >= 0)
    reg.sminHi = reg.uminHi = takesMin ? sminHi : uminHi
    reg.sminLo = reg.uminLo = takesMin ? sminLo : uminLo
    reg.smaxHi = reg.umaxHi = takesMax ? smaxHi : umaxHi
    reg.smaxLo = reg.umaxLo = takesMax ? smaxLo : umaxLo
  }
}

/** __reg_combine_64_into_32, before 6.8: a word's bounds are the whole number's, where that fits a word. */
export function combine64Into32(reg: RegState): void {
  mark32Unbounded(reg)
  const { sminHi, sminLo, smaxHi, smaxLo } = reg
  if (sminHi === sminLo >> 31 && smaxHi === smaxLo >> 31) {
    reg.s32Min = sminLo
    reg.s32Max = smaxLo
  }
  if ((reg.uminHi | reg.umaxHi) === 0) {
    reg.u32Min = reg.uminLo
    reg.u32Max = reg.umaxLo
  }
  syncBounds(reg)
}

/** __reg_combine_32_into_64, before 6.8: of the whole number what's known of its bits, unless it's a word. */
export function combine32Into64(reg: RegState): void {
  if ((reg.valHi | reg.maskHi) === 0) assign32Into64(reg)
  else mark64Unbounded(reg)
  syncBounds(reg)
}

/** reg_bounds_sync. */
export function syncBounds(reg: RegState): void {
  updateBounds(reg)
  if (!facts.boundsDeducedAcross) {
    deduceSigns(reg)
    boundOffset(reg)
    updateBounds(reg)
    return
  }
  deduce(reg)
  deduce(reg)
  deduce(reg)
  boundOffset(reg)
  updateBounds(reg)
}

/** reg_bounds_sanity_check. */
export function checkSane(env: VerifierEnv, reg: RegState, context: string): void {
  if (!facts.boundsChecked) return
  let text = ''
  if (
    ltU64(reg.umaxHi, reg.umaxLo, reg.uminHi, reg.uminLo) ||
    ltS64(reg.smaxHi, reg.smaxLo, reg.sminHi, reg.sminLo) ||
    reg.u32Min >>> 0 > reg.u32Max >>> 0 ||
    reg.s32Min > reg.s32Max
  ) {
    text = 'range bounds violation'
  } else if (tnumIsConst(reg) && !allEqual(reg)) {
    text = 'const tnum out of sync with range bounds'
  } else if (tnumSubregIsConst(reg)) {
    const value = reg.valLo
    if (reg.u32Min !== value || reg.u32Max !== value || reg.s32Min !== value || reg.s32Max !== value) {
      text = 'const subreg tnum out of sync with range bounds'
    }
  }
  if (text === '') return
  const bug = facts.boundsBugNamed ? 'verifier bug: ' : ''
  env.log.write(`${bug}REG INVARIANTS VIOLATION (${context}): ${text} ${boundsText(reg)}\n`)
  if (env.testRegInvariants) refuse(env, Errno.EFAULT)
  markUnbounded(reg)
}

function allEqual(reg: Reg): boolean {
  const { valHi, valLo } = reg
  return (
    reg.uminHi === valHi &&
    reg.umaxHi === valHi &&
    reg.sminHi === valHi &&
    reg.smaxHi === valHi &&
    reg.uminLo === valLo &&
    reg.umaxLo === valLo &&
    reg.sminLo === valLo &&
    reg.smaxLo === valLo
  )
}

function boundsText(reg: Reg): string {
  const u64 = `[${hexU64(reg.uminHi, reg.uminLo)}, ${hexU64(reg.umaxHi, reg.umaxLo)}]`
  const s64 = `[${hexU64(reg.sminHi, reg.sminLo)}, ${hexU64(reg.smaxHi, reg.smaxLo)}]`
  const u32 = `[${hexU64(0, reg.u32Min)}, ${hexU64(0, reg.u32Max)}]`
  const s32 = `[${hexU64(0, reg.s32Min)}, ${hexU64(0, reg.s32Max)}]`
  const bits = `(${hexU64(reg.valHi, reg.valLo)}, ${hexU64(reg.maskHi, reg.maskLo)})`
  return `u64=${u64} s64=${s64} u32=${u32} s32=${s32} var_off=${bits}`
}

/** __reg_assign_32_into_64. */
export function assign32Into64(reg: RegState): void {
  const { s32Min, s32Max } = reg
  reg.uminHi = reg.umaxHi = 0
  reg.uminLo = reg.u32Min
  reg.umaxLo = reg.u32Max
  reg.sminHi = reg.smaxHi = 0
  const positive = s32Min >= 0 && s32Max >= 0
  reg.sminLo = positive ? s32Min : 0
  reg.smaxLo = positive ? s32Max : -1
}

/** zext_32_to_64. */
export function zext32To64(reg: RegState): void {
  reg.valHi = 0
  reg.maskHi = 0
  assign32Into64(reg)
}

/** coerce_reg_to_size: keeps the low bytes, 1, 2 or 4. */
export function coerceToSize(reg: RegState, size: number): void {
  const mask = size === 4 ? -1 : (1 << (size * 8)) - 1
  reg.valHi = reg.maskHi = 0
  reg.valLo &= mask
  reg.maskLo &= mask
  if (reg.uminHi === reg.umaxHi && (reg.uminLo & ~mask) === (reg.umaxLo & ~mask)) {
    reg.uminLo &= mask
    reg.umaxLo &= mask
  } else {
    reg.uminLo = 0
    reg.umaxLo = mask
  }
  reg.uminHi = reg.umaxHi = reg.sminHi = reg.smaxHi = 0
  reg.sminLo = reg.uminLo
  reg.smaxLo = reg.umaxLo
  if (!facts.boundsDeducedAcross) {
    if (size < 4) combine64Into32(reg)
    return
  }
  if (size < 4) mark32Unbounded(reg)
  syncBounds(reg)
}

/** Sign-extends the low bytes of a word. */
function signExtend(word: number, size: number): number {
  const shift = 32 - size * 8
  return (word << shift) >> shift
}

/** coerce_reg_to_size_sx: sign-extends from 1, 2 or 4 bytes. */
export function coerceToSizeSx(reg: RegState, size: number): void {
  if (tnumIsConst(reg)) {
    const value = signExtend(reg.valLo, size)
    setKnown(reg, value >> 31, value)
    return
  }
  const sameTop = reg.sminHi === reg.smaxHi && (size === 4 || reg.sminLo >>> (size * 8) === reg.smaxLo >>> (size * 8))
  const a = signExtend(reg.smaxLo, size)
  const b = signExtend(reg.sminLo, size)
  const max = Math.max(a, b)
  const min = Math.min(a, b)
  if (sameTop && max >= 0 === min >= 0) {
    const high = min >> 31
    reg.s32Min = reg.u32Min = reg.sminLo = reg.uminLo = min
    reg.s32Max = reg.u32Max = reg.smaxLo = reg.umaxLo = max
    reg.sminHi = reg.uminHi = reg.smaxHi = reg.umaxHi = high
    const delta = fillBelow(min ^ max)
    reg.valHi = high
    reg.valLo = min & ~delta
    reg.maskHi = 0
    reg.maskLo = delta
    return
  }
  const limit = size === 4 ? S32_MIN : -(1 << (size * 8 - 1))
  reg.sminHi = -1
  reg.sminLo = reg.s32Min = limit
  reg.smaxHi = 0
  reg.smaxLo = reg.s32Max = ~limit
  reg.uminHi = reg.uminLo = reg.u32Min = 0
  reg.umaxHi = reg.umaxLo = reg.u32Max = -1
  reg.valHi = reg.valLo = 0
  reg.maskHi = reg.maskLo = -1
}

/** coerce_subreg_to_size_sx: the same within the low word, from 1 or 2 bytes. */
export function coerceSubregToSizeSx(reg: RegState, size: number): void {
  if (tnumIsConst(reg)) {
    const value = signExtend(reg.valLo, size)
    reg.valHi = value >> 31
    reg.valLo = value
    reg.s32Min = reg.s32Max = reg.u32Min = reg.u32Max = value
    return
  }
  const bits = size * 8
  const a = signExtend(reg.s32Max, size)
  const b = signExtend(reg.s32Min, size)
  const max = Math.max(a, b)
  const min = Math.min(a, b)
  if (reg.s32Min >>> bits === reg.s32Max >>> bits && min >= 0 === max >= 0) {
    reg.s32Min = reg.u32Min = min
    reg.s32Max = reg.u32Max = max
    const delta = fillBelow(min ^ max)
    reg.valHi = reg.maskHi = 0
    reg.valLo = min & ~delta
    reg.maskLo = delta
    return
  }
  const limit = -(1 << (bits - 1))
  reg.s32Min = limit
  reg.s32Max = ~limit
  reg.u32Min = 0
  reg.u32Max = -1
  reg.valHi = reg.valLo = reg.maskHi = 0
  reg.maskLo = -1
}

/** get_reg_width: bits that the register may use. */
export function regWidth(reg: Reg): number {
  return fls64(reg.umaxHi, reg.umaxLo)
}

/** register_is_null. */
export function isNull(reg: Reg): boolean {
  return reg.type === RegType.SCALAR_VALUE && (reg.valHi | reg.valLo | reg.maskHi | reg.maskLo) === 0
}

/** is_reg_const. */
export function isRegConst(reg: Reg, subreg32: boolean): boolean {
  return reg.type === RegType.SCALAR_VALUE && (subreg32 ? reg.maskLo === 0 : tnumIsConst(reg))
}
