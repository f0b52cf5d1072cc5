/**
 * Canonical types by the hash of what they are (btf_dedup's dedup_table). libbpf's hash map puts new entries in front of
 * a bucket's chain and turns chains around whenever it grows; which of several equal candidates is found first, and so
 * which type stays, depends on it. So each hash has a list here that both ends of can be its front.
 */
export class Candidates {
  /** Open addressing: one more than the number of a list; 0 is free. */
  #slots = new Int32Array(1024)
  readonly #hashes: Int32Array
  readonly #heads: Int32Array
  readonly #tails: Int32Array
  #lists = 0
  /** By type; 0 ends a list. */
  readonly #next: Int32Array
  readonly #previous: Int32Array
  #size = 0
  #capacity = 0
  #turned = false

  constructor(count: number) {
    this.#hashes = new Int32Array(count)
    this.#heads = new Int32Array(count)
    this.#tails = new Int32Array(count)
    this.#next = new Int32Array(count)
    this.#previous = new Int32Array(count)
  }

  /** btf_dedup_table_add. */
  add(hash: number, id: number): void {
    // hashmap_needs_to_grow and hashmap_grow.
    if (this.#capacity === 0 || Math.floor(((this.#size + 1) * 4) / 3) > this.#capacity) {
      this.#capacity = Math.max(4, this.#capacity * 2)
      this.#turned = !this.#turned
    }
    this.#size++
    const slot = this.#slotOf(hash)
    let list = (this.#slots[slot] as number) - 1
    if (list < 0) {
      list = this.#lists++
      this.#slots[slot] = list + 1
      this.#hashes[list] = hash
      this.#heads[list] = id
      this.#tails[list] = id
      if (this.#lists * 2 > this.#slots.length) this.#grow()
    } else if (this.#turned) {
      const last = this.#tails[list] as number
      this.#next[last] = id
      this.#previous[id] = last
      this.#tails[list] = id
    } else {
      const first = this.#heads[list] as number
      this.#previous[first] = id
      this.#next[id] = first
      this.#heads[list] = id
    }
  }

  /** The first candidate; 0: none. */
  first(hash: number): number {
    const list = (this.#slots[this.#slotOf(hash)] as number) - 1
    if (list < 0) return 0
    return (this.#turned ? this.#tails[list] : this.#heads[list]) as number
  }

  /** The candidate behind another; 0: none. */
  after(id: number): number {
    return (this.#turned ? this.#previous[id] : this.#next[id]) as number
  }

  #slotOf(hash: number): number {
    const mask = this.#slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (;;) {
      const list = this.#slots[slot] as number
      if (list === 0 || this.#hashes[list - 1] === hash) return slot
      slot = (slot + 1) & mask
    }
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    for (let list = 0; list < this.#lists; list++) this.#slots[this.#slotOf(this.#hashes[list] as number)] = list + 1
  }
}
