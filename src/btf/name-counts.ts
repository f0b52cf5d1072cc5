/** How often each name was met, by its bytes in a string section: a hash table without strings. */
export class NameCounts {
  readonly #strings: Uint8Array
  /** Offset of a name's first mention, plus one; 0: free. */
  #slots = new Uint32Array(1 << 10)
  #counts = new Uint32Array(1 << 10)
  #used = 0

  constructor(strings: Uint8Array) {
    this.#strings = strings
  }

  /** Counts the name at `off` once more. */
  add(off: number): number {
    if (this.#used * 2 > this.#slots.length) this.#grow()
    const i = this.#find(off)
    if (this.#slots[i] === 0) {
      this.#slots[i] = off + 1
      this.#used++
    }
    return (this.#counts[i] = (this.#counts[i] as number) + 1)
  }

  #find(off: number): number {
    const strings = this.#strings
    const slots = this.#slots
    const mask = slots.length - 1
    let h = 0x811c9dc5
    for (let i = off; ; i++) {
      const c = strings[i]
      if (!c) break
      h = Math.imul(h ^ c, 0x01000193)
    }
    for (let slot = (h ^ (h >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const known = slots[slot] as number
      if (known === 0 || known === off + 1 || this.#same(known - 1, off)) return slot
    }
  }

  #same(a: number, b: number): boolean {
    const strings = this.#strings
    for (let i = 0; ; i++) {
      const c = strings[a + i]
      if (c !== strings[b + i]) return false
      if (!c) return true
    }
  }

  #grow(): void {
    const slots = this.#slots
    const counts = this.#counts
    this.#slots = new Uint32Array(slots.length * 4)
    this.#counts = new Uint32Array(slots.length * 4)
    for (let i = 0; i < slots.length; i++) {
      if (slots[i] === 0) continue
      const to = this.#find((slots[i] as number) - 1)
      this.#slots[to] = slots[i] as number
      this.#counts[to] = counts[i] as number
    }
  }
}
