import type { RegState } from './state.ts'
import {
  add64,
  addOverflowedS,
  hi,
  ltS64,
  ltU64,
  maxU32,
  minU32,
  mul64,
  mulOverflowsS64,
  mulOverflowsU64,
  sar64,
  shl64,
  shr64,
  sub64,
  subOverflowedS,
} from './int64.ts'
import { mark32Known, mark32Unbounded, mark64Unbounded, markKnown, updateBounds, updateBounds32 } from './ranges.ts'
import { tnumArshift, tnumIsConst, tnumLshift, tnumRshift, tnumSubregIsConst } from './tnum.ts'
import { facts } from './versions.ts'

/** Bounds of sums, products and the like from those of the operands (scalar_min_max_* and scalar32_min_max_*). */

const S32_MIN = -0x80000000
const S32_MAX = 0x7fffffff

/** scalar32_min_max_add. */
export function add32Bounds(dst: RegState, src: RegState): void {
  const smin = dst.s32Min + src.s32Min
  const smax = dst.s32Max + src.s32Max
  const fits = smin === (smin | 0) && smax === (smax | 0)
  dst.s32Min = fits ? smin : S32_MIN
  dst.s32Max = fits ? smax : S32_MAX
  const umin = (dst.u32Min >>> 0) + (src.u32Min >>> 0)
  const umax = (dst.u32Max >>> 0) + (src.u32Max >>> 0)
  const lost = (umin <= 0xffffffff || !facts.sumsOverflowTogether) && umax > 0xffffffff
  dst.u32Min = lost ? 0 : umin | 0
  dst.u32Max = lost ? -1 : umax | 0
}

/** scalar_min_max_add. */
export function add64Bounds(dst: RegState, src: RegState): void {
  const minLo = add64(dst.sminHi, dst.sminLo, src.sminHi, src.sminLo)
  const minHi = hi
  const maxLo = add64(dst.smaxHi, dst.smaxLo, src.smaxHi, src.smaxLo)
  const maxHi = hi
  if (addOverflowedS(dst.sminHi, src.sminHi, minHi) || addOverflowedS(dst.smaxHi, src.smaxHi, maxHi)) {
    signedUnbounded(dst)
  } else {
    dst.sminHi = minHi
    dst.sminLo = minLo
    dst.smaxHi = maxHi
    dst.smaxLo = maxLo
  }
  const uminLo = add64(dst.uminHi, dst.uminLo, src.uminHi, src.uminLo)
  const uminHi = hi
  const umaxLo = add64(dst.umaxHi, dst.umaxLo, src.umaxHi, src.umaxLo)
  const umaxHi = hi
  const minOver = ltU64(uminHi, uminLo, src.uminHi, src.uminLo)
  const maxOver = ltU64(umaxHi, umaxLo, src.umaxHi, src.umaxLo)
  if (maxOver && !(minOver && facts.sumsOverflowTogether)) {
    unsignedUnbounded(dst)
  } else {
    setUnsigned(dst, uminHi, uminLo, umaxHi, umaxLo)
  }
}

function signedUnbounded(reg: RegState): void {
  reg.sminHi = S32_MIN
  reg.sminLo = 0
  reg.smaxHi = S32_MAX
  reg.smaxLo = -1
}

function unsignedUnbounded(reg: RegState): void {
  setUnsigned(reg, 0, 0, -1, -1)
}

function setUnsigned(reg: RegState, minHi: number, minLo: number, maxHi: number, maxLo: number): void {
  reg.uminHi = minHi
  reg.uminLo = minLo
  reg.umaxHi = maxHi
  reg.umaxLo = maxLo
}

/** scalar32_min_max_sub. */
export function sub32Bounds(dst: RegState, src: RegState): void {
  const smin = dst.s32Min - src.s32Max
  const smax = dst.s32Max - src.s32Min
  const fits = smin === (smin | 0) && smax === (smax | 0)
  dst.s32Min = fits ? smin : S32_MIN
  dst.s32Max = fits ? smax : S32_MAX
  const umin = (dst.u32Min >>> 0) - (src.u32Max >>> 0)
  const umax = (dst.u32Max >>> 0) - (src.u32Min >>> 0)
  const lost = umin < 0 && (umax >= 0 || !facts.sumsOverflowTogether)
  dst.u32Min = lost ? 0 : umin | 0
  dst.u32Max = lost ? -1 : umax | 0
}

/** scalar_min_max_sub. */
export function sub64Bounds(dst: RegState, src: RegState): void {
  const minLo = sub64(dst.sminHi, dst.sminLo, src.smaxHi, src.smaxLo)
  const minHi = hi
  const maxLo = sub64(dst.smaxHi, dst.smaxLo, src.sminHi, src.sminLo)
  const maxHi = hi
  if (subOverflowedS(dst.sminHi, src.smaxHi, minHi) || subOverflowedS(dst.smaxHi, src.sminHi, maxHi)) {
    signedUnbounded(dst)
  } else {
    dst.sminHi = minHi
    dst.sminLo = minLo
    dst.smaxHi = maxHi
    dst.smaxLo = maxLo
  }
  const minUnder = ltU64(dst.uminHi, dst.uminLo, src.umaxHi, src.umaxLo)
  const maxUnder = ltU64(dst.umaxHi, dst.umaxLo, src.uminHi, src.uminLo)
  if (minUnder && !(maxUnder && facts.sumsOverflowTogether)) {
    unsignedUnbounded(dst)
    return
  }
  const uminLo = sub64(dst.uminHi, dst.uminLo, src.umaxHi, src.umaxLo)
  const uminHi = hi
  const umaxLo = sub64(dst.umaxHi, dst.umaxLo, src.uminHi, src.uminLo)
  setUnsigned(dst, uminHi, uminLo, hi, umaxLo)
}

/** scalar32_min_max_mul before 6.14: of numbers that aren't negative and fit half a word. */
function mul32BoundsPositive(dst: RegState, src: RegState): void {
  if (src.s32Min < 0 || dst.s32Min < 0 || src.u32Max >>> 0 > 0xffff || dst.u32Max >>> 0 > 0xffff) {
    mark32Unbounded(dst)
    return
  }
  dst.u32Min = Math.imul(dst.u32Min, src.u32Min)
  dst.u32Max = Math.imul(dst.u32Max, src.u32Max)
  const fits = dst.u32Max >= 0
  dst.s32Min = fits ? dst.u32Min : S32_MIN
  dst.s32Max = fits ? dst.u32Max : S32_MAX
}

/** scalar_min_max_mul before 6.14: of numbers that aren't negative and fit a word. */
function mul64BoundsPositive(dst: RegState, src: RegState): void {
  if (src.sminHi < 0 || dst.sminHi < 0 || src.umaxHi !== 0 || dst.umaxHi !== 0) {
    mark64Unbounded(dst)
    return
  }
  const minLo = mul64(0, dst.uminLo, 0, src.uminLo)
  const minHi = hi
  const maxLo = mul64(0, dst.umaxLo, 0, src.umaxLo)
  setUnsigned(dst, minHi, minLo, hi, maxLo)
  if (dst.umaxHi < 0) {
    signedUnbounded(dst)
    return
  }
  dst.sminHi = minHi
  dst.sminLo = minLo
  dst.smaxHi = dst.umaxHi
  dst.smaxLo = maxLo
}

/** scalar32_min_max_mul. */
export function mul32Bounds(dst: RegState, src: RegState): void {
  if (!facts.productsSigned) {
    mul32BoundsPositive(dst, src)
    return
  }
  const umax = (dst.u32Max >>> 0) * (src.u32Max >>> 0)
  const umin = (dst.u32Min >>> 0) * (src.u32Min >>> 0)
  const ufits = umax <= 0xffffffff && umin <= 0xffffffff
  dst.u32Min = ufits ? umin | 0 : 0
  dst.u32Max = ufits ? umax | 0 : -1
  // Products of two words may lose bits as doubles, but only where they don't fit a word anyway.
  const a = dst.s32Min * src.s32Min
  const b = dst.s32Min * src.s32Max
  const c = dst.s32Max * src.s32Min
  const d = dst.s32Max * src.s32Max
  const max = Math.max(a, b, c, d)
  const min = Math.min(a, b, c, d)
  const sfits = max <= S32_MAX && min >= S32_MIN
  dst.s32Min = sfits ? min | 0 : S32_MIN
  dst.s32Max = sfits ? max | 0 : S32_MAX
}

/** scalar_min_max_mul. */
export function mul64Bounds(dst: RegState, src: RegState): void {
  if (!facts.productsSigned) {
    mul64BoundsPositive(dst, src)
    return
  }
  if (
    mulOverflowsU64(dst.umaxHi, dst.umaxLo, src.umaxHi, src.umaxLo) ||
    mulOverflowsU64(dst.uminHi, dst.uminLo, src.uminHi, src.uminLo)
  ) {
    unsignedUnbounded(dst)
  } else {
    const minLo = mul64(dst.uminHi, dst.uminLo, src.uminHi, src.uminLo)
    const minHi = hi
    const maxLo = mul64(dst.umaxHi, dst.umaxLo, src.umaxHi, src.umaxLo)
    setUnsigned(dst, minHi, minLo, hi, maxLo)
  }
  const { sminHi, sminLo, smaxHi, smaxLo } = dst
  if (
    mulOverflowsS64(sminHi, sminLo, src.sminHi, src.sminLo) ||
    mulOverflowsS64(sminHi, sminLo, src.smaxHi, src.smaxLo) ||
    mulOverflowsS64(smaxHi, smaxLo, src.sminHi, src.sminLo) ||
    mulOverflowsS64(smaxHi, smaxLo, src.smaxHi, src.smaxLo)
  ) {
    signedUnbounded(dst)
    return
  }
  dst.sminLo = dst.smaxLo = mul64(sminHi, sminLo, src.sminHi, src.sminLo)
  dst.sminHi = dst.smaxHi = hi
  widenSigned(dst, mul64(sminHi, sminLo, src.smaxHi, src.smaxLo), hi)
  widenSigned(dst, mul64(smaxHi, smaxLo, src.sminHi, src.sminLo), hi)
  widenSigned(dst, mul64(smaxHi, smaxLo, src.smaxHi, src.smaxLo), hi)
}

function widenSigned(reg: RegState, lo: number, high: number): void {
  if (ltS64(high, lo, reg.sminHi, reg.sminLo)) {
    reg.sminHi = high
    reg.sminLo = lo
  }
  if (ltS64(reg.smaxHi, reg.smaxLo, high, lo)) {
    reg.smaxHi = high
    reg.smaxLo = lo
  }
}

/** Signed bounds from unsigned ones that don't cross the sign, after a bit operation; before 6.10, of positive numbers. */
function signed32FromUnsigned(dst: RegState, src: RegState): void {
  const fits = facts.bitsGiveSigned ? dst.u32Min <= dst.u32Max : dst.s32Min >= 0 && src.s32Min >= 0
  dst.s32Min = fits ? dst.u32Min : S32_MIN
  dst.s32Max = fits ? dst.u32Max : S32_MAX
}

function signed64FromUnsigned(dst: RegState, src: RegState): void {
  const lost = facts.bitsGiveSigned
    ? ltS64(dst.umaxHi, dst.umaxLo, dst.uminHi, dst.uminLo)
    : dst.sminHi < 0 || src.sminHi < 0
  if (lost) {
    signedUnbounded(dst)
    return
  }
  dst.sminHi = dst.uminHi
  dst.sminLo = dst.uminLo
  dst.smaxHi = dst.umaxHi
  dst.smaxLo = dst.umaxLo
}

/** scalar32_min_max_and. The destination's bits are the result's already, here and below. */
export function and32Bounds(dst: RegState, src: RegState): void {
  if (tnumSubregIsConst(src) && tnumSubregIsConst(dst)) {
    mark32Known(dst, dst.valLo)
    return
  }
  dst.u32Min = dst.valLo
  dst.u32Max = minU32(dst.u32Max, src.u32Max)
  signed32FromUnsigned(dst, src)
}

/** scalar_min_max_and. */
export function and64Bounds(dst: RegState, src: RegState): void {
  if (tnumIsConst(src) && tnumIsConst(dst)) {
    markKnown(dst, dst.valHi, dst.valLo)
    return
  }
  dst.uminHi = dst.valHi
  dst.uminLo = dst.valLo
  if (ltU64(src.umaxHi, src.umaxLo, dst.umaxHi, dst.umaxLo)) {
    dst.umaxHi = src.umaxHi
    dst.umaxLo = src.umaxLo
  }
  signed64FromUnsigned(dst, src)
  updateBounds(dst)
}

/** scalar32_min_max_or. */
export function or32Bounds(dst: RegState, src: RegState): void {
  if (tnumSubregIsConst(src) && tnumSubregIsConst(dst)) {
    mark32Known(dst, dst.valLo)
    return
  }
  dst.u32Min = maxU32(dst.u32Min, src.u32Min)
  dst.u32Max = dst.valLo | dst.maskLo
  signed32FromUnsigned(dst, src)
}

/** scalar_min_max_or. */
export function or64Bounds(dst: RegState, src: RegState): void {
  if (tnumIsConst(src) && tnumIsConst(dst)) {
    markKnown(dst, dst.valHi, dst.valLo)
    return
  }
  if (ltU64(dst.uminHi, dst.uminLo, src.uminHi, src.uminLo)) {
    dst.uminHi = src.uminHi
    dst.uminLo = src.uminLo
  }
  dst.umaxHi = dst.valHi | dst.maskHi
  dst.umaxLo = dst.valLo | dst.maskLo
  signed64FromUnsigned(dst, src)
  updateBounds(dst)
}

/** scalar32_min_max_xor. */
export function xor32Bounds(dst: RegState, src: RegState): void {
  if (tnumSubregIsConst(src) && tnumSubregIsConst(dst)) {
    mark32Known(dst, dst.valLo)
    return
  }
  dst.u32Min = dst.valLo
  dst.u32Max = dst.valLo | dst.maskLo
  signed32FromUnsigned(dst, src)
}

/** scalar_min_max_xor. */
export function xor64Bounds(dst: RegState, src: RegState): void {
  if (tnumIsConst(src) && tnumIsConst(dst)) {
    markKnown(dst, dst.valHi, dst.valLo)
    return
  }
  setUnsigned(dst, dst.valHi, dst.valLo, dst.valHi | dst.maskHi, dst.valLo | dst.maskLo)
  signed64FromUnsigned(dst, src)
  updateBounds(dst)
}

/** __scalar32_min_max_lsh. */
function lsh32(dst: RegState, shift: number): void {
  dst.s32Min = S32_MIN
  dst.s32Max = S32_MAX
  if (shift > 31 || dst.u32Max >>> 0 > 2 ** (31 - shift)) {
    dst.u32Min = 0
    dst.u32Max = -1
  } else {
    dst.u32Min <<= shift
    dst.u32Max <<= shift
  }
}

/** scalar32_min_max_lsh. Shifts are by known numbers that fit the width, here and below. */
export function lsh32Bounds(dst: RegState, src: RegState): void {
  const shift = src.u32Min
  lsh32(dst, shift)
  dst.valHi = dst.maskHi = 0
  tnumLshift(dst, dst, shift)
  dst.valHi = dst.maskHi = 0
  mark64Unbounded(dst)
  updateBounds32(dst)
}

/** scalar_min_max_lsh. */
export function lsh64Bounds(dst: RegState, src: RegState): void {
  const shift = src.uminLo
  // Compilers sign-extend by shifting to and fro: what was positive as a word stays so.
  signedUnbounded(dst)
  const both = facts.shiftedWordKeepsBounds
  if (shift === 32 && (both || dst.s32Max >= 0)) {
    dst.smaxHi = dst.s32Max
    dst.smaxLo = 0
  }
  if (shift === 32 && (both || dst.s32Min >= 0)) {
    dst.sminHi = dst.s32Min
    dst.sminLo = 0
  }
  const limitLo = shl64(0, 1, 63 - shift)
  if (ltU64(hi, limitLo, dst.umaxHi, dst.umaxLo)) {
    unsignedUnbounded(dst)
  } else {
    const minLo = shl64(dst.uminHi, dst.uminLo, shift)
    const minHi = hi
    const maxLo = shl64(dst.umaxHi, dst.umaxLo, shift)
    setUnsigned(dst, minHi, minLo, hi, maxLo)
  }
  lsh32(dst, shift)
  tnumLshift(dst, dst, shift)
  updateBounds(dst)
}

/** scalar32_min_max_rsh. */
export function rsh32Bounds(dst: RegState, src: RegState): void {
  const shift = src.u32Min
  dst.s32Min = S32_MIN
  dst.s32Max = S32_MAX
  dst.valHi = dst.maskHi = 0
  tnumRshift(dst, dst, shift)
  dst.u32Min = (dst.u32Min >>> shift) | 0
  dst.u32Max = (dst.u32Max >>> shift) | 0
  mark64Unbounded(dst)
  updateBounds32(dst)
}

/** scalar_min_max_rsh. */
export function rsh64Bounds(dst: RegState, src: RegState): void {
  const shift = src.uminLo
  signedUnbounded(dst)
  tnumRshift(dst, dst, shift)
  const minLo = shr64(dst.uminHi, dst.uminLo, shift)
  const minHi = hi
  const maxLo = shr64(dst.umaxHi, dst.umaxLo, shift)
  setUnsigned(dst, minHi, minLo, hi, maxLo)
  mark32Unbounded(dst)
  updateBounds(dst)
}

/** scalar32_min_max_arsh. */
export function arsh32Bounds(dst: RegState, src: RegState): void {
  const shift = src.u32Min
  dst.s32Min >>= shift
  dst.s32Max >>= shift
  tnumArshift(dst, dst, shift, 32)
  dst.u32Min = 0
  dst.u32Max = -1
  mark64Unbounded(dst)
  updateBounds32(dst)
}

/** scalar_min_max_arsh. */
export function arsh64Bounds(dst: RegState, src: RegState): void {
  const shift = src.uminLo
  dst.sminLo = sar64(dst.sminHi, dst.sminLo, shift)
  dst.sminHi = hi
  dst.smaxLo = sar64(dst.smaxHi, dst.smaxLo, shift)
  dst.smaxHi = hi
  tnumArshift(dst, dst, shift, 64)
  unsignedUnbounded(dst)
  mark32Unbounded(dst)
  updateBounds(dst)
}
