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
export function sortTypes(flat: FlatBtf, last: boolean, wanted: (id: number) => boolean): Uint32Array {
  const { words, offsets, strings } = flat
  const count = offsets.length
  const ids = new Uint32Array(count)
  const ranks = new Uint8Array(count)
  const sortNames = new Uint32Array(count)
  const seen = new Uint8Array(strings.length + 1)
  const names = new Uint32Array(count * 2)
  let nameCount = 0
  let n = 0
  for (let id = 0; id < count; id++) {
    const at = offsets[id] as number
    const rank = rankOf(flat, id)
    if ((rank === MAX_RANK) !== last || !wanted(id)) continue
    ids[n++] = id
    ranks[id] = rank
    const sortName = sortNameOf(flat, id)
    sortNames[id] = sortName
    if (seen[sortName] === 0) {
      seen[sortName] = 1
      names[nameCount++] = sortName
    }
    const name = words[at] as number
    if (seen[name] === 0) {
      seen[name] = 1
      names[nameCount++] = name
    }
  }
  const order = nameOrder(strings, names.subarray(0, nameCount))
  const keys = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const id = ids[i] as number
    keys[i] = ((ranks[id] as number) * nameCount + (order[sortNames[id] as number] as number)) * count + id
  }
  keys.sort()
  const sorted = new Uint32Array(n)
  for (let i = 0; i < n; i++) sorted[i] = (keys[i] as number) % count
  sortTies(flat, keys, sorted, order)
  return sorted
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

/** Orders what has rank and name in common by its own name, then by hash, then by id. */
function sortTies(flat: FlatBtf, keys: Float64Array, sorted: Uint32Array, order: Uint32Array): void {
  const { words, offsets } = flat
  const count = offsets.length
  const hash = new TypeHash(flat)
  const byHash = (a: number, b: number) => hash.compare(a, b) || a - b
  const own = (id: number) => order[words[offsets[id] as number] as number] as number
  const group = (i: number) => Math.floor((keys[i] as number) / count)
  for (let from = 0; from < sorted.length;) {
    let to = from + 1
    const key = group(from)
    while (to < sorted.length && group(to) === key) to++
    if (to - from > 1) {
      const part = new Float64Array(to - from)
      for (let i = from; i < to; i++) part[i - from] = own(sorted[i] as number) * count + (sorted[i] as number)
      part.sort()
      for (let i = 0; i < part.length;) {
        const name = Math.floor((part[i] as number) / count)
        let j = i
        for (; j < part.length && Math.floor((part[j] as number) / count) === name; j++) {
          sorted[from + j] = (part[j] as number) % count
        }
        if (j - i > 1) sorted.subarray(from + i, from + j).sort(byHash)
        i = j
      }
    }
    from = to
  }
}
