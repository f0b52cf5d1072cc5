import type { ByteText } from './byte-text.ts'

/**
 * btf_dump_emit_bit_padding: unnamed bit fields that take a hole, so that what follows lands at its offset. The widest
 * type is used whose boundary lies within the hole; what the compiler aligns by itself is left out. Offsets are C's int, and
 * wrap as such.
 */
export function emitPadding(
  out: ByteText,
  newline: string,
  pointerSize: number,
  from: number,
  to: number,
  nextAlign: number,
  inBitfield: boolean,
): void {
  if (from >= to) return
  const widths = [pointerSize * 8, 32, 16, 8]
  let pick = 0
  let boundary = 0
  for (let i = 0; i < widths.length; i++) {
    pick = i
    boundary = roundUp(from, widths[i] as number)
    if (boundary <= to) break
  }
  const bits = widths[pick] as number
  let at = from
  if (boundary > at && boundary <= to) {
    const marked =
      inBitfield ||
      (boundary === to && roundUp(at, nextAlign * 8) !== boundary) ||
      (boundary !== to && ((to - boundary) | 0) <= boundary - at)
    if (marked) put(out, newline, pick, inBitfield ? boundary - at : 0)
    at = boundary
  }
  for (; ((to - at) | 0) >= bits; at = (at + bits) | 0) put(out, newline, pick, bits)
  if (at === to) return
  const left = (to - at) | 0
  let smallest = names.length - 1
  while (smallest > 0 && (widths[smallest] as number) < left) smallest--
  put(out, newline, smallest, left)
}

const names = ['long', 'int', 'short', 'char']

function put(out: ByteText, newline: string, type: number, bits: number): void {
  out.put(`${newline}${names[type]}: ${bits};`)
}

/** The kernel's roundup of an int: C's division goes towards zero. */
function roundUp(value: number, step: number): number {
  return (Math.trunc(((value + step - 1) | 0) / step) * step) | 0
}
