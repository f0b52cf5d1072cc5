import { add64, fillBelow, fls64, hexU64, hi, ltU64, mul64, shl64, shr64, sar64, sub64 } from './int64.ts'
import { facts } from './versions.ts'

/**
 * Tracked numbers: of each bit, whether it's known, and what it is (kernel/bpf/tnum.c). Operations read their operands
 * before they write the result, which may be one of them.
 */
export interface Tnum {
  valHi: number
  valLo: number
  maskHi: number
  maskLo: number
}

export type ReadonlyTnum = Readonly<Tnum>

export function makeTnum(valHi = 0, valLo = 0, maskHi = 0, maskLo = 0): Tnum {
  return { valHi, valLo, maskHi, maskLo }
}

function set(out: Tnum, valHi: number, valLo: number, maskHi: number, maskLo: number): void {
  out.valHi = valHi
  out.valLo = valLo
  out.maskHi = maskHi
  out.maskLo = maskLo
}

export function tnumCopy(out: Tnum, a: ReadonlyTnum): void {
  set(out, a.valHi, a.valLo, a.maskHi, a.maskLo)
}

export function tnumConst(out: Tnum, valHi: number, valLo: number): void {
  set(out, valHi, valLo, 0, 0)
}

export function tnumUnknown(out: Tnum): void {
  set(out, 0, 0, -1, -1)
}

/** Numbers from min to max share the bits above the highest one in which these differ. */
export function tnumRange(out: Tnum, minHi: number, minLo: number, maxHi: number, maxLo: number): void {
  const chiHi = minHi ^ maxHi
  const deltaHi = fillBelow(chiHi)
  const deltaLo = chiHi ? -1 : fillBelow(minLo ^ maxLo)
  set(out, minHi & ~deltaHi, minLo & ~deltaLo, deltaHi, deltaLo)
}

export function tnumLshift(out: Tnum, a: ReadonlyTnum, shift: number): void {
  const { maskHi, maskLo } = a
  const valLo = shl64(a.valHi, a.valLo, shift)
  const valHi = hi
  const lo = shl64(maskHi, maskLo, shift)
  set(out, valHi, valLo, hi, lo)
}

export function tnumRshift(out: Tnum, a: ReadonlyTnum, shift: number): void {
  const { maskHi, maskLo } = a
  const valLo = shr64(a.valHi, a.valLo, shift)
  const valHi = hi
  const lo = shr64(maskHi, maskLo, shift)
  set(out, valHi, valLo, hi, lo)
}

export function tnumArshift(out: Tnum, a: ReadonlyTnum, shift: number, bits: number): void {
  if (bits === 32) {
    set(out, 0, a.valLo >> shift, 0, a.maskLo >> shift)
    return
  }
  const { maskHi, maskLo } = a
  const valLo = sar64(a.valHi, a.valLo, shift)
  const valHi = hi
  const lo = sar64(maskHi, maskLo, shift)
  set(out, valHi, valLo, hi, lo)
}

export function tnumAdd(out: Tnum, a: ReadonlyTnum, b: ReadonlyTnum): void {
  const smLo = add64(a.maskHi, a.maskLo, b.maskHi, b.maskLo)
  const smHi = hi
  const svLo = add64(a.valHi, a.valLo, b.valHi, b.valLo)
  const svHi = hi
  const sigmaLo = add64(smHi, smLo, svHi, svLo)
  const muHi = (hi ^ svHi) | a.maskHi | b.maskHi
  const muLo = (sigmaLo ^ svLo) | a.maskLo | b.maskLo
  set(out, svHi & ~muHi, svLo & ~muLo, muHi, muLo)
}

export function tnumSub(out: Tnum, a: ReadonlyTnum, b: ReadonlyTnum): void {
  const dvLo = sub64(a.valHi, a.valLo, b.valHi, b.valLo)
  const dvHi = hi
  const alphaLo = add64(dvHi, dvLo, a.maskHi, a.maskLo)
  const alphaHi = hi
  const betaLo = sub64(dvHi, dvLo, b.maskHi, b.maskLo)
  const muHi = (alphaHi ^ hi) | a.maskHi | b.maskHi
  const muLo = (alphaLo ^ betaLo) | a.maskLo | b.maskLo
  set(out, dvHi & ~muHi, dvLo & ~muLo, muHi, muLo)
}

export function tnumAnd(out: Tnum, a: ReadonlyTnum, b: ReadonlyTnum): void {
  const vHi = a.valHi & b.valHi
  const vLo = a.valLo & b.valLo
  const mHi = (a.valHi | a.maskHi) & (b.valHi | b.maskHi) & ~vHi
  const mLo = (a.valLo | a.maskLo) & (b.valLo | b.maskLo) & ~vLo
  set(out, vHi, vLo, mHi, mLo)
}

export function tnumOr(out: Tnum, a: ReadonlyTnum, b: ReadonlyTnum): void {
  const vHi = a.valHi | b.valHi
  const vLo = a.valLo | b.valLo
  set(out, vHi, vLo, (a.maskHi | b.maskHi) & ~vHi, (a.maskLo | b.maskLo) & ~vLo)
}

export function tnumXor(out: Tnum, a: ReadonlyTnum, b: ReadonlyTnum): void {
  const muHi = a.maskHi | b.maskHi
  const muLo = a.maskLo | b.maskLo
  set(out, (a.valHi ^ b.valHi) & ~muHi, (a.valLo ^ b.valLo) & ~muLo, muHi, muLo)
}

/** What holds for numbers of either. */
export function tnumUnion(out: Tnum, a: ReadonlyTnum, b: ReadonlyTnum): void {
  const muHi = (a.valHi ^ b.valHi) | a.maskHi | b.maskHi
  const muLo = (a.valLo ^ b.valLo) | a.maskLo | b.maskLo
  set(out, a.valHi & b.valHi & ~muHi, a.valLo & b.valLo & ~muLo, muHi, muLo)
}

const mulA = makeTnum()
const mulB = makeTnum()
const mulAcc = makeTnum()
const mulUnknown = makeTnum()
const mulSum = makeTnum()

/** tnum_mul before 6.18: the known bits' product, and what the unknown ones may add to it. */
function tnumMulApart(out: Tnum, a: ReadonlyTnum, b: ReadonlyTnum): void {
  tnumConst(mulAcc, 0, 0)
  const lo = mul64(a.valHi, a.valLo, b.valHi, b.valLo)
  tnumConst(mulSum, hi, lo)
  tnumCopy(mulA, a)
  tnumCopy(mulB, b)
  if (facts.productBitsApart) {
    while (mulA.valHi | mulA.valLo | mulA.maskHi | mulA.maskLo) {
      if (mulA.valLo & 1) addUnknown(mulB.maskHi, mulB.maskLo)
      else if (mulA.maskLo & 1) addUnknown(mulB.valHi | mulB.maskHi, mulB.valLo | mulB.maskLo)
      tnumRshift(mulA, mulA, 1)
      tnumLshift(mulB, mulB, 1)
    }
    tnumAdd(out, mulSum, mulAcc)
    return
  }
  // hma, twice: unknown bits of one times all that the other may be, and the rest.
  const { valHi, valLo } = a
  tnumCopy(mulAcc, mulSum)
  for (const [maskHi, maskLo, bitsHi, bitsLo] of [
    [a.maskHi, a.maskLo, b.maskHi | b.valHi, b.maskLo | b.valLo],
    [b.maskHi, b.maskLo, valHi, valLo],
  ] as const) {
    set(mulA, maskHi, maskLo, 0, 0)
    set(mulB, bitsHi, bitsLo, 0, 0)
    while (mulA.valHi | mulA.valLo) {
      if (mulA.valLo & 1) addUnknown(mulB.valHi, mulB.valLo)
      tnumRshift(mulA, mulA, 1)
      tnumLshift(mulB, mulB, 1)
    }
  }
  tnumCopy(out, mulAcc)
}

function addUnknown(bitsHi: number, bitsLo: number): void {
  set(mulUnknown, 0, 0, bitsHi, bitsLo)
  tnumAdd(mulAcc, mulAcc, mulUnknown)
}

/** Long multiplication: a bit of `a` that isn't known may or may not add its part. */
export function tnumMul(out: Tnum, a: ReadonlyTnum, b: ReadonlyTnum): void {
  if (!facts.productBitsUnited) {
    tnumMulApart(out, a, b)
    return
  }
  tnumCopy(mulA, a)
  tnumCopy(mulB, b)
  tnumConst(mulAcc, 0, 0)
  while (mulA.valHi | mulA.valLo | mulA.maskHi | mulA.maskLo) {
    if (mulA.valLo & 1) {
      tnumAdd(mulAcc, mulAcc, mulB)
    } else if (mulA.maskLo & 1) {
      tnumAdd(mulSum, mulAcc, mulB)
      tnumUnion(mulAcc, mulAcc, mulSum)
    }
    tnumRshift(mulA, mulA, 1)
    tnumLshift(mulB, mulB, 1)
  }
  tnumCopy(out, mulAcc)
}

/** Whether some number is of both. */
export function tnumOverlap(a: ReadonlyTnum, b: ReadonlyTnum): boolean {
  const muHi = ~a.maskHi & ~b.maskHi
  const muLo = ~a.maskLo & ~b.maskLo
  return (a.valHi & muHi) === (b.valHi & muHi) && (a.valLo & muLo) === (b.valLo & muLo)
}

export function tnumIntersect(out: Tnum, a: ReadonlyTnum, b: ReadonlyTnum): void {
  const muHi = a.maskHi & b.maskHi
  const muLo = a.maskLo & b.maskLo
  set(out, (a.valHi | b.valHi) & ~muHi, (a.valLo | b.valLo) & ~muLo, muHi, muLo)
}

/** Keeps the low bytes, 1 to 7 of them. */
export function tnumCast(out: Tnum, a: ReadonlyTnum, size: number): void {
  const bits = size * 8
  const keepLo = bits >= 32 ? -1 : (1 << bits) - 1
  const keepHi = bits > 32 ? (1 << (bits - 32)) - 1 : 0
  set(out, a.valHi & keepHi, a.valLo & keepLo, a.maskHi & keepHi, a.maskLo & keepLo)
}

export function tnumSubreg(out: Tnum, a: ReadonlyTnum): void {
  set(out, 0, a.valLo, 0, a.maskLo)
}

/** The high word of one with the low word of another. */
export function tnumWithSubreg(out: Tnum, reg: ReadonlyTnum, subreg: ReadonlyTnum): void {
  set(out, reg.valHi, subreg.valLo, reg.maskHi, subreg.maskLo)
}

function swapWord(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}

/** tnum_bswap16, tnum_bswap32, tnum_bswap64: of so many bits, the others being zero. */
export function tnumSwapBytes(out: Tnum, a: ReadonlyTnum, bits: number): void {
  const { valHi, valLo, maskHi, maskLo } = a
  if (bits === 64) {
    out.valHi = swapWord(valLo)
    out.valLo = swapWord(valHi)
    out.maskHi = swapWord(maskLo)
    out.maskLo = swapWord(maskHi)
    return
  }
  const down = 32 - bits
  out.valHi = out.maskHi = 0
  out.valLo = (swapWord(valLo) >>> down) | 0
  out.maskLo = (swapWord(maskLo) >>> down) | 0
}

/** tnum_step: the smallest number of a set that is greater than z; the greatest of all where none is. */
export function tnumStep(a: ReadonlyTnum, zHi: number, zLo: number): number {
  const { valHi, valLo, maskHi, maskLo } = a
  const topLo = valLo | maskLo
  if (!ltU64(zHi, zLo, valHi | maskHi, topLo)) return word(valHi | maskHi, topLo)
  if (ltU64(zHi, zLo, valHi, valLo)) return word(valHi, valLo)
  const nearHi = valHi | (zHi & maskHi)
  const nearLo = valLo | (zLo & maskLo)
  if (ltU64(zHi, zLo, nearHi, nearLo)) {
    // Above the first bit that a known one sets, z's bits; below it, as few as may be.
    const k = fls64(~zHi & valHi & ~maskHi, ~zLo & valLo & ~maskLo)
    const keepLo = shl64(-1, -1, k)
    const keepHi = hi
    return word((keepHi & zHi) | (~keepHi & valHi), (keepLo & zLo) | (~keepLo & valLo))
  }
  // Above the first bit that a known one clears, the unknown bits count one up.
  const k = fls64(zHi & ~valHi & ~maskHi, zLo & ~valLo & ~maskLo)
  const keepLo = shl64(-1, -1, k)
  const keepHi = hi
  const oneLo = shl64(0, 1, k)
  const nextLo = add64(keepHi & (~maskHi | zHi), keepLo & (~maskLo | zLo), hi, oneLo)
  return word((hi & maskHi) | valHi, (nextLo & maskLo) | valLo)
}

/** A number as functions of int64.ts give it. */
function word(high: number, low: number): number {
  return add64(high, low, 0, 0)
}

export function tnumIsConst(a: ReadonlyTnum): boolean {
  return (a.maskHi | a.maskLo) === 0
}

export function tnumEqualsConst(a: ReadonlyTnum, valHi: number, valLo: number): boolean {
  return tnumIsConst(a) && a.valHi === valHi && a.valLo === valLo
}

export function tnumIsUnknown(a: ReadonlyTnum): boolean {
  return (a.maskHi & a.maskLo) === -1
}

export function tnumSubregIsConst(a: ReadonlyTnum): boolean {
  return a.maskLo === 0
}

/** @param size a power of two. */
export function tnumIsAligned(a: ReadonlyTnum, size: number): boolean {
  return size === 0 || ((a.valLo | a.maskLo) & (size - 1)) === 0
}

/** Whether every number of b is one of a. */
export function tnumIn(a: ReadonlyTnum, b: ReadonlyTnum): boolean {
  if ((b.maskHi & ~a.maskHi) | (b.maskLo & ~a.maskLo)) return false
  return a.valHi === (b.valHi & ~a.maskHi) && a.valLo === (b.valLo & ~a.maskLo)
}

/** Decimal up to 16 bits (is_unum_decimal). */
export function unumText(valHi: number, valLo: number): string {
  return valHi === 0 && valLo >>> 0 <= 0xffff ? String(valLo) : hexU64(valHi, valLo)
}

const moved = makeTnum()

/** tnum_strn of kernels whose fixed offsets are in the bits: small negative numbers are decimal too. */
export function movedText(reg: ReadonlyTnum & { readonly off: number }): string {
  tnumConst(moved, reg.off >> 31, reg.off)
  tnumAdd(moved, reg, moved)
  const isSmall = tnumIsConst(moved) && moved.valHi === -1 && moved.valLo >= -0xffff && moved.valLo < 0
  return isSmall ? String(moved.valLo) : tnumText(moved)
}

/** tnum_strn. */
export function tnumText(a: ReadonlyTnum): string {
  if (tnumIsConst(a) && facts.statesShort) return unumText(a.valHi, a.valLo)
  return `(${hexU64(a.valHi, a.valLo)}; ${hexU64(a.maskHi, a.maskLo)})`
}
