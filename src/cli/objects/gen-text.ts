const LINE = 78
const hexOf = Array.from({ length: 256 }, (_, byte) => (byte ? `\\x${byte.toString(16).padStart(2, '0')}` : '\\0'))

/** C source as it is made: a character is a byte. */
export class CText {
  #text = ''

  put(text: string): void {
    this.#text += text
  }

  /** print_hex: a string literal's inside, with lines that end in backslashes. */
  hex(bytes: Uint8Array): void {
    let text = ''
    let length = 0
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number
      const width = byte ? 4 : 2
      length += width
      if (length > LINE) {
        text += '\\\n'
        length = width
      }
      text += hexOf[byte] as string
    }
    this.#text += text
  }

  /** What was made since it was last asked. */
  take(): Uint8Array {
    const bytes = Buffer.from(this.#text, 'latin1')
    this.#text = ''
    return bytes
  }
}
