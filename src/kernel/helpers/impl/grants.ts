/**
 * Which bytes of the machine's memory a run may touch, in granules of 8: until a verifier has proven what a program
 * accesses, each load and store asks here, so that a wild one ends the run and reaches nothing of the machine's own.
 */

export const GRANT_READ = 1
export const GRANT_WRITE = 2
export const GRANT_BOTH = 3

/** Rights are taken back in this many bytes at least, to keep the list of them short. */
const MAX_RANGES = 4096

export class Grants {
  /** A byte of rights for each granule; replaced when it grows. */
  bytes = new Uint8Array(8192)
  #ranges: number[] = []

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
    if (this.#ranges.length >= MAX_RANGES) this.bytes.fill(0)
    else for (let i = 0; i < this.#ranges.length; i += 2) this.bytes.fill(0, this.#ranges[i], this.#ranges[i + 1])
    this.#ranges = []
  }

  #grow(granules: number): void {
    const bytes = new Uint8Array(Math.max(granules, this.bytes.length * 2))
    bytes.set(this.bytes)
    this.bytes = bytes
  }
}
