import { CommandError } from './command.ts'

/** BATCH_LINE_LEN_MAX and BATCH_ARG_NB_MAX. */
export const LINE_MAX = 65536
const ARGS_MAX = 4096

const APOSTROPHE = 39
const QUOTE = 34
const BACKSLASH = 92
const NEWLINE = 10
const ZERO = 48
const isSpace = (code: number) => code === 32 || code === 9 || code === 13 || code === NEWLINE

/** Longer lines are read with more care. */
const PLAIN_MAX = 32768

/** Words that are compared with over and over: as the very strings that they're compared with. */
const commonWords: ReadonlyMap<string, string> = new Map(
  'map update lookup delete getnext pinned name key value hex any exist noexist'.split(' ').map((word) => [word, word]),
)

/** The words that a file of elements is full of. */
const byteWords: readonly string[] = Array.from({ length: 256 }, (_, byte) => String(byte))

/** Lines of a batch file as fgets(3) gives them: with their newline, in pieces when they are longer than its buffer. */
export class Lines {
  readonly #bytes: Uint8Array
  readonly #text: string
  /** Without comments and NULs, and without characters of more than a byte. */
  readonly #plain: boolean
  readonly #ascii: boolean
  #at = 0
  /** The last plain line: its words, and where they begin. */
  #words: readonly string[] = []
  #starts = new Uint32Array(ARGS_MAX)
  #lastStarts = new Uint32Array(ARGS_MAX)
  readonly #ends = new Uint32Array(ARGS_MAX)

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
    this.#plain = !this.#text.includes('#') && !this.#text.includes('\0')
    this.#ascii = this.#text.length === bytes.length
  }

  /**
   * The words of the next line if it's one without quotes, continuation or anything else out of the ordinary, as those of
   * a generated file are; undefined, and nothing is taken, if it isn't.
   */
  plainWords(): string[] | undefined {
    if (!this.#plain || !this.#ascii) return undefined
    const bytes = this.#bytes
    const starts = this.#starts
    const ends = this.#ends
    const limit = Math.min(bytes.length, this.#at + PLAIN_MAX)
    let count = 0
    let at = this.#at
    let start = -1
    for (; at < limit; at++) {
      const code = bytes[at] as number
      if (code > 32) {
        if (start < 0) start = at
        if (code === BACKSLASH || code === APOSTROPHE || code === QUOTE) return undefined
        continue
      }
      if (!isSpace(code)) return undefined
      if (start >= 0) {
        if (count === ARGS_MAX - 1) return undefined
        starts[count] = start
        ends[count++] = at
        start = -1
      }
      if (code === NEWLINE) break
    }
    if (at === limit) return undefined
    this.#at = at + 1
    const words = new Array<string>(count)
    for (let i = 0; i < count; i++) words[i] = this.#word(i, starts[i] as number, ends[i] as number)
    this.#words = words
    this.#starts = this.#lastStarts
    this.#lastStarts = starts
    return words
  }

  next(): string | undefined {
    if (this.#at >= this.#text.length) return undefined
    const newline = this.#text.indexOf('\n', this.#at)
    const end = Math.min(newline < 0 ? this.#text.length : newline + 1, this.#at + LINE_MAX - 1)
    const line = this.#text.slice(this.#at, end)
    this.#at = end
    return this.#plain ? line : cut(cut(line, '\0'), '#')
  }

  /** A word of a plain line: no new string where there is one already, as for most. */
  #word(i: number, start: number, end: number): string {
    const length = end - start
    if (length <= 3) {
      const word = byteWord(this.#bytes, start, length)
      if (word !== undefined) return word
    }
    const last = this.#words[i]
    if (last?.length === length) {
      const bytes = this.#bytes
      const before = this.#lastStarts[i] as number
      let same = 0
      while (same < length && bytes[before + same] === bytes[start + same]) same++
      if (same === length) return last
    }
    const word = this.#text.slice(start, end)
    return commonWords.get(word) ?? word
  }
}

/** A decimal number below 256 without zeros before it. */
function byteWord(bytes: Uint8Array, start: number, length: number): string | undefined {
  let value = 0
  for (let i = start; i < start + length; i++) {
    const digit = (bytes[i] as number) - ZERO
    if (digit < 0 || digit > 9 || (digit === 0 && i === start && length > 1)) return undefined
    value = value * 10 + digit
  }
  return byteWords[value]
}

function cut(line: string, at: string): string {
  const i = line.indexOf(at)
  return i < 0 ? line : line.slice(0, i)
}

/** Where words of the line at hand begin and end; each line's array of them is made in its size at once. */
const starts = new Uint32Array(ARGS_MAX)
const ends = new Uint32Array(ARGS_MAX)

/** make_args: words between white space; one that begins with a quote goes on to the next such quote. */
export function makeArgs(text: string, command: number): string[] {
  let count = 0
  let at = 0
  while (at < text.length) {
    while (at < text.length && isSpace(text.charCodeAt(at))) at++
    if (at === text.length) break
    if (count >= ARGS_MAX - 1) throw new CommandError(`too many arguments to command ${command}`)
    let start = at
    const first = text.charCodeAt(at)
    if (first === APOSTROPHE || first === QUOTE) {
      at = text.indexOf(String.fromCharCode(first), ++start)
      if (at < 0) throw new CommandError(`unterminated quoted string in command ${command}`)
    } else {
      while (at < text.length && !isSpace(text.charCodeAt(at))) at++
    }
    starts[count] = start
    ends[count++] = at++
  }
  const words = new Array<string>(count)
  for (let i = 0; i < count; i++) words[i] = text.slice(starts[i], ends[i])
  return words
}
