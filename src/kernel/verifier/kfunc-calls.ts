import type { VerifierEnv } from './env.ts'
import { notYet } from './env.ts'
import { kfuncName, kfuncOf } from './kfuncs.ts'

/** Calls of kernel functions (check_kfunc_call). */

export function checkKfuncCall(env: VerifierEnv): void {
  const { insns, insnIdx } = env
  // A weak one that this kernel doesn't have: fixup_kfunc_call refuses it, unless dead code removal took it away.
  if (insns.imm(insnIdx) === 0) return
  notYet(`check_kfunc_call: ${kfuncOf(env, insnIdx)?.name ?? kfuncName(env, insnIdx)}`)
}

/** kfunc_spin_allowed: functions that may be called while a lock is held. */
export function isAllowedUnderLock(_env: VerifierEnv, _slot: number): boolean {
  return notYet('kfunc_spin_allowed')
}
