const LINE = 78
const BACKSLASH = 0x5c
const LINE_END = 0x0a
const digits = [...'0123456789abcdef'].map((digit) => digit.charCodeAt(0))

/** C source as it is made: a character is a byte. */
export class CText {
  #text = ''
  /** What comes before the text. */
  #parts: Uint8Array[] = []

  put(text: string): void {
    this.#text += text
  }

  /** print_hex: a string literal's inside, with lines that end in backslashes. */
  hex(bytes: Uint8Array): void {
    // Four characters for a byte at most, and two to end a line.
    const most = bytes.length * 4
    const out = new Uint8Array(most + 2 * Math.ceil(most / (LINE - 4)) + 2)
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
        continue
      }
      out[at++] = 0x78
      out[at++] = digits[byte >>> 4] as number
      out[at++] = digits[byte & 15] as number
    }
    this.#flush()
    this.#parts.push(out.subarray(0, at))
  }

  #flush(): void {
    if (this.#text !== '') this.#parts.push(Buffer.from(this.#text, 'latin1'))
    this.#text = ''
  }

  /** What was made since it was last asked. */
  take(): Uint8Array {
    this.#flush()
    const bytes = Buffer.concat(this.#parts)
    this.#parts = []
    return bytes
  }
}
