import { Alu, Jmp, Size } from '../../isa/opcode.ts'
import { AX, FP } from './code.ts'
import type { Code } from './code.ts'
import type { Part, Patches, Program } from './program.ts'
import { callDistance } from './symbols.ts'

/**
 * may_goto counts down on the stack, below what the function itself has there, and asks for the time when the count is
 * through: x86-64's JIT supports that (arch_bpf_timed_may_goto).
 */

const MAX_TIMED_LOOPS = 0xffff
/** The count, and the time when the loop began. */
export const MAY_GOTO_STACK = 16

/** @param stackDepth of its function, without these two. */
export function writeMayGoto(program: Program, i: number, stackDepth: number, out: Patches): void {
  const off = program.insns.off(i)
  const count = -stackDepth - MAY_GOTO_STACK
  out.load(Size.DW, AX, FP, count)
  out.leadsTo(i + 1 + off)
  out.jumpImm(Jmp.JEQ, AX, 0, 0)
  out.aluImm(Alu.SUB, AX, 1)
  out.jumpImm(Jmp.JNE, AX, 0, 2)
  out.movImm(AX, count)
  out.call(callDistance(program, 'arch_bpf_timed_may_goto') ?? 0)
  out.store(Size.DW, FP, AX, count)
}

/** Functions with such jumps begin by setting the count. */
export function initMayGoto(program: Program): void {
  const { parts } = program
  if (parts.every(({ stackExtra }) => stackExtra === 0)) return
  const starting = new Map(parts.filter(({ stackExtra }) => stackExtra > 0).map((part) => [part.start, part]))
  program.rewrite((i, out) => {
    const part = starting.get(i)
    if (!part) return
    writeStart(part, out)
    out.enterHere(i)
    out.keep(i)
  })
}

function writeStart({ stackDepth }: Part, out: Code): void {
  out.storeImm(Size.DW, FP, -stackDepth, MAX_TIMED_LOOPS)
  out.storeImm(Size.DW, FP, -stackDepth + 8, 0)
}
