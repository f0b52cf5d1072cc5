import { Class, Jmp, LD_IMM64, Mode, Size } from '../../isa/opcode.ts'
import type { SubprogAux } from './aux.ts'
import { callSummary } from './call-kinds.ts'
import type { VerifierEnv } from './env.ts'
import { FP } from './types.ts'

/**
 * Spills and fills around a call that leaves registers alone (bpf_fastcall): clang adds them for kernels that don't
 * know, at the lowest offsets of the stack, and the rewrites remove them if nothing else goes there.
 */

const STORE = Class.STX | Mode.MEM | Size.DW
const LOAD = Class.LDX | Mode.MEM | Size.DW
const CALL = Class.JMP | Jmp.CALL
const CALLER_SAVED_REGS = 6
const S16_MIN = -0x8000

/** mark_fastcall_patterns. */
export function markFastcallPatterns(env: VerifierEnv): void {
  const { insns } = env
  for (const subprog of env.subprogs) {
    let lowest = 0
    for (let i = subprog.start; i < subprog.end; i++) {
      if (insns.code(i) === STORE && insns.dst(i) === FP) lowest = Math.min(lowest, insns.off(i))
    }
    for (let i = subprog.start; i < subprog.end; i++) {
      if (insns.code(i) === CALL) markPattern(env, subprog, i, lowest)
      else if (insns.code(i) === LD_IMM64) i++
    }
  }
}

/** mark_fastcall_pattern_for_call. */
function markPattern(env: VerifierEnv, subprog: SubprogAux, at: number, lowest: number): void {
  const { insns } = env
  const summary = callSummary(env, at)
  if (!summary) return
  const clobbered = ((1 << (summary.params + 1)) - 1) & ~(summary.isVoid ? 1 : 0)
  let expected = ~clobbered & 0x3f
  let off = lowest
  let i = 1
  for (; i <= CALLER_SAVED_REGS; i++, off += 8) {
    const store = at - i
    const load = at + i
    if (store < 0 || load >= insns.length) break
    if (insns.code(store) !== STORE || insns.code(load) !== LOAD) break
    if (insns.dst(store) !== FP || insns.src(load) !== FP) break
    const reg = insns.src(store)
    if (reg !== insns.dst(load) || ((1 << reg) & expected) === 0) break
    if (insns.off(store) !== off || insns.off(load) !== off) break
    expected &= ~(1 << reg)
    env.auxAt(store).fastcallPattern = true
    env.auxAt(load).fastcallPattern = true
  }
  if (i === 1) return
  if (summary.fastcall) env.auxAt(at).fastcallSpillsNum = i - 1
  else subprog.keepFastcallStack = true
  subprog.fastcallStackOff = Math.min(subprog.fastcallStackOff, off)
}

/** check_fastcall_stack_contract: an access from elsewhere to where those spills are leaves the function as it is. */
export function checkFastcallContract(env: VerifierEnv, subprogno: number, insnIdx: number, off: number): void {
  const subprog = env.subprog(subprogno)
  if (subprog.fastcallStackOff <= off || env.auxAt(insnIdx).fastcallPattern) return
  subprog.fastcallStackOff = S16_MIN
  for (let i = subprog.start; i < subprog.end; i++) {
    const aux = env.auxAt(i)
    aux.fastcallSpillsNum = 0
    aux.fastcallPattern = false
  }
}

/**
 * What remove_fastcall_spills_fills does to the stack's depth: without the spills it's less. The instructions are the
 * rewrites' affair.
 */
export function trimFastcallStack(env: VerifierEnv): void {
  for (const subprog of env.subprogs) {
    let modified = false
    for (let i = subprog.start; i < subprog.end; i++) if (env.auxAt(i).fastcallSpillsNum > 0) modified = true
    if (modified && !subprog.keepFastcallStack) subprog.stackDepth = -subprog.fastcallStackOff
  }
}
