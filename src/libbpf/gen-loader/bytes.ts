/** Bytes that grow at their end. */
export class GrowingBytes {
  #bytes = new Uint8Array(1 << 12)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Adds `size` zero bytes. @returns where they begin. */
  extend(size: number): number {
    const at = this.#length
    this.#length += size
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }

  set(at: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, at)
  }

  get view(): DataView {
    return this.#view
  }

  /** All of them; valid until more is added. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}
