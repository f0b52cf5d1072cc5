import { Alu, Class, Jmp, Source } from '../../isa/opcode.ts'
import { MapType } from '../../uapi/map-type.ts'
import type { Patches, Program } from './program.ts'
import { AX } from './code.ts'

/** Divisions that no processor traps on: by zero, and the smallest number by minus one (in do_misc_fixups). */

const SIGNED = 1

/** @returns whether the instruction is a division that something else stands for. */
export function rewriteDivision({ insns }: Program, i: number, out: Patches): boolean {
  const code = insns.code(i)
  const op = code & 0xf0
  const cls = code & 7
  if ((cls !== Class.ALU && cls !== Class.ALU64) || (op !== Alu.DIV && op !== Alu.MOD)) return false
  const signed = insns.off(i) === SIGNED
  const dst = insns.dst(i)
  const wide = cls === Class.ALU64
  if (!(code & Source.X)) {
    if (!signed || insns.imm(i) !== -1) return false
    if (op === Alu.DIV) out.raw(cls | Alu.NEG, dst, 0, 0, 0)
    else out.mov32Imm(dst, 0)
    return true
  }
  const src = insns.src(i)
  const jumps = wide ? Class.JMP : Class.JMP32
  if (signed) {
    // One more than 0 or -1 is at most 1.
    out.mov(AX, src)
    out.raw(cls | Alu.ADD, AX, 0, 0, 1)
    out.raw(jumps | Jmp.JGT, AX, 0, op === Alu.DIV ? 4 : 3, 1)
    if (op === Alu.DIV) {
      out.raw(jumps | Jmp.JEQ, AX, 0, 1, 0)
      out.raw(cls | Alu.MOV, dst, 0, 0, 0)
      out.raw(cls | Alu.NEG, dst, 0, 0, 0)
    } else {
      out.raw(jumps | Jmp.JEQ, AX, 0, wide ? 3 : 4, 1)
      out.mov32Imm(dst, 0)
    }
    out.ja(1)
  } else if (op === Alu.DIV) {
    out.raw(jumps | Jmp.JNE, src, 0, 2, 0)
    out.alu32(Alu.XOR, dst, dst)
    out.ja(1)
  } else {
    out.raw(jumps | Jmp.JEQ, src, 0, wide ? 1 : 2, 0)
  }
  out.keep(i)
  if (op === Alu.MOD && !wide) {
    // What isn't divided loses its upper half all the same.
    out.ja(1)
    out.mov32(dst, dst)
  }
  return true
}

/** BPF_ADDR_SPACE_CAST, and BPF_F_NO_USER_CONV of an arena. */
const ADDR_SPACE_CAST = 1
const NO_USER_CONV = 1 << 18

/** Casts of addresses in arenas: to the kernel's they lose the upper half; to the user's, the compiler does it. */
export function rewriteCast({ insns, env }: Program, i: number): boolean {
  if (insns.code(i) !== (Class.ALU64 | Alu.MOV | Source.X) || insns.imm(i) === 0) return false
  const arena = env.input.maps.find(({ type }) => type === MapType.ARENA)
  if ((insns.off(i) === ADDR_SPACE_CAST && insns.imm(i) === 1) || (arena && arena.mapFlags & NO_USER_CONV)) {
    insns.set(i, Class.ALU | Alu.MOV | Source.X, insns.dst(i), insns.src(i), 0, 0)
  }
  return true
}
