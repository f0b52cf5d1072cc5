/** Bits of an opcode that say how wide a load or a store is. */
export const W = { W: 0x00, H: 0x08, B: 0x10, DW: 0x18 } as const

export const sizes = {
  w: { bits: W.W, bytes: 4 },
  h: { bits: W.H, bytes: 2 },
  b: { bits: W.B, bytes: 1 },
  dw: { bits: W.DW, bytes: 8 },
} as const

/** Writes instructions, one after the other. */
export class Assembler {
  readonly #slots: (readonly [number, number, number, number, number])[] = []

  get length(): number {
    return this.#slots.length
  }

  emit(code: number, dst: number, src: number, off: number, imm: number): void {
    this.#slots.push([code, dst, src, off, imm])
  }

  /** Gives the instruction in slot `at` another offset: where it jumps is known later. */
  setOff(at: number, off: number): void {
    const [code, dst, src, , imm] = this.#slots[at] as readonly [number, number, number, number, number]
    this.#slots[at] = [code, dst, src, off, imm]
  }

  setImm(at: number, imm: number): void {
    const [code, dst, src, off] = this.#slots[at] as readonly [number, number, number, number, number]
    this.#slots[at] = [code, dst, src, off, imm]
  }

  codeAt(slot: number): number | undefined {
    return this.#slots[slot]?.[0]
  }

  load(size: number, dst: number, src: number, off: number): void {
    this.emit(0x61 | size, dst, src, off, 0)
  }

  store(size: number, dst: number, off: number, src: number): void {
    this.emit(0x63 | size, dst, src, off, 0)
  }

  /** ld_imm64. */
  wide(dst: number, value: bigint): void {
    this.emit(0x18, dst, 0, 0, Number(BigInt.asIntN(32, value)))
    this.emit(0x00, 0, 0, 0, Number(BigInt.asIntN(32, value >> 32n)))
  }

  /** The beginning of an XDP program: r9 is the packet's address; returns 0 when it has fewer than `size` bytes. */
  packet(size: number): void {
    this.emit(0x61, 9, 1, 0, 0)
    this.emit(0x61, 2, 1, 4, 0)
    this.emit(0xbf, 3, 9, 0, 0)
    this.emit(0x07, 3, 0, 0, size)
    this.emit(0xbd, 3, 2, 2, 0)
    this.exit(0)
  }

  exit(value: number): void {
    this.emit(0xb7, 0, 0, 0, value)
    this.emit(0x95, 0, 0, 0, 0)
  }

  bytes(): Uint8Array {
    return assemble(...this.#slots)
  }
}

/** Instructions given as code, dst, src, off, imm. */
export function assemble(...slots: readonly (readonly [number, number, number, number, number])[]): Uint8Array {
  const bytes = new Uint8Array(slots.length * 8)
  const view = new DataView(bytes.buffer)
  slots.forEach(([code, dst, src, off, imm], i) => {
    view.setUint8(i * 8, code)
    view.setUint8(i * 8 + 1, dst | (src << 4))
    view.setInt16(i * 8 + 2, off, true)
    view.setInt32(i * 8 + 4, imm, true)
  })
  return bytes
}
