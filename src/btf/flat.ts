/** BTF as arrays, for loops over all of it: `words[offsets[id]]` is a type's first word, strings[off] a name's start. */
export interface FlatBtf {
  words: Uint32Array
  /** By type id; offsets[0] leads to zeros, which is how void reads. */
  offsets: Uint32Array
  strings: Uint8Array
}

/** Puts split BTF behind its base, in a copy; without a base there is nothing to do. */
export function flatten(base: FlatBtf | undefined, own: FlatBtf): FlatBtf {
  if (base === undefined) return own
  const shift = base.words.length
  const words = new Uint32Array(shift + own.words.length)
  words.set(base.words)
  words.set(own.words, shift)
  const strings = new Uint8Array(base.strings.length + own.strings.length)
  strings.set(base.strings)
  strings.set(own.strings, base.strings.length)
  const known = base.offsets.length
  const offsets = new Uint32Array(known + own.offsets.length - 1)
  offsets.set(base.offsets)
  for (let i = 1; i < own.offsets.length; i++) offsets[known + i - 1] = (own.offsets[i] as number) + shift
  return { words, offsets, strings }
}
