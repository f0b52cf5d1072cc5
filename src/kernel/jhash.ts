import type { Memory } from './memory/memory.ts'

/** Where the key is: of the machine's memory, or beside it. */
type Bytes = Pick<Memory, 'u8' | 'view'>

/** JHASH_INITVAL. */
export const INITVAL = 0xdeadbeef | 0

/**
 * jhash of `length` bytes of memory (Bob Jenkins' lookup3), which for whole words is jhash2 as well: what the kernel's
 * hash maps hash with. @returns 32 signed bits.
 */
export function jhash(memory: Bytes, at: number, length: number, seed: number): number {
  let a = (INITVAL + length + seed) | 0
  let b = a
  let c = a
  const { view } = memory
  let k = at
  let left = length
  while (left > 12) {
    a = (a + view.getInt32(k, true)) | 0
    b = (b + view.getInt32(k + 4, true)) | 0
    c = (c + view.getInt32(k + 8, true)) | 0
    a = (a - c) ^ ((c << 4) | (c >>> 28))
    c = (c + b) | 0
    b = (b - a) ^ ((a << 6) | (a >>> 26))
    a = (a + c) | 0
    c = (c - b) ^ ((b << 8) | (b >>> 24))
    b = (b + a) | 0
    a = (a - c) ^ ((c << 16) | (c >>> 16))
    c = (c + b) | 0
    b = (b - a) ^ ((a << 19) | (a >>> 13))
    a = (a + c) | 0
    c = (c - b) ^ ((b << 4) | (b >>> 28))
    b = (b + a) | 0
    left -= 12
    k += 12
  }
  if (left === 0) return c
  if (left > 8) {
    a = (a + view.getInt32(k, true)) | 0
    b = (b + view.getInt32(k + 4, true)) | 0
    c = (c + tail(memory, k + 8, left - 8)) | 0
  } else if (left > 4) {
    a = (a + view.getInt32(k, true)) | 0
    b = (b + tail(memory, k + 4, left - 4)) | 0
  } else {
    a = (a + tail(memory, k, left)) | 0
  }
  c = ((c ^ b) - ((b << 14) | (b >>> 18))) | 0
  a = ((a ^ c) - ((c << 11) | (c >>> 21))) | 0
  b = ((b ^ a) - ((a << 25) | (a >>> 7))) | 0
  c = ((c ^ b) - ((b << 16) | (b >>> 16))) | 0
  a = ((a ^ c) - ((c << 4) | (c >>> 28))) | 0
  b = ((b ^ a) - ((a << 14) | (a >>> 18))) | 0
  return ((c ^ b) - ((b << 24) | (b >>> 8))) | 0
}

/** One to four bytes, the first lowest. */
function tail({ u8, view }: Bytes, at: number, length: number): number {
  if (length === 4) return view.getInt32(at, true)
  let word = u8[at] as number
  if (length > 1) word |= (u8[at + 1] as number) << 8
  if (length > 2) word |= (u8[at + 2] as number) << 16
  return word
}
