/**
 * Prefixes as keys whose bytes sort as lpm_trie's walk goes: the more specific before the less specific, bit 0 before
 * bit 1. A prefix is a row of digits in base 3, one for each bit and a 2 at its end; a byte holds five of them.
 */

const DIGITS = 5
const powers = [81, 27, 9, 3, 1]
const END = 2

/** Whether bit `index` of big-endian data is set (extract_bit). */
export function bitAt(data: Uint8Array, index: number): number {
  return ((data[index >>> 3] as number) >>> (7 - (index & 7))) & 1
}

export function prefixKey(data: Uint8Array, length: number): Uint8Array {
  const key = new Uint8Array(Math.ceil((length + 1) / DIGITS))
  let at = 0
  let digit = 0
  for (let i = 0; i <= length; i++) {
    const value = i === length ? END : bitAt(data, i)
    key[at] = (key[at] as number) + value * (powers[digit] as number)
    if (++digit === DIGITS) {
      digit = 0
      at++
    }
  }
  return key
}

/** How many bits of two keys' data are the same, at most `limit`. */
export function commonBits(a: Uint8Array, b: Uint8Array, limit: number): number {
  for (let i = 0; i * 8 < limit; i++) {
    const diff = (a[i] as number) ^ (b[i] as number)
    if (diff !== 0) return Math.min(i * 8 + Math.clz32(diff) - 24, limit)
  }
  return limit
}
