/**
 * 64-bit arithmetic on pairs of 32-bit words, exact and without bigint. `r` holds the low word of a number at an index
 * and the high word after it; results go where the first operand was.
 */

/** High word of the product of two unsigned words. */
export function mulHigh(a: number, b: number): number {
  const al = a & 0xffff
  const ah = a >>> 16
  const bl = b & 0xffff
  const bh = b >>> 16
  const low = al * bl
  const mid = ah * bl + (low >>> 16) // all of these stay below 2^32
  const midLow = (mid & 0xffff) + al * bh
  return (ah * bh + (mid >>> 16) + (midLow >>> 16)) | 0
}

/** dst *= src */
export function mul64(r: Int32Array, d: number, s: number): void {
  const al = r[d] as number
  const bl = r[s] as number
  const high = mulHigh(al, bl) + Math.imul(r[d + 1] as number, bl) + Math.imul(al, r[s + 1] as number)
  r[d] = Math.imul(al, bl)
  r[d + 1] = high
}

// Quotient and remainder of the last division: one place instead of an object for each.
let quotientLow = 0
let quotientHigh = 0
let remainderLow = 0
let remainderHigh = 0

const TWO_32 = 0x1_0000_0000

/** Unsigned division of ah:al by bh:bl, which isn't 0. */
function divide(al: number, ah: number, bl: number, bh: number): void {
  al >>>= 0
  ah >>>= 0
  bl >>>= 0
  bh >>>= 0
  if (bh === 0 && ah === 0) {
    const quotient = Math.floor(al / bl)
    quotientLow = quotient | 0
    quotientHigh = 0
    remainderLow = (al - quotient * bl) | 0
    remainderHigh = 0
    return
  }
  if (bh === 0) {
    const high = Math.floor(ah / bl)
    let rest = ah - high * bl
    // rest < 2^32: two steps of 16 bits keep every number below 2^48.
    let part = rest * 0x10000 + (al >>> 16)
    const q1 = Math.floor(part / bl)
    rest = part - q1 * bl
    part = rest * 0x10000 + (al & 0xffff)
    const q0 = Math.floor(part / bl)
    quotientLow = (q1 * 0x10000 + q0) | 0
    quotientHigh = high | 0
    remainderLow = (part - q0 * bl) | 0
    remainderHigh = 0
    return
  }
  // The quotient is below 2^32, so that an estimate in doubles is off by one at most.
  let quotient = Math.floor((ah * TWO_32 + al) / (bh * TWO_32 + bl))
  if (quotient > 0xffffffff) quotient = 0xffffffff
  for (;;) {
    // product = quotient * b, of which more than 64 bits are never needed once it is not too large
    const productLow = Math.imul(quotient, bl) >>> 0
    const productHigh = (mulHigh(quotient, bl) >>> 0) + quotient * bh
    if (productHigh > ah || (productHigh === ah && productLow > al)) {
      quotient--
      continue
    }
    const borrow = al < productLow ? 1 : 0
    const low = (al - productLow) >>> 0
    const high = ah - productHigh - borrow
    if (high > bh || (high === bh && low >= bl)) {
      quotient++
      continue
    }
    quotientLow = quotient | 0
    quotientHigh = 0
    remainderLow = low | 0
    remainderHigh = high | 0
    return
  }
}

/** dst /= src, unsigned; 0 when src is 0. */
export function div64(r: Int32Array, d: number, s: number): void {
  const bl = r[s] as number
  const bh = r[s + 1] as number
  if ((bl | bh) === 0) {
    r[d] = 0
    r[d + 1] = 0
    return
  }
  divide(r[d] as number, r[d + 1] as number, bl, bh)
  r[d] = quotientLow
  r[d + 1] = quotientHigh
}

/** dst %= src, unsigned; dst when src is 0. */
export function mod64(r: Int32Array, d: number, s: number): void {
  const bl = r[s] as number
  const bh = r[s + 1] as number
  if ((bl | bh) === 0) return
  divide(r[d] as number, r[d + 1] as number, bl, bh)
  r[d] = remainderLow
  r[d + 1] = remainderHigh
}

function divideSigned(r: Int32Array, d: number, s: number): void {
  let al = r[d] as number
  let ah = r[d + 1] as number
  let bl = r[s] as number
  let bh = r[s + 1] as number
  if (ah < 0) {
    al = -al | 0
    ah = (~ah + (al === 0 ? 1 : 0)) | 0
  }
  if (bh < 0) {
    bl = -bl | 0
    bh = (~bh + (bl === 0 ? 1 : 0)) | 0
  }
  divide(al, ah, bl, bh)
}

/** dst /= src, signed and towards 0; 0 when src is 0, the smallest number divided by -1 is itself. */
export function sdiv64(r: Int32Array, d: number, s: number): void {
  if (((r[s] as number) | (r[s + 1] as number)) === 0) {
    r[d] = 0
    r[d + 1] = 0
    return
  }
  const negative = ((r[d + 1] as number) ^ (r[s + 1] as number)) < 0
  divideSigned(r, d, s)
  setSigned(r, d, quotientLow, quotientHigh, negative)
}

/** dst %= src with the sign of dst; dst when src is 0. */
export function smod64(r: Int32Array, d: number, s: number): void {
  if (((r[s] as number) | (r[s + 1] as number)) === 0) return
  const negative = (r[d + 1] as number) < 0
  divideSigned(r, d, s)
  setSigned(r, d, remainderLow, remainderHigh, negative)
}

function setSigned(r: Int32Array, d: number, low: number, high: number, negative: boolean): void {
  r[d] = negative ? -low : low
  r[d + 1] = negative ? ~high + (low === 0 ? 1 : 0) : high
}

/** Bytes of a word in reverse order. */
export function swap32(x: number): number {
  return (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24)
}

/** Bytes of a half word in reverse order. */
export function swap16(x: number): number {
  return ((x & 0xff) << 8) | ((x >>> 8) & 0xff)
}

/** A pair of words as an unsigned number, for edges where speed doesn't matter. */
export function toBigint(lo: number, hi: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0)
}
