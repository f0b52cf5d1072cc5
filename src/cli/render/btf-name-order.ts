/**
 * The place of each name among all of them by strcmp; equal names have the same. Sorts by four bytes at a time with the
 * engine's own sort of numbers, which is much faster than comparing strings.
 * @param names offsets in `strings`.
 */
export function nameOrder(strings: Uint8Array, names: Uint32Array): Uint32Array {
  const sorted = new Uint32Array(names.length)
  for (let i = 0; i < names.length; i++) sorted[i] = i
  sortFrom(strings, names, sorted, 0, sorted.length, 0)
  const order = new Uint32Array(names.length)
  let place = 0
  for (let i = 1; i < sorted.length; i++) {
    const name = sorted[i] as number
    if (compare(strings, names[sorted[i - 1] as number] as number, names[name] as number) !== 0) place++
    order[name] = place
  }
  return order
}

/** Sorts the indices in [from, to), whose names are alike in their first `depth` bytes. */
function sortFrom(
  strings: Uint8Array,
  names: Uint32Array,
  sorted: Uint32Array,
  from: number,
  to: number,
  depth: number,
): void {
  const count = to - from
  if (count < 12) {
    insertionSort(strings, names, sorted, from, to, depth)
    return
  }
  const keys = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const at = (names[sorted[from + i] as number] as number) + depth
    const a = strings[at] ?? 0
    const b = a === 0 ? 0 : (strings[at + 1] ?? 0)
    const c = b === 0 ? 0 : (strings[at + 2] ?? 0)
    const d = c === 0 ? 0 : (strings[at + 3] ?? 0)
    keys[i] = (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) * 0x200000 + i
  }
  keys.sort()
  const before = sorted.slice(from, to)
  let start = 0
  let last = -1
  for (let i = 0; i <= count; i++) {
    const key = i < count ? Math.floor((keys[i] as number) / 0x200000) : -1
    if (i < count) sorted[from + i] = before[(keys[i] as number) % 0x200000] as number
    if (key === last) continue
    // A last byte of zero ends the names: they are equal.
    if (i - start > 1 && last % 256 !== 0) sortFrom(strings, names, sorted, from + start, from + i, depth + 4)
    start = i
    last = key
  }
}

function insertionSort(
  strings: Uint8Array,
  names: Uint32Array,
  sorted: Uint32Array,
  from: number,
  to: number,
  depth: number,
): void {
  for (let i = from + 1; i < to; i++) {
    const one = sorted[i] as number
    const name = (names[one] as number) + depth
    let j = i
    for (; j > from && compare(strings, (names[sorted[j - 1] as number] as number) + depth, name) > 0; j--) {
      sorted[j] = sorted[j - 1] as number
    }
    sorted[j] = one
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
