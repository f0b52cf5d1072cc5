/** Deterministic damage to an object file: what the bad-file cases are made of, here and when they are recorded. */

/** xorshift32. */
export function random(seed: number): (below: number) => number {
  let state = seed | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const values = [0, 1, 2, 4, 7, 8, 16, 24, 64, 0xff, 0x100, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]
/** Offsets in Elf64_Shdr: name, type, flags, offset, size, link, info, entsize. */
const headerFields = [0, 4, 8, 24, 32, 40, 44, 56]

/** One to three kinds of damage: cut short, a byte of the header, a field of a section's header, a word of its bytes. */
export function damage(object: Uint8Array, seed: number): Uint8Array {
  const below = random(seed * 2654435761)
  below(2)
  let bytes = new Uint8Array(object)
  const view = new DataView(bytes.buffer)
  const little = bytes[5] === 1
  const shoff = Number(view.getBigUint64(40, little))
  const shnum = view.getUint16(60, little)
  for (let times = [1, 1, 1, 2, 3][below(5)] ?? 1; times > 0; times--) {
    const kind = below(100)
    if (kind < 8) {
      bytes = bytes.slice(0, below(bytes.length))
      break
    }
    const section = shoff + 64 * below(shnum)
    if (kind < 16) {
      bytes[below(64)] = below(256)
    } else if (kind < 45) {
      const value = below(3) === 0 ? below(bytes.length) : (values[below(values.length)] ?? 0)
      view.setUint32(section + (headerFields[below(headerFields.length)] ?? 0), value, little)
    } else {
      const offset = Number(view.getBigUint64(section + 24, little))
      const size = Number(view.getBigUint64(section + 32, little))
      if (size < 4 || offset + size > bytes.length) continue
      const at = offset + below(size - 3)
      if (below(2) === 0) bytes[at] = below(256)
      else view.setUint32(at - (at % 4), values[below(values.length)] ?? 0, little)
    }
  }
  return bytes
}
