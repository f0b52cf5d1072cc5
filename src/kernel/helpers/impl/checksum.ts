/**
 * Internet checksums as x86-64 computes them: a sum is 32 bits, whose value counts modulo 65535 and which is 0 only for
 * nothing but zeros. All results are unsigned.
 */

/** csum_partial: the sum of bytes, added to another sum. */
export function csumPartial(bytes: Uint8Array, sum: number): number {
  // 64-bit additions with the carry coming around, as two words; a double holds far more carries than there can be.
  let lo = sum >>> 0
  let hi = 0
  const { length } = bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, length)
  let at = 0
  for (; at + 8 <= length; at += 8) {
    lo += view.getUint32(at, true)
    hi += view.getUint32(at + 4, true)
  }
  for (let i = at; i < length; i++) {
    const shift = (i - at) & 3
    const part = (bytes[i] as number) * 2 ** (8 * shift)
    if (i - at < 4) lo += part
    else hi += part
  }
  while (lo > 0xffffffff || hi > 0xffffffff) {
    const fromLo = Math.floor(lo / 0x1_0000_0000)
    const fromHi = Math.floor(hi / 0x1_0000_0000)
    lo = (lo % 0x1_0000_0000) + fromHi
    hi = (hi % 0x1_0000_0000) + fromLo
  }
  return csumAdd(lo, hi)
}

/** csum_add. */
export function csumAdd(a: number, b: number): number {
  const sum = (a >>> 0) + (b >>> 0)
  return sum > 0xffffffff ? sum - 0xffffffff : sum
}

/** csum_sub. */
export function csumSub(a: number, b: number): number {
  return csumAdd(a, ~b >>> 0)
}

/** csum_fold: the 16 bits that stand in a header. */
export function csumFold(sum: number): number {
  let folded = (sum & 0xffff) + (sum >>> 16)
  folded = (folded & 0xffff) + (folded >>> 16)
  return ~folded & 0xffff
}

/** csum_unfold: a header's checksum as a sum. */
export function csumUnfold(field: number): number {
  return field & 0xffff
}

/** csum_from32to16. */
export function csumFrom32to16(sum: number): number {
  return (~csumFold(sum) & 0xffff) >>> 0
}
