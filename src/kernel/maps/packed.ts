/** Items of one size, one behind the other: keys or values of many elements. */
export class Packed {
  readonly #size: number
  #bytes: Uint8Array
  count = 0

  /** @param room for how many items, to begin with. */
  constructor(size: number, room: number) {
    this.#size = size
    this.#bytes = new Uint8Array(size * Math.max(room, 1))
  }

  /** Adds the item at `at` of `from`. */
  push(from: Uint8Array, at: number): void {
    const size = this.#size
    const end = this.count * size
    if (end + size > this.#bytes.length) {
      const bigger = new Uint8Array(end * 2)
      bigger.set(this.#bytes)
      this.#bytes = bigger
    }
    const bytes = this.#bytes
    if (size > 32) bytes.set(from.subarray(at, at + size), end)
    else for (let i = 0; i < size; i++) bytes[end + i] = from[at + i] as number
    this.count++
  }

  done(): Uint8Array {
    return this.#bytes.subarray(0, this.count * this.#size)
  }
}
