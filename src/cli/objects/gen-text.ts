const LINE = 78
const BACKSLASH = 0x5c
const LINE_END = 0x0a
const digits = [...'0123456789abcdef'].map((digit) => digit.charCodeAt(0))

/** What is held of the text until it is written. */
const CHUNK = 1 << 16

/** C source as it is made: a character is a byte. */
export class CText {
  readonly #sink: (bytes: Uint8Array) => void
  #text = ''

  constructor(sink: (bytes: Uint8Array) => void) {
    this.#sink = sink
  }

  put(text: string): void {
    this.#text += text
    if (this.#text.length >= CHUNK) this.flush()
  }

  /** print_hex: a string literal's inside, with lines that end in backslashes. */
  hex(bytes: Uint8Array): void {
    this.flush()
    // Four characters for a byte at most, and two to end a line.
    const out = new Uint8Array(Math.min(bytes.length, CHUNK) * 6)
    let at = 0
    let length = 0
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number
      const width = byte ? 4 : 2
      length += width
      if (length > LINE) {
        out[at++] = BACKSLASH
        out[at++] = LINE_END
        length = width
      }
      out[at++] = BACKSLASH
      if (byte === 0) {
        out[at++] = 0x30
      } else {
        out[at++] = 0x78
        out[at++] = digits[byte >>> 4] as number
        out[at++] = digits[byte & 15] as number
      }
      if (at + 6 <= out.length) continue
      this.#sink(out.slice(0, at))
      at = 0
    }
    if (at > 0) this.#sink(out.subarray(0, at))
  }

  /** Writes what is held. */
  flush(): void {
    if (this.#text !== '') this.#sink(Buffer.from(this.#text, 'latin1'))
    this.#text = ''
  }
}
