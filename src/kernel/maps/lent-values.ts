import type { Memory } from '../memory/memory.ts'

interface Lent {
  key: Uint8Array
  at: number
  /** As it was when it was lent. */
  bytes: Uint8Array
}

/**
 * Values that programs have pointers to: they are in the machine's memory until the command ends, when what a program
 * changed goes back to its record.
 */
export class LentValues {
  readonly #memory: Memory
  readonly #size: number
  readonly #lent = new Map<string, Lent>()
  /** Memory of values that were replaced while a program may still have had a pointer. */
  #dropped: number[] = []

  constructor(memory: Memory, size: number) {
    this.#memory = memory
    this.#size = size
  }

  /** Where a value is that was lent, or undefined. */
  find(key: Uint8Array): number | undefined {
    return this.#lent.get(nameOf(key))?.at
  }

  /** @returns the value's place. */
  lend(key: Uint8Array, bytes: Uint8Array): number {
    const at = this.#memory.alloc(this.#size)
    this.#memory.u8.set(bytes, at)
    this.#lent.set(nameOf(key), { key, at, bytes })
    return at
  }

  /** The element is another one now, or gone: what a program writes to the old one is lost. */
  drop(key: Uint8Array): void {
    const name = nameOf(key)
    const lent = this.#lent.get(name)
    if (!lent) return
    this.#lent.delete(name)
    this.#dropped.push(lent.at)
  }

  /** Takes all values back. @param changed called for each that isn't as it was. */
  flush(changed: (key: Uint8Array, bytes: Uint8Array) => void): void {
    if (this.#lent.size === 0 && this.#dropped.length === 0) return
    for (const { key, at, bytes } of this.#lent.values()) {
      const now = this.#memory.u8.subarray(at, at + this.#size)
      if (Buffer.compare(now, bytes) !== 0) changed(key, now.slice())
      this.#dropped.push(at)
    }
    this.#lent.clear()
    for (const at of this.#dropped) this.#memory.free(at, this.#size)
    this.#dropped = []
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
}
