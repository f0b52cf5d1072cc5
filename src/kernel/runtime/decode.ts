import { Insns } from '../../isa/insn.ts'
import { Alu, Class, Jmp, LD_IMM64, Mode, Source } from '../../isa/opcode.ts'
import { BpfFunc } from '../../uapi/helper-names.ts'
import { PseudoCall, PseudoLdImm64 } from '../../uapi/flags.ts'
import { kfuncNumber } from '../kfuncs/numbers.ts'
import { FUNC_HI, MAP_HI, MEM_HI } from '../helpers/impl/address.ts'

/**
 * A program as the interpreter runs it. Each instruction is four words: operation and destination, source, offset or
 * target, immediate. Registers are indices of words (r1 is 2), targets are indices into `insns`. An immediate is a
 * register that never changes: every operation has one form, register and register.
 */
export interface Code {
  readonly insns: Int32Array
  /** r0 to r10, a spare pair, then the constants. */
  readonly regs: Int32Array
  /** Instruction slots of the program; what follows are gates. */
  readonly slots: number
  /** Slots that load the address of a map's value: their constant is filled in when a run starts. */
  readonly mapValues: readonly { constant: number; mapId: number; off: number }[]
  /** Ids of maps that the program names. */
  readonly mapIds: readonly number[]
  /** Slots of functions whose address the program takes, and of what is called for an exception. */
  readonly functions: readonly number[]
  /** Whether the program may throw, and the slot of the function that's called then; -1 for none. */
  readonly throws: boolean
  readonly exceptionCallback: number
}

/** BPF_ADDR_SPACE_CAST, between an arena's address space (1) and the kernel's. */
const ADDR_SPACE_CAST = 1
const CAST_TO_KERNEL = 1
const CAST_TO_USER = 1 << 16

/** Words of one decoded instruction. */
export const STRIDE = 4

/** Operations that have no opcode byte of their own. Opcode bytes stand for themselves. */
export const Op = {
  SDIV32: 0x100,
  SMOD32: 0x101,
  SDIV64: 0x102,
  SMOD64: 0x103,
  MOVSX8_32: 0x104,
  MOVSX16_32: 0x105,
  MOVSX8_64: 0x106,
  MOVSX16_64: 0x107,
  MOVSX32_64: 0x108,
  LE16: 0x109,
  LE32: 0x10a,
  LE64: 0x10b,
  BE16: 0x10c,
  BE32: 0x10d,
  BE64: 0x10e,
  CALL_HELPER: 0x10f,
  CALL_SUB: 0x110,
  CALL_KFUNC: 0x111,
  TAIL_CALL: 0x112,
  MAY_GOTO: 0x113,
  GATE: 0x114,
  BAD: 0x115,
  LD_ABS: 0x116,
  LD_IND: 0x117,
  ATOMIC: 0x118,
  NOP: 0x119,
  CAST_USER: 0x11a,
} as const

/** Index of the spare register pair, which has no number in the instruction set. */
export const FIRST_CONSTANT = 24

/** Decodes a program in the `run` form of kernel/load. What makes no sense becomes an operation that fails when reached. */
export function decode(bytes: Uint8Array): Code {
  return new Decoder(new Insns(bytes)).decode()
}

class Decoder {
  readonly #insns: Insns
  readonly #out: number[] = []
  readonly #gates: number[] = []
  readonly #constants: number[] = []
  readonly #constantIndex = new Map<string, number>()
  readonly #mapValues: { constant: number; mapId: number; off: number }[] = []
  readonly #mapIds = new Set<number>()
  readonly #functions = new Set<number>()
  #throws = false
  #exceptionCallback = -1

  constructor(insns: Insns) {
    this.#insns = insns
  }

  decode(): Code {
    const { length } = this.#insns
    for (let i = 0; i < length; i++) {
      this.#one(i)
      if (this.#insns.code(i) === LD_IMM64 && i + 1 < length) {
        i++
        this.#emit(Op.BAD, 0, 0, 0, 0)
      }
    }
    this.#emit(Op.BAD, 0, 0, 0, 0)
    // A jump back goes through a gate, which counts: so no loop runs for ever, and jumps ahead cost nothing.
    for (const target of this.#gates) this.#emit(Op.GATE, 0, 0, target * STRIDE, 0)
    const regs = new Int32Array(FIRST_CONSTANT + this.#constants.length)
    regs.set(this.#constants, FIRST_CONSTANT)
    return {
      insns: Int32Array.from(this.#out),
      regs,
      slots: length,
      mapValues: this.#mapValues,
      mapIds: [...this.#mapIds],
      functions: [...this.#functions],
      throws: this.#throws,
      exceptionCallback: this.#exceptionCallback,
    }
  }

  #emit(op: number, dst: number, src: number, off: number, imm: number): void {
    this.#out.push(op | (dst << 16), src, off, imm)
  }

  #constant(lo: number, hi: number): number {
    const key = `${lo} ${hi}`
    let index = this.#constantIndex.get(key)
    if (index === undefined) {
      index = FIRST_CONSTANT + this.#constants.length
      this.#constants.push(lo, hi)
      this.#constantIndex.set(key, index)
    }
    return index
  }

  /** Where a jump from slot `i` over `off` slots leads. */
  #target(i: number, off: number): number {
    const { length } = this.#insns
    const target = i + 1 + off
    if (target < 0 || target >= length) return length * STRIDE
    if (target > i) return target * STRIDE
    this.#gates.push(target)
    return (length + this.#gates.length) * STRIDE
  }

  #one(i: number): void {
    const insns = this.#insns
    const code = insns.code(i)
    const dst = insns.dst(i) * 2
    const src = insns.src(i) * 2
    if (dst > 20 || src > 20) {
      this.#emit(Op.BAD, 0, 0, 0, 0)
      return
    }
    const off = insns.off(i)
    const imm = insns.imm(i)
    const constant = () => this.#constant(imm, imm >> 31)
    switch (code & 7) {
      case Class.ALU:
      case Class.ALU64:
        this.#alu(code, dst, (code & 8) === Source.X ? src : constant(), off, imm)
        return
      case Class.JMP:
      case Class.JMP32:
        this.#jump(i, code, dst, src, off, imm)
        return
      case Class.LD:
        this.#load(i, code, dst, src, imm)
        return
      case Class.LDX:
        this.#emit((code & 0xe0) === Mode.MEM || (code & 0xe0) === Mode.MEMSX ? code : Op.BAD, dst, src, off, 0)
        return
      case Class.ST:
        // As STX of a constant.
        this.#emit((code & 0xe0) === Mode.MEM ? code | 1 : Op.BAD, dst, constant(), off, 0)
        return
      default:
        if ((code & 0xe0) === Mode.MEM) this.#emit(code, dst, src, off, 0)
        else if ((code & 0xe0) === Mode.ATOMIC) this.#emit(Op.ATOMIC, dst, src, off, imm | ((code & 0x18) << 16))
        else this.#emit(Op.BAD, 0, 0, 0, 0)
    }
  }

  #alu(code: number, dst: number, src: number, off: number, imm: number): void {
    const wide = (code & 7) === Class.ALU64
    const op = code & 0xf0
    // The form with a register, whatever the second operand is.
    let run = code | Source.X
    if (op === Alu.END) run = wide ? swap(imm) : endian(code, imm)
    else if (op === Alu.NEG) run = code & ~Source.X
    else if (op > Alu.END) run = Op.BAD
    else if (off !== 0) run = this.#aluWithOffset(op, wide, off, imm)
    this.#emit(run, dst, src, 0, 0)
  }

  #aluWithOffset(op: number, wide: boolean, off: number, imm: number): number {
    if (op === Alu.DIV && off === 1) return wide ? Op.SDIV64 : Op.SDIV32
    if (op === Alu.MOD && off === 1) return wide ? Op.SMOD64 : Op.SMOD32
    if (op === Alu.MOV && off === 8) return wide ? Op.MOVSX8_64 : Op.MOVSX8_32
    if (op === Alu.MOV && off === 16) return wide ? Op.MOVSX16_64 : Op.MOVSX16_32
    if (op === Alu.MOV && off === 32 && wide) return Op.MOVSX32_64
    if (op === Alu.MOV && off === ADDR_SPACE_CAST && wide) {
      if (imm === CAST_TO_USER) return Op.CAST_USER
      // Cast for the kernel: the low word is what counts.
      if (imm === CAST_TO_KERNEL) return Class.ALU | Alu.MOV | Source.X
    }
    return Op.BAD
  }

  #jump(i: number, code: number, dst: number, src: number, off: number, imm: number): void {
    const narrow = (code & 7) === Class.JMP32
    switch (code & 0xf0) {
      case Jmp.JA:
        this.#emit(code & Source.X ? Op.BAD : 0x05, 0, 0, this.#target(i, narrow ? imm : off), 0)
        return
      case Jmp.CALL:
        if (narrow || code & Source.X) this.#emit(Op.BAD, 0, 0, 0, 0)
        else if (src === PseudoCall.CALL * 2) this.#emit(Op.CALL_SUB, 0, 0, this.#callee(i, imm), 0)
        else if (src === PseudoCall.HELPER * 2) this.#helper(imm)
        else this.#kfunc(i, dst, off, imm)
        return
      case Jmp.EXIT:
        this.#emit(narrow ? Op.BAD : 0x95, 0, 0, 0, 0)
        return
      case Jmp.JCOND:
        this.#emit(src === 0 && !narrow ? Op.MAY_GOTO : Op.BAD, 0, 0, this.#target(i, off), 0)
        return
      default: {
        const second = (code & 8) === Source.X ? src : this.#constant(imm, imm >> 31)
        this.#emit((code & 0xf0) > Jmp.JSLE ? Op.BAD : code | Source.X, dst, second, this.#target(i, off), 0)
      }
    }
  }

  #callee(i: number, imm: number): number {
    const target = i + 1 + imm
    const { length } = this.#insns
    return (target < 0 || target >= length ? length : target) * STRIDE
  }

  #helper(id: number): void {
    if (id === BpfFunc['tail_call']) this.#emit(Op.TAIL_CALL, 0, 0, 0, 0)
    else this.#emit(Op.CALL_HELPER, 0, 0, 0, id)
  }

  /** Of a call that throws, kernel/load says where the exception's callback is. */
  #kfunc(i: number, dst: number, off: number, number: number): void {
    this.#emit(Op.CALL_KFUNC, 0, 0, 0, number)
    if (number !== kfuncNumber('bpf_throw')) return
    this.#throws = true
    if (dst === 0) return
    this.#exceptionCallback = i + 1 + off
    this.#functions.add(i + 1 + off)
  }

  #load(i: number, code: number, dst: number, src: number, imm: number): void {
    const mode = code & 0xe0
    if (mode === Mode.ABS || mode === Mode.IND) {
      const size = { 0x00: 4, 0x08: 2, 0x10: 1 }[code & 0x18]
      if (size === undefined) this.#emit(Op.BAD, 0, 0, 0, 0)
      else this.#emit(mode === Mode.ABS ? Op.LD_ABS : Op.LD_IND, 0, src, size, imm)
      return
    }
    if (code !== LD_IMM64 || i + 1 >= this.#insns.length) {
      this.#emit(Op.BAD, 0, 0, 0, 0)
      return
    }
    this.#emit(0xbf, dst, this.#imm64(i, src >>> 1, imm, this.#insns.imm(i + 1)), 0, 0)
    // The second slot is stepped over.
    const at = this.#out.length - STRIDE
    this.#out[at] = LD_IMM64 | (dst << 16)
  }

  #imm64(i: number, pseudo: number, lo: number, hi: number): number {
    switch (pseudo) {
      case PseudoLdImm64.MAP_FD:
        this.#mapIds.add(lo)
        return this.#constant(lo, MAP_HI)
      case PseudoLdImm64.MAP_VALUE: {
        this.#mapIds.add(lo)
        const constant = FIRST_CONSTANT + this.#constants.length
        this.#constants.push(0, MEM_HI)
        this.#mapValues.push({ constant, mapId: lo, off: hi })
        return constant
      }
      case PseudoLdImm64.FUNC:
        this.#functions.add(i + 1 + lo)
        return this.#constant(i + 1 + lo, FUNC_HI)
      default:
        return this.#constant(lo, hi)
    }
  }
}

/** bswap of imm bits. */
function swap(imm: number): number {
  if (imm === 16) return Op.BE16
  if (imm === 32) return Op.BE32
  return imm === 64 ? Op.BE64 : Op.BAD
}

/** Conversion to little- (a cut) or big-endian. */
function endian(code: number, imm: number): number {
  if (code & Source.X) return swap(imm)
  if (imm === 16) return Op.LE16
  if (imm === 32) return Op.LE32
  return imm === 64 ? Op.LE64 : Op.BAD
}
