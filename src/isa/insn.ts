/**
 * Instructions as bytes: a program is a Uint8Array of 8-byte slots in the kernel's own layout (struct bpf_insn,
 * little-endian: opcode, dst and src nibbles, s16 off, s32 imm). `Insns` reads and writes its fields in place, without
 * an object per instruction.
 */

/** Bytes of one instruction slot. */
export const INSN_SIZE = 8

export class Insns {
  readonly bytes: Uint8Array

  /** @param bytes whole slots; a trailing part of a slot is not seen. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** Number of slots; an `ld_imm64` has two. */
  get length(): number {
    return this.bytes.length >>> 3
  }

  code(i: number): number {
    return this.bytes[i * INSN_SIZE] as number
  }

  setCode(i: number, code: number): void {
    this.bytes[i * INSN_SIZE] = code
  }

  dst(i: number): number {
    return (this.bytes[i * INSN_SIZE + 1] as number) & 15
  }

  src(i: number): number {
    return (this.bytes[i * INSN_SIZE + 1] as number) >>> 4
  }

  setRegs(i: number, dst: number, src: number): void {
    this.bytes[i * INSN_SIZE + 1] = (src << 4) | dst
  }

  off(i: number): number {
    const at = i * INSN_SIZE + 2
    return ((this.#byte(at) | (this.#byte(at + 1) << 8)) << 16) >> 16
  }

  setOff(i: number, off: number): void {
    const at = i * INSN_SIZE + 2
    this.bytes[at] = off
    this.bytes[at + 1] = off >> 8
  }

  imm(i: number): number {
    const at = i * INSN_SIZE + 4
    return this.#byte(at) | (this.#byte(at + 1) << 8) | (this.#byte(at + 2) << 16) | (this.#byte(at + 3) << 24)
  }

  setImm(i: number, imm: number): void {
    const at = i * INSN_SIZE + 4
    for (let byte = 0; byte < 4; byte++) this.bytes[at + byte] = imm >> (8 * byte)
  }

  /** Writes a whole slot. */
  set(i: number, code: number, dst: number, src: number, off: number, imm: number): void {
    this.setCode(i, code)
    this.setRegs(i, dst, src)
    this.setOff(i, off)
    this.setImm(i, imm)
  }

  #byte(at: number): number {
    return this.bytes[at] as number
  }
}
