import type { Memory } from '../../memory/memory.ts'
import { RunArea } from '../../memory/run-area.ts'

/**
 * Which bytes of the machine's memory a run may touch, in granules of 8: until a verifier has proven what a program
 * accesses, each load and store asks here, so that a wild one ends the run and reaches nothing of the machine's own.
 * The table stands in that memory itself, where compiled code looks it up.
 */

export const GRANT_READ = 1
export const GRANT_WRITE = 2
export const GRANT_BOTH = 3

/** Rights are taken back in this many bytes at least, to keep the list of them short. */
const MAX_RANGES = 4096
const FIRST_GRANULES = 8192

const spare = new WeakMap<Memory, { at: number; granules: number }>()

export class Grants {
  readonly #memory: Memory
  #at = 0
  #granules = 0
  #bytes: Uint8Array
  #ranges: number[] = []

  constructor(memory: Memory) {
    this.#memory = memory
    const kept = spare.get(memory)
    spare.delete(memory)
    this.#bytes = kept ? this.#use(kept.at, kept.granules) : this.#place(Math.max(FIRST_GRANULES, memory.top >>> 2))
  }

  /** A byte of rights for each granule; another array when the table or the memory grew. */
  get bytes(): Uint8Array {
    const { u8 } = this.#memory
    if (this.#bytes.buffer !== u8.buffer) this.#bytes = u8.subarray(this.#at, this.#at + this.#granules)
    return this.#bytes
  }

  /** Lets the run touch `size` bytes from `at`. What has these rights already costs nothing. */
  grant(at: number, size: number, rights: number): void {
    if (size <= 0) return
    const first = at >>> 3
    const last = (at + size - 1) >>> 3
    const { bytes } = this
    if (last < bytes.length && bytes[first] === rights && bytes[last] === rights) return
    if (last >= bytes.length) this.#grow(last + 1)
    this.bytes.fill(rights, first, last + 1)
    if (this.#ranges.length < MAX_RANGES) this.#ranges.push(first, last + 1)
  }

  /** Rights that compiled code gives by itself, within these bytes, are to be taken back too. */
  note(at: number, size: number): void {
    // So that the table reaches there, whatever of it is used first.
    const beyond = ((at + size) >>> 3) + 2
    if (beyond > this.bytes.length) this.#grow(beyond)
    if (this.#ranges.length < MAX_RANGES) this.#ranges.push(at >>> 3, ((at + size - 1) >>> 3) + 1)
  }

  /** Takes rights back. */
  revoke(at: number, size: number): void {
    this.bytes.fill(0, at >>> 3, ((at + size - 1) >>> 3) + 1)
  }

  /** Whether all of the bytes may be touched. */
  allows(at: number, size: number, rights: number): boolean {
    if (size <= 0) return true
    const last = (at + size - 1) >>> 3
    const { bytes } = this
    if (last >= bytes.length) return false
    for (let i = at >>> 3; i <= last; i++) if (((bytes[i] as number) & rights) !== rights) return false
    return true
  }

  /** Takes all rights back. */
  clear(): void {
    const { bytes } = this
    if (this.#ranges.length >= MAX_RANGES) bytes.fill(0)
    else for (let i = 0; i < this.#ranges.length; i += 2) bytes.fill(0, this.#ranges[i], this.#ranges[i + 1])
    this.#ranges = []
  }

  /** Gives the table back: all zeros, for the next run in this memory. */
  end(): void {
    this.clear()
    if (spare.has(this.#memory)) this.#memory.free(this.#at, this.#granules)
    else spare.set(this.#memory, { at: this.#at, granules: this.#granules })
    this.#granules = 0
    this.#bytes = new Uint8Array(0)
  }

  #grow(granules: number): void {
    const at = this.#at
    const old = this.#granules
    const larger = this.#place(Math.max(granules, old * 2))
    // The memory may have grown for that.
    larger.set(this.#memory.u8.subarray(at, at + old))
    this.#memory.free(at, old)
    this.#bytes = larger
  }

  /** A table of zeros, made known to compiled code. */
  #place(granules: number): Uint8Array {
    const rounded = (granules + 7) & ~7
    return this.#use(this.#memory.alloc(rounded), rounded)
  }

  #use(at: number, granules: number): Uint8Array {
    const memory = this.#memory
    this.#at = at
    this.#granules = granules
    memory.view.setUint32(RunArea.GRANTS, this.#at, true)
    memory.view.setUint32(RunArea.GRANTS_LIMIT, granules * 8 - 8, true)
    return memory.u8.subarray(this.#at, this.#at + granules)
  }
}
