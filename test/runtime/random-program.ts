import { random } from '../random.ts'

/**
 * Random programs that the verifier accepts: XDP programs that fill r0 and r2 to r9 from the packet, compute with them,
 * with immediates, with the stack and with atomics, jump ahead, and write all registers back to the packet.
 */

export interface RandomProgram {
  insns: Uint8Array
  packet: Uint8Array
}

const REGS = [0, 2, 3, 4, 5, 6, 7, 8, 9]
const WORDS = REGS.length
/** Bytes of stack that programs play with: from r10-80 up to r10-16. */
const STACK_FROM = -80
const STACK_BYTES = 64

const interesting = [0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000]
const edges = [...interesting, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0xffffff80, 0xffff8000, 0x55555555]

class Generator {
  readonly #next: () => number
  readonly #slots: number[][] = []

  constructor(seed: number) {
    this.#next = random(seed)
  }

  #below(n: number): number {
    return this.#next() % n
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T
  }

  /** A 32-bit word, often one at an edge. */
  #word(): number {
    return this.#below(3) === 0 ? this.#next() : this.#pick(edges)
  }

  #emit(code: number, dst: number, src: number, off: number, imm: number): void {
    this.#slots.push([code, dst | (src << 4), off, imm])
  }

  make(): RandomProgram {
    const packet = new Uint8Array(WORDS * 8)
    const view = new DataView(packet.buffer)
    for (let at = 0; at < packet.length; at += 4) view.setUint32(at, this.#word(), true)
    this.#prologue()
    const count = 6 + this.#below(34)
    for (let i = 0; i < count; i++) this.#step(count - i)
    // Where the last jumps lead.
    for (let i = 0; i < 6; i++) this.#emit(0xbf, 2, 2, 0, 0)
    this.#epilogue()
    const insns = new Uint8Array(this.#slots.length * 8)
    const out = new DataView(insns.buffer)
    this.#slots.forEach(([code = 0, regs = 0, off = 0, imm = 0], i) => {
      out.setUint8(i * 8, code)
      out.setUint8(i * 8 + 1, regs)
      out.setInt16(i * 8 + 2, off, true)
      out.setInt32(i * 8 + 4, imm, true)
    })
    return { insns, packet }
  }

  #prologue(): void {
    this.#emit(0x61, 7, 1, 0, 0) // r7 = data
    this.#emit(0x61, 8, 1, 4, 0) // r8 = data_end
    this.#emit(0x7b, 10, 7, -8, 0)
    this.#emit(0xbf, 1, 7, 0, 0)
    this.#emit(0x07, 1, 0, 0, WORDS * 8)
    this.#emit(0xb7, 0, 0, 0, 0)
    this.#emit(0xbd, 1, 8, 1, 0) // if r1 <= r8 goto +1
    this.#emit(0x95, 0, 0, 0, 0)
    this.#emit(0xbf, 1, 7, 0, 0)
    REGS.forEach((reg, i) => {
      this.#emit(0x79, reg, 1, i * 8, 0)
    })
    for (let off = STACK_FROM; off < STACK_FROM + STACK_BYTES; off += 8) {
      if (this.#below(2)) this.#emit(0x7a, 10, 0, off, this.#word())
      else this.#emit(0x7b, 10, this.#pick(REGS), off, 0)
    }
    this.#emit(0xb7, 1, 0, 0, 0)
  }

  #epilogue(): void {
    this.#emit(0x79, 1, 10, -8, 0)
    REGS.forEach((reg, i) => {
      this.#emit(0x7b, 1, reg, i * 8, 0)
    })
    this.#emit(0x95, 0, 0, 0, 0)
  }

  #step(left: number): void {
    const kind = this.#below(20)
    if (kind < 11) this.#alu()
    else if (kind < 13) this.#jump(left)
    else if (kind < 16) this.#memory()
    else if (kind < 18) this.#atomic()
    else this.#constant()
  }

  #alu(): void {
    const wide = this.#below(2) === 0
    const cls = wide ? 7 : 4
    const dst = this.#pick(REGS)
    const src = this.#pick(REGS)
    const op = this.#pick([0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80, 0x90, 0xa0, 0xb0, 0xc0, 0xd0])
    if (op === 0x80) {
      this.#emit(op | cls, dst, 0, 0, 0)
    } else if (op === 0xd0) {
      this.#emit(wide ? 0xd7 : this.#pick([0xd4, 0xdc]), dst, 0, 0, this.#pick([16, 32, 64]))
    } else {
      const byRegister = this.#below(2) === 0
      let off = 0
      if (op === 0x30 || op === 0x90) off = this.#below(2)
      if (op === 0xb0 && byRegister) off = this.#pick(wide ? [0, 8, 16, 32] : [0, 8, 16])
      let imm = this.#word()
      if (op === 0x60 || op === 0x70 || op === 0xc0) imm = this.#below(wide ? 64 : 32)
      if ((op === 0x30 || op === 0x90) && (imm | 0) === 0) imm = 5
      this.#emit(op | cls | (byRegister ? 8 : 0), dst, byRegister ? src : 0, off, byRegister ? 0 : imm)
    }
  }

  #jump(left: number): void {
    const op = this.#pick([0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0])
    const byRegister = this.#below(2) === 0
    const cls = this.#pick([5, 6])
    const off = 1 + this.#below(Math.min(left + 5, 6))
    // Never into the middle of a two-slot load: those are only emitted where a jump can't end. See #constant.
    this.#emit(
      op | cls | (byRegister ? 8 : 0),
      this.#pick(REGS),
      byRegister ? this.#pick(REGS) : 0,
      off,
      byRegister ? 0 : this.#word(),
    )
    for (let i = 0; i < off; i++) this.#alu()
  }

  #slot(size: number): number {
    return STACK_FROM + this.#below(STACK_BYTES / size) * size
  }

  #memory(): void {
    const [bits, size] = this.#pick([
      [0x00, 4],
      [0x08, 2],
      [0x10, 1],
      [0x18, 8],
    ] as const)
    const off = this.#slot(size)
    switch (this.#below(4)) {
      case 0:
        this.#emit(0x62 | bits, 10, 0, off, this.#word())
        return
      case 1:
        this.#emit(0x63 | bits, 10, this.#pick(REGS), off, 0)
        return
      case 2:
        this.#emit(0x61 | bits, this.#pick(REGS), 10, off, 0)
        return
      default:
        if (size === 8) this.#emit(0x79, this.#pick(REGS), 10, off, 0)
        else this.#emit(0x81 | bits, this.#pick(REGS), 10, off, 0)
    }
  }

  #atomic(): void {
    const [bits, size] = this.#pick([
      [0x00, 4],
      [0x18, 8],
    ] as const)
    const op = this.#pick([0x00, 0x01, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1, 0x100, 0x110])
    if (op >= 0x100) {
      const [narrowBits, narrowSize] = this.#pick([
        [0x00, 4],
        [0x08, 2],
        [0x10, 1],
        [0x18, 8],
      ] as const)
      const off = this.#slot(narrowSize)
      const reg = this.#pick(REGS)
      if (op === 0x100) this.#emit(0xc3 | narrowBits, reg, 10, off, op)
      else this.#emit(0xc3 | narrowBits, 10, reg, off, op)
      return
    }
    this.#emit(0xc3 | bits, 10, this.#pick(REGS), this.#slot(size), op)
  }

  #constant(): void {
    this.#emit(0x18, this.#pick(REGS), 0, 0, this.#word())
    this.#emit(0x00, 0, 0, 0, this.#word())
  }
}

export function randomProgram(seed: number): RandomProgram {
  return new Generator(seed).make()
}
