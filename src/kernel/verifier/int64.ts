/**
 * 64-bit arithmetic for the verifier: a number is two 32-bit words, high word first, each kept as JavaScript's signed
 * 32-bit integer whatever it means (V8 keeps those unboxed). A function that gives a number returns its low word and
 * leaves the high one in `hi`: read it before the next call. Nothing here allocates.
 */

/** High word of the last result. */
export let hi = 0

/** a < b, unsigned. */
export function ltU64(ah: number, al: number, bh: number, bl: number): boolean {
  return ah === bh ? al >>> 0 < bl >>> 0 : ah >>> 0 < bh >>> 0
}

/** a < b, signed. */
export function ltS64(ah: number, al: number, bh: number, bl: number): boolean {
  return ah === bh ? al >>> 0 < bl >>> 0 : ah < bh
}

/** a < b of 32 bits, unsigned. */
export function ltU32(a: number, b: number): boolean {
  return a >>> 0 < b >>> 0
}

export function minU32(a: number, b: number): number {
  return a >>> 0 < b >>> 0 ? a : b
}

export function maxU32(a: number, b: number): number {
  return a >>> 0 > b >>> 0 ? a : b
}

/** Adds two words. The sum's carry decides the high word: compare the low sum with either operand. */
export function add64(ah: number, al: number, bh: number, bl: number): number {
  const lo = (al + bl) | 0
  hi = (ah + bh + (lo >>> 0 < al >>> 0 ? 1 : 0)) | 0
  return lo
}

export function sub64(ah: number, al: number, bh: number, bl: number): number {
  hi = (ah - bh - (al >>> 0 < bl >>> 0 ? 1 : 0)) | 0
  return (al - bl) | 0
}

/** Shifts by 0 to 63. */
export function shl64(ah: number, al: number, n: number): number {
  if (n === 0) {
    hi = ah
    return al
  }
  if (n >= 32) {
    hi = al << (n - 32)
    return 0
  }
  hi = (ah << n) | (al >>> (32 - n))
  return al << n
}

export function shr64(ah: number, al: number, n: number): number {
  if (n === 0) {
    hi = ah
    return al
  }
  if (n >= 32) {
    hi = 0
    return (ah >>> (n - 32)) | 0
  }
  hi = (ah >>> n) | 0
  return (al >>> n) | (ah << (32 - n))
}

/** Arithmetic shift to the right. */
export function sar64(ah: number, al: number, n: number): number {
  if (n === 0) {
    hi = ah
    return al
  }
  if (n >= 32) {
    hi = ah >> 31
    return ah >> (n - 32)
  }
  hi = ah >> n
  return (al >>> n) | (ah << (32 - n))
}

/** High word of the product of two unsigned words; what it is made of stays below 2^53. */
function mulHigh(a: number, b: number): number {
  const al = a & 0xffff
  const ah = a >>> 16
  const bl = b & 0xffff
  const bh = b >>> 16
  const mid = ah * bl + ((al * bl) >>> 16)
  const low = (mid & 0xffff) + al * bh
  return (ah * bh + (mid >>> 16) + (low >>> 16)) | 0
}

export function mul64(ah: number, al: number, bh: number, bl: number): number {
  hi = (mulHigh(al, bl) + Math.imul(ah, bl) + Math.imul(al, bh)) | 0
  return Math.imul(al, bl)
}

/** Whether a * b, unsigned, doesn't fit; the wrapped product as mul64 gives it is left to the caller. */
export function mulOverflowsU64(ah: number, al: number, bh: number, bl: number): boolean {
  if (ah === 0 && bh === 0) return false
  if (ah !== 0 && bh !== 0) return true
  // One of the cross products is zero; the other must fit a word, and so must the carry into it.
  const x = ah === 0 ? bh : ah
  const y = ah === 0 ? al : bl
  if (mulHigh(x, y) !== 0) return true
  return (Math.imul(x, y) >>> 0) + (mulHigh(al, bl) >>> 0) > 0xffffffff
}

/** Whether a * b, signed, doesn't fit. */
export function mulOverflowsS64(ah: number, al: number, bh: number, bl: number): boolean {
  const negative = ah < 0 !== bh < 0
  let xh = ah
  let xl = al
  if (ah < 0) {
    xl = sub64(0, 0, ah, al)
    xh = hi
  }
  let yh = bh
  let yl = bl
  if (bh < 0) {
    yl = sub64(0, 0, bh, bl)
    yh = hi
  }
  if (mulOverflowsU64(xh, xl, yh, yl)) return true
  const lo = mul64(xh, xl, yh, yl)
  // Magnitudes up to 2^63 - 1 fit; 2^63 only when it's negative.
  if (hi >= 0) return false
  return !(negative && hi === -0x80000000 && lo === 0)
}

/** Whether the sum rh of the high words ah and bh, as add64 gives it, left the signed range. */
export function addOverflowedS(ah: number, bh: number, rh: number): boolean {
  return ((ah ^ rh) & (bh ^ rh)) < 0
}

/** Whether the difference rh of ah and bh, as sub64 gives it, left the signed range. */
export function subOverflowedS(ah: number, bh: number, rh: number): boolean {
  return ((ah ^ bh) & (ah ^ rh)) < 0
}

/** fls: one more than the place of the highest bit set; 0 for 0. */
export function fls64(ah: number, al: number): number {
  return ah === 0 ? 32 - Math.clz32(al) : 64 - Math.clz32(ah)
}

/** All bits from the highest one set downward. */
export function fillBelow(word: number): number {
  return word === 0 ? 0 : (-1 >>> Math.clz32(word)) | 0
}

/** A signed number as JavaScript's: exact up to 2^53. */
export function toNumber(ah: number, al: number): number {
  return ah * 0x1_0000_0000 + (al >>> 0)
}

/** C's %lld. */
export function decimalS64(ah: number, al: number): string {
  const fits = ah === 0 || ah === -1
  return fits ? String(toNumber(ah, al)) : String((BigInt(ah) << 32n) | BigInt(al >>> 0))
}

/** C's %llu. */
export function decimalU64(ah: number, al: number): string {
  return ah === 0 ? String(al >>> 0) : String((BigInt(ah >>> 0) << 32n) | BigInt(al >>> 0))
}

const byteText = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Eight digits: many times as fast as Number's toString for what isn't a small integer. */
function hexWord(word: number): string {
  const high = `${byteText[word >>> 24]}${byteText[(word >>> 16) & 255]}`
  return `${high}${byteText[(word >>> 8) & 255]}${byteText[word & 255]}`
}

/** The same without leading zeros. */
function hexU32(word: number): string {
  return word === 0 ? '0' : hexWord(word).slice(Math.clz32(word) >>> 2)
}

/** The kernel's %#llx, which writes 0 as 0x0. */
export function hexU64(ah: number, al: number): string {
  return ah === 0 ? `0x${hexU32(al)}` : `0x${hexU32(ah)}${hexWord(al)}`
}
