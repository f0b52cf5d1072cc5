const words = [0, 1, 2, 3, 4, 7, 8, 16, 24, 255, 256, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff]

/** An object file with a few of its bytes changed, most often where its structure is. */
export function mutated(file: Uint8Array, next: () => number): Uint8Array {
  const bytes = Uint8Array.from(file)
  const view = new DataView(bytes.buffer)
  const little = bytes[5] !== 2
  const tableAt = Number(view.getBigUint64(40, little))
  const count = view.getUint16(60, little)
  for (let times = 1 + (next() % 3); times > 0; times--) {
    let at = next() % bytes.length
    const section = tableAt + (next() % count) * 64
    switch (next() % 5) {
      case 0:
        at = section + (next() % 64)
        break
      case 1:
        at = next() % 64
        break
      case 2: {
        // Somewhere in one section, or at its start.
        const [start, size] = [
          Number(view.getBigUint64(section + 24, little)),
          Number(view.getBigUint64(section + 32, little)),
        ]
        if (size > 0) at = start + (next() % Math.min(size, next() % 3 === 0 ? 32 : size))
        break
      }
      default:
    }
    if (at >= bytes.length) continue
    if (next() % 2 === 0 && at + 4 <= bytes.length) {
      view.setUint32(at & ~3, words[next() % words.length] as number, little)
    } else if (next() % 3 === 0) {
      bytes[at] = next() & 0xff
    } else {
      bytes[at] = (bytes[at] as number) ^ (1 << (next() % 8))
    }
  }
  return next() % 20 === 0 ? bytes.subarray(0, next() % bytes.length) : bytes
}

/** Raw BTF with a few of its words changed: in its header, its types or its strings. */
export function mutatedBtf(blob: Uint8Array, next: () => number): Uint8Array {
  const bytes = Uint8Array.from(blob)
  const view = new DataView(bytes.buffer)
  for (let times = 1 + (next() % 4); times > 0; times--) {
    const at = (next() % 4 === 0 ? next() % 24 : next() % bytes.length) & ~3
    if (at + 4 > bytes.length) continue
    switch (next() % 4) {
      case 0:
        view.setUint32(at, words[next() % words.length] as number, true)
        break
      case 1:
        // Another type's id, or another kind.
        view.setUint32(at, next() % 64, true)
        break
      case 2:
        bytes[at + 3] = next() % 24
        break
      default:
        bytes[at + (next() % 4)] = next() & 0xff
    }
  }
  return next() % 20 === 0 ? bytes.subarray(0, next() % bytes.length) : bytes
}
