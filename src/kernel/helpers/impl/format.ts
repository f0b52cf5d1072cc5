import { Errno } from '../../../uapi/errno.ts'
import { readString } from './strings.ts'
import type { Run } from './run.ts'

/** MAX_BPRINTF_VARARGS, MAX_BPRINTF_BIN_ARGS. */
export const MAX_ARGS = 12
const MAX_BIN_ARGS = 512

/** A 64-bit argument. */
export interface FormatArg {
  lo: number
  hi: number
}

interface Spec {
  flags: string
  width: number
}

const isDigit = (c: string) => c >= '0' && c <= '9'
const isSpace = (c: string) => c === ' ' || (c >= '\t' && c <= '\r')
const isPunct = (c: string) => /[!-/:-@[-`{-~]/.test(c)

/**
 * bpf_bprintf_prepare and bstr_printf: what a program prints.
 * @param fmt bytes of the format, up to and without its NUL.
 * @returns the text, one character a byte, or a negative errno.
 */
export function format(run: Run, fmt: Uint8Array, args: readonly FormatArg[]): string | number {
  return new Formatter(run, String.fromCharCode(...fmt), args).format()
}

/**
 * bpf_bprintf_prepare without arguments: whether a program may print by this format at all.
 * @returns 0 or a negative errno.
 */
export function checkFormat(fmt: Uint8Array, count: number): number {
  const args = Array.from({ length: count }, () => ({ lo: 0, hi: 0 }))
  const made = new Formatter(undefined, String.fromCharCode(...fmt), args).format()
  return typeof made === 'number' ? made : 0
}

class Formatter {
  /** Undefined where only the format is looked at: nothing is read, and there's room for everything. */
  readonly #run: Run | undefined
  readonly #limit: number
  readonly #fmt: string
  readonly #args: readonly FormatArg[]
  #out = ''
  #used = 0
  /** Bytes that the arguments take in the kernel's buffer. */
  #room = 0

  constructor(run: Run | undefined, fmt: string, args: readonly FormatArg[]) {
    this.#run = run
    this.#limit = run ? MAX_BIN_ARGS : Infinity
    this.#fmt = fmt
    this.#args = args
  }

  format(): string | number {
    const fmt = this.#fmt
    for (let i = 0; i < fmt.length; i++) {
      const c = fmt[i] as string
      if (!(c >= ' ' && c <= '~') && !isSpace(c)) return -Errno.EINVAL
      if (c !== '%') {
        this.#out += c
        continue
      }
      if (fmt[i + 1] === '%') {
        this.#out += '%'
        i++
        continue
      }
      const arg = this.#args[this.#used]
      if (!arg) return -Errno.EINVAL
      const end = this.#one(i + 1, arg)
      if (end < 0) return end
      this.#used++
      i = end
    }
    return this.#out
  }

  /** A conversion from after its `%`. @returns index of its last character, or a negative errno. */
  #one(i: number, arg: FormatArg): number {
    const at = (index: number) => this.#fmt[index] ?? ''
    const spec: Spec = { flags: '', width: 0 }
    while (at(i) !== '' && '0+- '.includes(at(i))) spec.flags += at(i++)
    const digits = i
    if (at(i) >= '1' && at(i) <= '9') while (isDigit(at(i))) i++
    spec.width = Number(this.#fmt.slice(digits, i))
    if (at(i) === 'p') return this.#pointer(i, spec, arg)
    if (at(i) === 's') return this.#string(i, spec, arg)
    if (at(i) === 'c') {
      if (this.#room >= this.#limit) return -Errno.ENOSPC
      this.#room++
      this.#pad(String.fromCharCode(arg.lo & 0xff), { ...spec, flags: spec.flags.replace('0', '') })
      return i
    }
    let long = 0
    while (long < 2 && at(i) === 'l') {
      long++
      i++
    }
    if (at(i) === '' || !'iduxX'.includes(at(i))) return -Errno.EINVAL
    if (!this.#take(long > 0 ? 8 : 4)) return -Errno.ENOSPC
    this.#number(at(i), spec, arg, long > 0)
    return i
  }

  #take(size: number): boolean {
    this.#room = ((this.#room + 3) & ~3) + size
    return this.#room <= this.#limit
  }

  #number(type: string, spec: Spec, arg: FormatArg, wide: boolean): void {
    let value = wide ? (BigInt(arg.hi >>> 0) << 32n) | BigInt(arg.lo >>> 0) : BigInt(arg.lo >>> 0)
    const signed = type === 'd' || type === 'i'
    if (signed) value = BigInt.asIntN(wide ? 64 : 32, value)
    const negative = value < 0n
    let digits = (negative ? -value : value).toString(type === 'x' || type === 'X' ? 16 : 10)
    if (type === 'X') digits = digits.toUpperCase()
    let sign = ''
    if (signed) sign = negative ? '-' : spec.flags.includes('+') ? '+' : spec.flags.includes(' ') ? ' ' : ''
    this.#pad(digits, spec, sign)
  }

  /** Fills to the width: spaces, zeros after the sign, or spaces behind. */
  #pad(text: string, { flags, width }: Spec, sign = ''): void {
    const missing = Math.max(0, width - text.length - sign.length)
    if (flags.includes('-')) this.#out += sign + text + ' '.repeat(missing)
    else if (flags.includes('0')) this.#out += sign + '0'.repeat(missing) + text
    else this.#out += ' '.repeat(missing) + sign + text
  }

  #string(i: number, spec: Spec, arg: FormatArg): number {
    const next = this.#fmt[i + 1] ?? ''
    if (next !== '' && !isSpace(next) && !isPunct(next)) return -Errno.EINVAL
    const room = this.#limit - this.#room
    if (room === 0) return -Errno.ENOSPC
    const text = (this.#run && readString(this.#run, arg.lo, arg.hi, room - 1)) ?? new Uint8Array(0)
    this.#room += text.length + 1
    this.#pad(String.fromCharCode(...text), { ...spec, flags: spec.flags.replace('0', '') })
    return i
  }

  #pointer(i: number, spec: Spec, arg: FormatArg): number {
    const next = this.#fmt[i + 1] ?? ''
    const after = this.#fmt[i + 2] ?? ''
    if (next === '' || isSpace(next) || isPunct(next)) return this.#address(i, spec, arg, true)
    if ((next === 'k' || next === 'u') && after === 's') {
      return this.#string(i + 2, spec, next === 'k' ? arg : { lo: 0, hi: 0 })
    }
    if (next === 'K') return this.#address(i + 1, spec, arg, true)
    if (next === 'x') return this.#address(i + 1, spec, arg, false)
    if (next === 's' || next === 'S' || next === 'B') {
      if (!this.#take(8)) return -Errno.ENOSPC
      this.#out += `0x${hex(arg.hi)}${hex(arg.lo)}`.replace(/^0x0+(?=.)/, '0x')
      return i + 1
    }
    if ((next !== 'i' && next !== 'I') || (after !== '4' && after !== '6')) return -Errno.EINVAL
    return this.#internet(i + 2, next, after === '6', arg)
  }

  /** An address; without `x` the kernel shows a hash of it, which is another in each boot. */
  #address(i: number, spec: Spec, arg: FormatArg, hashed: boolean): number {
    if (!this.#take(8)) return -Errno.ENOSPC
    const isNull = (arg.lo | arg.hi) === 0
    const text =
      hashed && !isNull ? `00000000${hex(Math.imul(arg.lo ^ arg.hi, 0x9e3779b1))}` : hex(arg.hi) + hex(arg.lo)
    this.#pad(text, spec)
    return i
  }

  #internet(i: number, style: string, six: boolean, arg: FormatArg): number {
    const size = six ? 16 : 4
    if (this.#limit - this.#room < size) return -Errno.ENOSPC
    const bytes = new Uint8Array(size)
    const run = this.#run
    if (run?.readable(arg.lo, arg.hi, size)) bytes.set(run.bytes(arg.lo >>> 0, size))
    const text = six ? (style === 'I' ? groups(bytes).join(':') : groups(bytes).join('')) : dotted(bytes, style)
    this.#room += text.length + 1
    this.#out += text
    return i
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}

/** %pI6 and %pi6: all digits, with colons or without. */
function groups(bytes: Uint8Array): string[] {
  const parts: string[] = []
  for (let i = 0; i < 16; i += 2) {
    parts.push((((bytes[i] as number) << 8) | (bytes[i + 1] as number)).toString(16).padStart(4, '0'))
  }
  return parts
}

/** %pI4, and %pi4 with leading zeros. */
function dotted(bytes: Uint8Array, style: string): string {
  return [...bytes].map((byte) => (style === 'i' ? String(byte).padStart(3, '0') : String(byte))).join('.')
}
