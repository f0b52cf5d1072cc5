import { Alu, Class, Source } from '../../isa/opcode.ts'
import { AluState } from '../verifier/aux.ts'
import { AX } from './code.ts'
import type { Patches, Program } from './program.ts'

/** Additions to pointers of users without CAP_PERFMON: beyond the limit they add nothing (in do_misc_fixups). */

const ADD = Class.ALU64 | Alu.ADD | Source.X
const SUB = Class.ALU64 | Alu.SUB | Source.X

/** @returns whether the instruction is an addition that something else stands for. */
export function maskPointerAlu({ insns, aux }: Program, i: number, out: Patches): boolean {
  const code = insns.code(i)
  const { aluState: state = 0, aluLimit: limit = 0 } = aux[i] ?? {}
  if ((code !== ADD && code !== SUB) || state === 0 || state === AluState.NON_POINTER) return false
  const [dst, src] = [insns.dst(i), insns.src(i)]
  const negative = (state & AluState.NEG_VALUE) !== 0
  const constant = (state & AluState.IMMEDIATE) !== 0
  const inSrc = (state & AluState.SANITIZE_SRC) !== 0
  const off = inSrc ? src : dst
  if (constant) {
    out.mov32Imm(AX, limit | 0)
  } else {
    if (negative) out.aluImm(Alu.MUL, off, -1)
    out.mov32Imm(AX, limit | 0)
    out.alu(Alu.SUB, AX, off)
    out.alu(Alu.OR, AX, off)
    out.aluImm(Alu.NEG, AX, 0)
    out.aluImm(Alu.ARSH, AX, 63)
    out.alu(Alu.AND, AX, off)
  }
  if (!inSrc) out.mov(dst, src)
  out.raw(negative ? (code === ADD ? SUB : ADD) : code, dst, AX, insns.off(i), insns.imm(i))
  if (inSrc && negative && !constant) out.aluImm(Alu.MUL, off, -1)
  return true
}
