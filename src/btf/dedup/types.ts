/** Types while they are deduplicated: their words change in place. Ids below `startId` are the base's and stay. */
export interface Types {
  words: Uint32Array
  /** By id; [0] leads to zeros, which is how void reads. */
  offsets: Uint32Array
  count: number
  startId: number
}

/** BTF_MAX_NR_TYPES: ids of the map that are above it aren't ids. */
export const MAX_ID = 0x7fffffff
export const UNPROCESSED = 0xffffffff
export const IN_PROGRESS = 0xfffffffe

/** Which type stands for each (btf_dedup's map). */
export class CanonicalMap {
  readonly of: Uint32Array

  constructor(count: number) {
    this.of = new Uint32Array(count).fill(UNPROCESSED)
    this.of[0] = 0
  }

  isMapped(id: number): boolean {
    return (this.of[id] as number) <= MAX_ID
  }

  /** resolve_type_id: follows the map to its end. Damaged types can make a circle of it, which is left after one round. */
  resolve(id: number): number {
    const of = this.of
    for (let steps = of.length; steps > 0; steps--) {
      const next = of[id] as number
      if (next > MAX_ID || next === id) return id
      id = next
    }
    return id
  }
}

/** Gets the lines of libbpf's debugging output. */
export type Trace = (line: string) => void
