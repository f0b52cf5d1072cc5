/**
 * The place of names among all of them by strcmp: order[offset] for each of `offsets`, equal strings alike. Sorts by
 * four bytes at a time with the engine's own sort of numbers, which is much faster than comparing strings.
 */
export function nameOrder(strings: Uint8Array, offsets: readonly number[] | Uint32Array): Uint32Array {
  const order = new Uint32Array(strings.length + 1)
  const sorted = Uint32Array.from(offsets)
  sortFrom(strings, sorted, 0, sorted.length, 0)
  let place = 0
  for (let i = 0; i < sorted.length; i++) {
    if (i > 0 && compare(strings, sorted[i - 1] as number, sorted[i] as number) !== 0) place++
    order[sorted[i] as number] = place
  }
  return order
}

/** Names in [from, to) are alike in their first `depth` bytes. */
function sortFrom(strings: Uint8Array, names: Uint32Array, from: number, to: number, depth: number): void {
  const count = to - from
  if (count < 12) {
    insertionSort(strings, names, from, to, depth)
    return
  }
  const keys = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const at = (names[from + i] as number) + depth
    let key = 0
    for (let b = 0, ended = false; b < 4; b++) {
      const c = ended ? 0 : (strings[at + b] ?? 0)
      if (c === 0) ended = true
      key = key * 256 + c
    }
    keys[i] = key * 0x200000 + i
  }
  keys.sort()
  const before = names.slice(from, to)
  let start = 0
  let last = -1
  for (let i = 0; i <= count; i++) {
    const key = i < count ? Math.floor((keys[i] as number) / 0x200000) : -1
    if (i < count) names[from + i] = before[(keys[i] as number) % 0x200000] as number
    if (key === last) continue
    // A last byte of zero ends the names: they are equal.
    if (i - start > 1 && last % 256 !== 0) sortFrom(strings, names, from + start, from + i, depth + 4)
    start = i
    last = key
  }
}

function insertionSort(strings: Uint8Array, names: Uint32Array, from: number, to: number, depth: number): void {
  for (let i = from + 1; i < to; i++) {
    const name = names[i] as number
    let j = i
    for (; j > from && compare(strings, (names[j - 1] as number) + depth, name + depth) > 0; j--) {
      names[j] = names[j - 1] as number
    }
    names[j] = name
  }
}

function compare(strings: Uint8Array, a: number, b: number): number {
  if (a === b) return 0
  for (let i = 0; ; i++) {
    const ca = strings[a + i] ?? 0
    const cb = strings[b + i] ?? 0
    if (ca !== cb) return ca - cb
    if (ca === 0) return 0
  }
}
