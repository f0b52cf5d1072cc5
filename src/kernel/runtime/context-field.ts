/** A load of a whole 32-bit field, or of some of its bytes (bpf_ctx_narrow_access_offset). */
export function narrow(r: Int32Array, d: number, value: number, off: number, size: number): boolean {
  const shifted = value >>> ((off & 3) * 8)
  r[d] = size >= 4 ? shifted : shifted & (2 ** (size * 8) - 1)
  r[d + 1] = 0
  return size <= 4
}

/** The same for a field of 64 bits. */
export function narrow64(r: Int32Array, d: number, lo: number, hi: number, off: number, size: number): boolean {
  if (size < 8) return narrow(r, d, off & 4 ? hi : lo, off, size)
  r[d] = lo
  r[d + 1] = hi
  return true
}
