import type { Insns } from '../../isa/insn.ts'
import { Class, Jmp, LD_IMM64 } from '../../isa/opcode.ts'

/** Where an instruction leads within its function. One object, filled anew by each call. */
const result = { count: 0, first: 0, second: 0 }

/** bpf_insn_successors: calls lead to the next instruction, exits nowhere. */
export function successors(insns: Insns, i: number): Readonly<typeof result> {
  const code = insns.code(i)
  const cls = code & 7
  result.count = 1
  if (cls !== Class.JMP && cls !== Class.JMP32) {
    result.first = i + (code === LD_IMM64 ? 2 : 1)
    return result
  }
  const op = code & 0xf0
  if (op === Jmp.EXIT) {
    result.count = 0
  } else if (op === Jmp.CALL) {
    result.first = i + 1
  } else {
    const to = i + 1 + jmpOffset(insns, i)
    if (op === Jmp.JA) {
      result.first = to
    } else {
      result.count = 2
      result.first = i + 1
      result.second = to
    }
  }
  return result
}

/** bpf_jmp_offset. */
export function jmpOffset(insns: Insns, i: number): number {
  return insns.code(i) === (Class.JMP32 | Jmp.JA) ? insns.imm(i) : insns.off(i)
}
