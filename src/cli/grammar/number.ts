/** What strtoul(3) makes of a word: the low 32 bits of the result, and whether the whole word was read. */
export interface Parsed {
  value: number
  complete: boolean
}

const digitValue = (code: number): number => {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 97 && code <= 122) return code - 87
  if (code >= 65 && code <= 90) return code - 55
  return 99
}

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13)

/**
 * strtoul(3) of a 64-bit machine, cut to 32 bits as bpftool's callers do: leading white space and a sign are fine, too
 * large a number saturates, and a word without digits is 0 with nothing read (so that the empty word is complete).
 */
export function strtoul(word: string, base: 0 | 10 | 16): Parsed {
  let at = 0
  while (isSpace(word.charCodeAt(at))) at++
  let negative = false
  const sign = word[at]
  if (sign === '+' || sign === '-') {
    negative = sign === '-'
    at++
  }
  let radix: number = base
  const prefixed =
    word[at] === '0' && (word[at + 1] === 'x' || word[at + 1] === 'X') && digitValue(word.charCodeAt(at + 2)) < 16
  if (base === 0) radix = prefixed ? 16 : word[at] === '0' ? 8 : 10
  if (prefixed && radix === 16) at += 2
  const start = at
  let low = 0
  let high = 0
  let overflow = false
  for (; at < word.length; at++) {
    const digit = digitValue(word.charCodeAt(at))
    if (digit >= radix) break
    low = low * radix + digit
    high = high * radix + Math.floor(low / 0x1_0000_0000)
    low %= 0x1_0000_0000
    if (high >= 0x1_0000_0000) {
      overflow = true
      high = 0
    }
  }
  if (at === start) return { value: 0, complete: word.length === 0 }
  if (overflow) low = 0xffff_ffff
  else if (negative) low = -low >>> 0
  return { value: low, complete: at === word.length }
}
