/**
 * A compact binary form for records: unsigned LEB128 numbers, length-prefixed UTF-8. Every record starts with its
 * format's number, so that a later format can still read an earlier one.
 */

export class Writer {
  #bytes = new Uint8Array(128)
  #length = 0
  readonly #encoder = new TextEncoder()

  /** @param value an integer from 0 to 2^53. */
  number(value: number): this {
    let rest = value
    while (rest >= 0x80) {
      this.#byte((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.#byte(rest)
    return this
  }

  /** @param value from 0 to 2^64. */
  big(value: bigint): this {
    return this.number(Number(value >> 32n)).number(Number(value & 0xffffffffn))
  }

  bool(value: boolean): this {
    return this.number(value ? 1 : 0)
  }

  string(value: string): this {
    const bytes = this.#encoder.encode(value)
    this.number(bytes.length)
    for (const byte of bytes) this.#byte(byte)
    return this
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #byte(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const bigger = new Uint8Array(this.#length * 2)
      bigger.set(this.#bytes)
      this.#bytes = bigger
    }
    this.#bytes[this.#length++] = byte
  }
}

/** Reads what Writer wrote; past the end it reads zeros, so that a record may grow by fields at its end. */
export class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  number(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.#bytes[this.#at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
  }

  big(): bigint {
    const high = this.number()
    return (BigInt(high) << 32n) | BigInt(this.number())
  }

  bool(): boolean {
    return this.number() !== 0
  }

  string(): string {
    const length = this.number()
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return new TextDecoder().decode(bytes)
  }
}
