/** Strings that stand once each, in the order in which they were added first (libbpf's strset). */
export class StringPool {
  #bytes: Uint8Array
  #length = 0
  /** Open addressing: one more than a string's offset, and its hash; 0 is free. */
  #slots = new Int32Array(64)
  #hashes = new Int32Array(64)
  #used = 0

  /** @param initial strings that are there from the start; of equal ones the first counts. */
  constructor(initial: Uint8Array = new Uint8Array(0)) {
    this.#bytes = new Uint8Array(Math.max(256, initial.length))
    this.#bytes.set(initial)
    this.#length = initial.length
    for (let off = 0; off < initial.length; off++) {
      const hash = hashAt(initial, off)
      const slot = this.#slotOf(hash, initial, off)
      if (this.#slots[slot] === 0) this.#take(slot, hash, off)
      while (off < initial.length && initial[off] !== 0) off++
    }
  }

  get length(): number {
    return this.#length
  }

  /** All of them, each with its end. Valid until the next one is added. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** strset__find_str of the string that begins there in other bytes. @returns its offset here, or -1. */
  find(from: Uint8Array, at: number): number {
    return (this.#slots[this.#slotOf(hashAt(from, at), from, at)] as number) - 1
  }

  /** strset__add_str. @returns the string's offset, whether it was there or not. */
  add(from: Uint8Array, at: number): number {
    const hash = hashAt(from, at)
    const slot = this.#slotOf(hash, from, at)
    const known = this.#slots[slot] as number
    if (known !== 0) return known - 1
    const off = this.#length
    this.#copy(from, at)
    this.#take(slot, hash, off)
    return off
  }

  #copy(from: Uint8Array, at: number): void {
    let end = at
    while (end < from.length && from[end] !== 0) end++
    const length = end - at + 1
    if (this.#length + length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length + length, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(from.subarray(at, end), this.#length)
    this.#bytes[this.#length + length - 1] = 0
    this.#length += length
  }

  #slotOf(hash: number, from: Uint8Array, at: number): number {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const known = this.#slots[slot] as number
      if (known === 0 || (this.#hashes[slot] === hash && this.#same(known - 1, from, at))) return slot
      slot = (slot + 1) & mask
    }
  }

  #same(off: number, from: Uint8Array, at: number): boolean {
    const bytes = this.#bytes
    for (let i = 0; ; i++) {
      const mine = bytes[off + i] as number
      const other = at + i < from.length ? (from[at + i] as number) : 0
      if (mine !== other) return false
      if (mine === 0) return true
    }
  }

  #take(slot: number, hash: number, off: number): void {
    this.#slots[slot] = off + 1
    this.#hashes[slot] = hash
    if (++this.#used * 2 > this.#slots.length) this.#grow()
  }

  #grow(): void {
    const [slots, hashes] = [this.#slots, this.#hashes]
    const mask = slots.length * 2 - 1
    this.#slots = new Int32Array(mask + 1)
    this.#hashes = new Int32Array(mask + 1)
    for (let i = 0; i < slots.length; i++) {
      if (slots[i] === 0) continue
      let slot = (hashes[i] as number) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = slots[i] as number
      this.#hashes[slot] = hashes[i] as number
    }
  }
}

/** FNV-1a of a C string. */
export function hashAt(bytes: Uint8Array, at: number): number {
  let h = 0x811c9dc5 | 0
  for (let i = at; i < bytes.length; i++) {
    const c = bytes[i] as number
    if (c === 0) break
    h = Math.imul(h ^ c, 0x01000193)
  }
  return h
}
