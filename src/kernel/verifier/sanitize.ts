import { Source } from '../../isa/opcode.ts'
import type { VerifierEnv } from './env.ts'
import { notYet } from './env.ts'

/** Speculative execution: what must not be reached even when a branch is predicted wrongly. */

/** sanitize_val_alu. */
export function sanitizeValAlu(env: VerifierEnv): void {
  if (env.bypassSpecV1 || (env.insns.code(env.insnIdx) & Source.X) === 0 || env.curAux.nospec) return
  notYet('sanitize_val_alu')
}

/** sanitize_mark_insn_seen: only what runs for real is alive. */
export function markInsnSeen(env: VerifierEnv): void {
  if (!env.curState.speculative) env.curAux.seen = env.passCnt
}
