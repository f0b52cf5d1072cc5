import type { Memory } from '../memory/memory.ts'

/** The most that is taken of the machine's memory at once. */
const SLAB_BYTES = 16384

/**
 * Memory for a map's elements, all of one size. What was given back is handed out again as it was left, and to this map
 * only: a program may still have its address.
 */
export class ElementMemory {
  readonly #memory: Memory
  readonly #size: number
  readonly #free: number[] = []
  readonly #slabs: { at: number; bytes: number }[] = []
  /** Elements of the next slab. */
  #next = 1

  constructor(memory: Memory, size: number) {
    this.#memory = memory
    this.#size = size
  }

  alloc(): number {
    return this.#free.pop() ?? this.#slab()
  }

  free(at: number): void {
    this.#free.push(at)
  }

  /** Gives all of it back. */
  release(): void {
    for (const { at, bytes } of this.#slabs) this.#memory.free(at, bytes)
    this.#slabs.length = 0
    this.#free.length = 0
  }

  #slab(): number {
    const count = this.#next
    if (count * this.#size < SLAB_BYTES / 2) this.#next = count * 2
    const bytes = count * this.#size
    const at = this.#memory.alloc(bytes)
    this.#slabs.push({ at, bytes })
    for (let i = count - 1; i > 0; i--) this.#free.push(at + i * this.#size)
    return at
  }
}
