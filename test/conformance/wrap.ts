/** Slots as code, dst, src, off, imm. */
type Slot = readonly [code: number, dst: number, src: number, off: number, imm: number]

const ETH_HLEN = 14

/** What a test's memory is as a packet: XDP takes none that is shorter than an Ethernet header. */
export function packetOf(memory: Uint8Array): Uint8Array {
  const packet = new Uint8Array(Math.max(memory.length, ETH_HLEN))
  packet.set(memory)
  return packet
}

/**
 * Makes a test an XDP program: a function that is called with its memory's address in r1 and length in r2, and whose
 * 64 bits of r0 are put where the packet begins. Linux takes it in this form too.
 */
export function wrap(insns: Uint8Array, memory: Uint8Array): Uint8Array {
  const head: Slot[] = [
    [0xbf, 6, 1, 0, 0],
    [0x61, 1, 6, 0, 0], // r1 = data
    [0x61, 2, 6, 4, 0], // r2 = data_end
    [0xbf, 3, 1, 0, 0],
    [0x07, 3, 0, 0, packetOf(memory).length],
    [0x2d, 3, 2, 10, 0],
    [0xb7, 2, 0, 0, memory.length],
    [0x85, 0, 1, 0, 10],
    [0x61, 1, 6, 0, 0],
    [0x61, 2, 6, 4, 0],
    [0xbf, 3, 1, 0, 0],
    [0x07, 3, 0, 0, 8],
    [0x2d, 3, 2, 3, 0],
    [0x7b, 1, 0, 0, 0],
    [0xb7, 0, 0, 0, 1],
    [0x95, 0, 0, 0, 0],
    [0xb7, 0, 0, 0, 0],
    [0x95, 0, 0, 0, 0],
  ]
  const bytes = new Uint8Array(head.length * 8 + insns.length)
  const view = new DataView(bytes.buffer)
  head.forEach(([code, dst, src, off, imm], i) => {
    view.setUint8(i * 8, code)
    view.setUint8(i * 8 + 1, dst | (src << 4))
    view.setInt16(i * 8 + 2, off, true)
    view.setInt32(i * 8 + 4, imm, true)
  })
  bytes.set(insns, head.length * 8)
  return bytes
}
