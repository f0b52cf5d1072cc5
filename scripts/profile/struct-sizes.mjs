/** Sizes of structs in BTF by name, of those that it has. */
export function structSizes(bytes, names) {
  const word = (at) => bytes.readUInt32LE(at)
  const types = word(4) + word(8)
  const strings = word(4) + word(16)
  const text = (at) => bytes.toString('latin1', strings + at, bytes.indexOf(0, strings + at))
  const wanted = new Set(names)
  const found = {}
  const extra = { 1: () => 4, 3: () => 12, 4: (n) => n * 12, 5: (n) => n * 12, 6: (n) => n * 8, 13: (n) => n * 8 }
  Object.assign(extra, { 14: () => 4, 15: (n) => n * 12, 17: () => 4, 19: (n) => n * 12 })
  for (let at = types; at < types + word(12);) {
    const kind = (word(at + 4) >>> 24) & 0x1f
    if (kind === 4 && wanted.has(text(word(at)))) found[text(word(at))] ??= word(at + 8)
    at += 12 + (extra[kind]?.(word(at + 4) & 0xffff) ?? 0)
  }
  return Object.fromEntries(names.filter((name) => name in found).map((name) => [name, found[name]]))
}
