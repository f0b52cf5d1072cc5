import { Class, Jmp } from '../../isa/opcode.ts'
import type { Program } from './program.ts'

/** What no run comes to goes, and what does nothing. */

const JA = Class.JMP | Jmp.JA
const MAY_GOTO = Class.JMP | Jmp.JCOND

/** remove_fastcall_spills_fills: saving registers around a call that leaves them alone is for kernels that don't know. */
export function removeFastcallSpills(program: Program): void {
  const { insns, length } = program
  for (let i = 0; i < length; i++) {
    const spills = program.auxAt(i).fastcallSpillsNum
    for (let j = 1; j <= spills; j++) {
      insns.set(i - j, JA, 0, 0, 0, 0)
      insns.set(i + j, JA, 0, 0, 0, 0)
    }
  }
}

/** insn_is_cond_jump. */
function isConditional(code: number): boolean {
  const op = code & 0xf0
  if ((code & 7) === Class.JMP32) return op !== Jmp.JA
  return (code & 7) === Class.JMP && op !== Jmp.JA && op !== Jmp.EXIT && op !== Jmp.CALL
}

/** opt_hard_wire_dead_code_branches: a jump that goes but one way is no condition. */
export function hardWireBranches(program: Program): void {
  const { insns, length } = program
  for (let i = 0; i < length; i++) {
    if (!isConditional(insns.code(i))) continue
    const off = insns.off(i)
    if (!program.aux[i + 1]?.seen) insns.set(i, JA, 0, 0, off, 0)
    else if (!program.aux[i + 1 + off]?.seen) insns.set(i, JA, 0, 0, 0, 0)
  }
}

/** opt_remove_dead_code. */
export function removeDeadCode(program: Program): void {
  if (program.aux.every(({ seen }) => seen)) return
  program.rewrite((i, out) => {
    if (!program.auxAt(i).seen) out.drop()
  })
}

/** sanitize_dead_code: of users without CAP_BPF it stays, as jumps to themselves. */
export function sanitizeDeadCode(program: Program): void {
  const { insns, length } = program
  for (let i = 0; i < length; i++) {
    if (!program.auxAt(i).seen) insns.set(i, JA, 0, 0, -1, 0)
  }
}

/** opt_remove_nops: jumps to the next instruction. */
export function removeNops(program: Program): void {
  const { insns, length } = program
  const gone = new Uint8Array(length)
  let any = false
  for (let i = 0; i < length; i++) {
    if (!isNop(program, gone, i)) continue
    gone[i] = 1
    any = true
    // What jumped over it may be one now; of these only other may_gotos are looked at again.
    if (insns.code(i) !== MAY_GOTO) continue
    for (let j = before(gone, i); j >= 0 && isNop(program, gone, j); j = before(gone, j)) {
      gone[j] = 1
      if (insns.code(j) !== MAY_GOTO) break
    }
  }
  if (!any) return
  program.rewrite((i, out) => {
    if (gone[i]) out.drop()
  })
}

function before(gone: Uint8Array, i: number): number {
  let j = i - 1
  while (j >= 0 && gone[j]) j--
  return j
}

/** Whether a jump leads to the next instruction, now that some are gone. */
function isNop({ insns }: Program, gone: Uint8Array, i: number): boolean {
  const code = insns.code(i)
  if ((code !== JA && code !== MAY_GOTO) || insns.dst(i) || insns.src(i) || insns.imm(i)) return false
  const off = insns.off(i)
  if (off < 0) return false
  for (let j = i + 1; j <= i + off; j++) if (!gone[j]) return false
  return true
}
