import { Kind } from '../../btf/btf.ts'
import { TypeHash } from './btf-hash.ts'
import { nameOrder } from './btf-name-order.ts'
import type { FlatBtf } from '../../btf/flat.ts'

const MAX_RANK = 10

function isReference(kind: number): boolean {
  return (
    kind === Kind.PTR ||
    (kind >= Kind.TYPEDEF && kind <= Kind.RESTRICT) ||
    kind === Kind.DECL_TAG ||
    kind === Kind.TYPE_TAG
  )
}

/**
 * sort_btf_c: type ids in the order in which bpftool dumps them as C: by rank of what they are or refer to, its name,
 * their own name, and a hash of what they are made of. In two steps, as most types come last, with nothing in them
 * that was not dumped before: first those of any rank but the last, then of that rank those that `wanted` keeps.
 */
export class TypeSorter {
  readonly #flat: FlatBtf
  readonly #hash: TypeHash

  constructor(flat: FlatBtf) {
    this.#flat = flat
    this.#hash = new TypeHash(flat)
  }

  sort(last: boolean, wanted: (id: number) => boolean): Uint32Array {
    const { words, offsets, strings } = this.#flat
    const count = offsets.length
    const ids = new Uint32Array(count)
    const ranks = new Uint8Array(count)
    let n = 0
    for (let id = 0; id < count; id++) {
      const at = offsets[id] as number
      const kind = ((words[at + 1] as number) >>> 24) & 0x7f
      // Most types have no name or are functions.
      const plain = kind === Kind.FUNC || (words[at] === 0 && !ranksUnnamed(kind))
      if (plain && !last) continue
      const rank = plain ? MAX_RANK : rankOf(this.#flat, id)
      if ((rank === MAX_RANK) !== last || !wanted(id)) continue
      ranks[n] = rank
      ids[n++] = id
    }
    // First the names of what types refer to, then their own.
    const names = new Uint32Array(n * 2)
    for (let i = 0; i < n; i++) {
      const id = ids[i] as number
      names[i] = sortNameOf(this.#flat, id)
      names[n + i] = words[offsets[id] as number] as number
    }
    const order = nameOrder(strings, names)
    const keys = new Float64Array(n)
    for (let i = 0; i < n; i++) keys[i] = ((ranks[i] as number) * n * 2 + (order[i] as number)) * n + i
    keys.sort()
    const sorted = new Uint32Array(n)
    for (let from = 0; from < n;) {
      const group = Math.floor((keys[from] as number) / n)
      let to = from + 1
      while (to < n && Math.floor((keys[to] as number) / n) === group) to++
      this.#sortTies(keys.subarray(from, to), order, ids, n, sorted.subarray(from, to))
      from = to
    }
    return sorted
  }

  /** Orders what has rank and name in common by its own name, then by hash, then by id. */
  #sortTies(keys: Float64Array, order: Uint32Array, ids: Uint32Array, n: number, sorted: Uint32Array): void {
    if (keys.length === 1) {
      sorted[0] = ids[(keys[0] as number) % n] as number
      return
    }
    for (let i = 0; i < keys.length; i++) {
      const at = (keys[i] as number) % n
      keys[i] = (order[n + at] as number) * n + at
    }
    keys.sort()
    for (let i = 0; i < keys.length;) {
      const name = Math.floor((keys[i] as number) / n)
      let j = i
      for (; j < keys.length && Math.floor((keys[j] as number) / n) === name; j++) {
        sorted[j] = ids[(keys[j] as number) % n] as number
      }
      if (j - i > 1) sorted.subarray(i, j).sort((a, b) => this.#hash.compare(a, b) || a - b)
      i = j
    }
  }
}

/** Kinds whose rank doesn't ask for a name. */
function ranksUnnamed(kind: number): boolean {
  return kind === Kind.ENUM || kind === Kind.ENUM64 || kind === Kind.INT || kind === Kind.FLOAT
}

/** btf_type_rank. */
function rankOf({ words, offsets }: FlatBtf, id: number): number {
  let named = false
  for (let steps = 0; steps <= offsets.length; steps++) {
    const at = offsets[id] as number
    const kind = ((words[at + 1] as number) >>> 24) & 0x7f
    if (words[at] !== 0) named = true
    if (kind === Kind.ENUM || kind === Kind.ENUM64) return named ? 1 : 0
    if (kind === Kind.INT || kind === Kind.FLOAT) return 2
    if (!named) return MAX_RANK
    if (kind === Kind.STRUCT || kind === Kind.UNION) return 3
    if (kind === Kind.FUNC_PROTO) return 4
    if (kind === Kind.ARRAY) id = words[at + 3] as number
    else if (isReference(kind)) id = words[at + 2] as number
    else return MAX_RANK
  }
  return MAX_RANK
}

/** btf_type_sort_name, as an offset. */
function sortNameOf({ words, offsets }: FlatBtf, first: number): number {
  let id = first
  for (let steps = 0; steps <= offsets.length; steps++) {
    const at = offsets[id] as number
    const info = words[at + 1] as number
    const kind = (info >>> 24) & 0x7f
    const nameOff = words[at] as number
    if (kind === Kind.ENUM || kind === Kind.ENUM64) {
      return id === first && nameOff === 0 && (info & 0xffffff) > 0 ? (words[at + 3] as number) : nameOff
    }
    if (kind === Kind.ARRAY) id = words[at + 3] as number
    else if (isReference(kind)) id = words[at + 2] as number
    else return nameOff
  }
  return 0
}
