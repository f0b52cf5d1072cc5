/** Instructions for the few programs that the steps of a recording need. */

export function insn(code: number, dst = 0, src = 0, off = 0, imm = 0): Uint8Array {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, code)
  view.setUint8(1, dst | (src << 4))
  view.setInt16(2, off, true)
  view.setInt32(4, imm, true)
  return bytes
}

/** ld_imm64 of a map by its descriptor. */
export function mapFd(register: number, fd: number): Uint8Array {
  return Buffer.concat([insn(0x18, register, 1, 0, fd), insn(0)])
}

/** Puts bytes on the stack and calls a helper: r1 is the map, r2 and r3 point to the bytes, then come the flags. */
export function call(fd: number, helper: number, given: readonly Uint8Array[], flags: number): Uint8Array[] {
  const code: Uint8Array[] = []
  const offsets: number[] = []
  let at = 0
  for (const data of given) {
    const room = (data.length + 7) & ~7
    const padded = new Uint8Array(room)
    padded.set(data)
    at -= room
    const view = new DataView(padded.buffer)
    for (let i = 0; i < room; i += 4) code.push(insn(0x62, 10, 0, at + i, view.getInt32(i, true)))
    offsets.push(at)
  }
  code.push(mapFd(1, fd))
  offsets.forEach((offset, i) => code.push(insn(0xbf, i + 2, 10), insn(0x07, i + 2, 0, 0, offset)))
  code.push(insn(0xb7, 2 + offsets.length, 0, 0, flags), insn(0x85, 0, 0, 0, helper))
  return code
}
