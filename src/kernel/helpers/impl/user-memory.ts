/** Where the first buffer of the caller's stands: below TASK_SIZE. Each has 4 GiB of addresses for itself. */
const FIRST_HI = 0x7f00

/** Memory of the process that has a program run: the buffers that its context points to. */
export class UserMemory {
  readonly #buffers: Uint8Array[] = []

  /** @returns the high word of its address; the low word is 0. */
  add(buffer: Uint8Array): number {
    return FIRST_HI + this.#buffers.push(buffer) - 1
  }

  /** The bytes from an address on to their buffer's end; undefined where there is none. */
  at(lo: number, hi: number): Uint8Array | undefined {
    const buffer = this.#buffers[hi - FIRST_HI]
    return buffer === undefined || lo >>> 0 >= buffer.length ? undefined : buffer.subarray(lo >>> 0)
  }
}
