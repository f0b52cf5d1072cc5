import { INSN_SIZE, Insns } from '../../isa/insn.ts'
import { Alu, Class, Jmp, LD_IMM64, Mode, Size, Source } from '../../isa/opcode.ts'

/** Register of the kernel's own, which no program can name (BPF_REG_AX). */
export const AX = 11
export const FP = 10

/** Modes of loads and stores that only rewritten programs have: what may fault is caught. */
export const ProbeMode = { MEM: 0x20, MEMSX: 0x40, MEM32: 0xa0, MEM32SX: 0xc0, ATOMIC: 0xe0 } as const

/** Instead of a call of bpf_tail_call: no call, an opcode of its own. */
export const TAIL_CALL = Class.JMP | 0xf0

/** An opcode that only rewritten programs have (BPF_ST | BPF_NOSPEC). */
const NOSPEC = Class.ST | Mode.ATOMIC

/** off of a move that adds the base of the CPU's own data (BPF_ADDR_PERCPU). */
const ADDR_PERCPU = -1

/** The opcode's size bits of an access of 1, 2, 4 or 8 bytes. */
export function sizeBits(bytes: number): number {
  return bytes === 1 ? Size.B : bytes === 2 ? Size.H : bytes === 4 ? Size.W : Size.DW
}

/** Instructions that are being written, one behind the other. */
export class Code {
  #insns = new Insns(new Uint8Array(64 * INSN_SIZE))
  length = 0

  /** @param room slots that are expected. */
  constructor(room = 64) {
    this.#insns = new Insns(new Uint8Array(room * INSN_SIZE))
  }

  get insns(): Insns {
    return this.#insns
  }

  /** What was written so far. */
  bytes(): Uint8Array {
    return this.#insns.bytes.slice(0, this.length * INSN_SIZE)
  }

  raw(code: number, dst: number, src: number, off: number, imm: number): void {
    if (this.length === this.#insns.length) {
      const more = new Uint8Array(this.#insns.bytes.length * 2)
      more.set(this.#insns.bytes)
      this.#insns = new Insns(more)
    }
    this.#insns.set(this.length++, code, dst, src, off, imm)
  }

  mov(dst: number, src: number): void {
    this.alu(Alu.MOV, dst, src)
  }

  movImm(dst: number, imm: number): void {
    this.aluImm(Alu.MOV, dst, imm)
  }

  mov32(dst: number, src: number): void {
    this.raw(Class.ALU | Alu.MOV | Source.X, dst, src, 0, 0)
  }

  mov32Imm(dst: number, imm: number): void {
    this.alu32Imm(Alu.MOV, dst, imm)
  }

  /** dst = this CPU's data at src. */
  movPercpu(dst: number, src: number): void {
    this.raw(Class.ALU64 | Alu.MOV | Source.X, dst, src, ADDR_PERCPU, 0)
  }

  alu(op: number, dst: number, src: number): void {
    this.raw(Class.ALU64 | op | Source.X, dst, src, 0, 0)
  }

  aluImm(op: number, dst: number, imm: number): void {
    this.raw(Class.ALU64 | op | Source.K, dst, 0, 0, imm)
  }

  alu32(op: number, dst: number, src: number): void {
    this.raw(Class.ALU | op | Source.X, dst, src, 0, 0)
  }

  alu32Imm(op: number, dst: number, imm: number): void {
    this.raw(Class.ALU | op | Source.K, dst, 0, 0, imm)
  }

  /** @param size bits of the opcode, as in all that follow. */
  load(size: number, dst: number, src: number, off: number): void {
    this.raw(Class.LDX | Mode.MEM | size, dst, src, off, 0)
  }

  store(size: number, dst: number, src: number, off: number): void {
    this.raw(Class.STX | Mode.MEM | size, dst, src, off, 0)
  }

  storeImm(size: number, dst: number, off: number, imm: number): void {
    this.raw(Class.ST | Mode.MEM | size, dst, 0, off, imm)
  }

  jumpImm(op: number, dst: number, imm: number, off: number): void {
    this.raw(Class.JMP | op | Source.K, dst, 0, off, imm)
  }

  jump(op: number, dst: number, src: number, off: number): void {
    this.raw(Class.JMP | op | Source.X, dst, src, off, 0)
  }

  jump32Imm(op: number, dst: number, imm: number, off: number): void {
    this.raw(Class.JMP32 | op | Source.K, dst, 0, off, imm)
  }

  jump32(op: number, dst: number, src: number, off: number): void {
    this.raw(Class.JMP32 | op | Source.X, dst, src, off, 0)
  }

  /** BPF_ST_NOSPEC: nothing that follows runs before what precedes is known. */
  nospec(): void {
    this.raw(NOSPEC, 0, 0, 0, 0)
  }

  ja(off: number): void {
    this.jumpImm(Jmp.JA, 0, 0, off)
  }

  exit(): void {
    this.jumpImm(Jmp.EXIT, 0, 0, 0)
  }

  /** @param distance of a kernel function from __bpf_call_base. */
  call(distance: number): void {
    this.jumpImm(Jmp.CALL, 0, distance, 0)
  }

  /** A 64-bit constant, in two slots. */
  imm64(dst: number, value: bigint): void {
    this.raw(LD_IMM64, dst, 0, 0, Number(BigInt.asIntN(32, value)))
    this.raw(0, 0, 0, 0, Number(BigInt.asIntN(32, value >> 32n)))
  }
}
