import { Alu, Class, LD_IMM64, Source } from '../../isa/opcode.ts'
import type { LoadEnv } from './env.ts'

const FRAME_POINTER = 10

/**
 * How deep a function's stack is, as far as it is plain to see: offsets from the frame pointer in loads and stores, and
 * what is added to a copy of it.
 */
export function stackDepth({ insns, subprogs }: LoadEnv, start: number): number {
  const next = subprogs.findIndex((subprog) => subprog.start === start) + 1
  const end = subprogs[next]?.start ?? insns.length
  let depth = 0
  for (let i = start; i < end; i++) {
    const code = insns.code(i)
    const cls = code & 7
    if (code === LD_IMM64) {
      i++
    } else if (cls === Class.LDX ? insns.src(i) === FRAME_POINTER : cls === Class.ST || cls === Class.STX) {
      if (cls === Class.LDX || insns.dst(i) === FRAME_POINTER) depth = Math.max(depth, -insns.off(i))
    } else if (code === (Class.ALU64 | Alu.MOV | Source.X) && insns.src(i) === FRAME_POINTER && insns.off(i) === 0) {
      const add = Class.ALU64 | Alu.ADD | Source.K
      if (i + 1 < end && insns.code(i + 1) === add && insns.dst(i + 1) === insns.dst(i)) {
        depth = Math.max(depth, -insns.imm(i + 1))
      }
    }
  }
  return depth
}
