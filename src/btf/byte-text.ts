const CAPACITY = 1 << 17
/** No piece that is put at once is longer. */
const SLACK = 1 << 10

/** Text as bytes, built in large pieces: names are copied from a string section without being decoded. */
export class ByteText {
  readonly #sink: (bytes: Uint8Array) => void
  readonly #strings: Uint8Array
  #bytes = new Uint8Array(CAPACITY)
  #length = 0

  /** @param sink gets pieces that are its own from then on. */
  constructor(strings: Uint8Array, sink: (bytes: Uint8Array) => void) {
    this.#strings = strings
    this.#sink = sink
  }

  get length(): number {
    return this.#length
  }

  flush(): void {
    if (this.#length === 0) return
    const piece = this.#bytes.subarray(0, this.#length)
    this.#bytes = new Uint8Array(CAPACITY)
    this.#length = 0
    this.#sink(piece)
  }

  /** ASCII text of at most 1024 characters. */
  put(text: string): void {
    if (this.#length > CAPACITY - SLACK) this.flush()
    const bytes = this.#bytes
    let n = this.#length
    for (let i = 0; i < text.length; i++) bytes[n++] = text.charCodeAt(i)
    this.#length = n
  }

  /** The string at `off`; at most `limit` bytes of it. */
  name(off: number, limit = Infinity): void {
    const strings = this.#strings
    const end = Math.min(strings.length, off + limit)
    let bytes = this.#bytes
    let n = this.#length
    for (let i = off; i < end; i++) {
      const c = strings[i] as number
      if (c === 0) break
      if (n === CAPACITY) {
        this.#length = n
        this.flush()
        bytes = this.#bytes
        n = 0
      }
      bytes[n++] = c
    }
    this.#length = n
  }

  /** The string at `off` in quotes, escaped as bpftool's JSON writer does. */
  quoted(off: number): void {
    this.put('"')
    const strings = this.#strings
    let from = off
    let i = off
    for (; i < strings.length; i++) {
      const c = strings[i] as number
      if (c === 0) break
      if (c > 0x22 && c !== 0x5c) continue
      const escape = c === 0x22 ? '\\"' : c === 0x5c ? '\\\\' : controls[c]
      if (escape === undefined) continue
      this.name(from, i - from)
      this.put(escape)
      from = i + 1
    }
    this.name(from, i - from)
    this.put('"')
  }

  /** An unsigned number below 2^32 in decimal. */
  u32(value: number): void {
    if (this.#length > CAPACITY - SLACK) this.flush()
    const bytes = this.#bytes
    if (value < 10) {
      bytes[this.#length++] = 48 + value
      return
    }
    if (value > 0x7fffffff) {
      this.u32(Math.floor(value / 10))
      this.u32(value % 10)
      return
    }
    let rest = value | 0
    let digits = 1
    for (let limit = rest; limit > 9; limit = (limit / 10) | 0) digits++
    const start = this.#length
    this.#length = start + digits
    for (let i = start + digits - 1; i >= start; i--) {
      const next = (rest / 10) | 0
      bytes[i] = 48 + (rest - next * 10)
      rest = next
    }
  }

  i32(value: number): void {
    const signed = value | 0
    if (signed < 0) this.put('-')
    this.u32(Math.abs(signed))
  }
}

const controls: Readonly<Record<number, string>> = { 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r' }
