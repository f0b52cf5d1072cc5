/** Names in BTF, as bytes: in messages a byte is a character. */

/** KSYM_NAME_LEN. */
const MAX_NAME = 512
const UNDERSCORE = 0x5f
const DOT = 0x2e

/** isalpha of the kernel, whose characters are those of Latin 1. */
function isLetter(c: number): boolean {
  if (c < 0x80) return (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a
  return c >= 0xc0 && c !== 0xd7 && c !== 0xf7
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39
}

/** isprint. */
function isPrintable(c: number): boolean {
  return (c >= 0x20 && c < 0x7f) || c >= 0xa0
}

/** btf_name_valid_identifier. @param strings which end with NUL. */
export function isIdentifier(strings: Uint8Array, off: number): boolean {
  for (let i = off; i < off + MAX_NAME; i++) {
    const c = strings[i] as number
    if (c === 0 && i > off) return true
    if (!isLetter(c) && c !== UNDERSCORE && c !== DOT && (i === off || !isDigit(c))) return false
  }
  return strings[off + MAX_NAME] === 0
}

/** btf_name_valid_section. */
export function isSectionName(strings: Uint8Array, off: number): boolean {
  for (let i = off; i < off + MAX_NAME; i++) {
    const c = strings[i] as number
    if (c === 0) return i > off
    if (!isPrintable(c)) return false
  }
  return strings[off + MAX_NAME] === 0
}

/** The string at an offset. */
export function bytesAt(strings: Uint8Array, off: number): string {
  let text = ''
  for (let i = off; i < strings.length; i++) {
    const c = strings[i] as number
    if (c === 0) break
    text += String.fromCharCode(c)
  }
  return text
}
