import { Errno } from '../../uapi/errno.ts'
import type { VerifierEnv } from './env.ts'
import { notYet, refuse } from './env.ts'
import { kfuncName, kfuncOf } from './kfuncs.ts'

/** Calls of kernel functions (check_kfunc_call). */

export function checkKfuncCall(env: VerifierEnv): void {
  const { insns, insnIdx } = env
  // Skipped by dead code removal, if nothing leads here.
  if (insns.imm(insnIdx) === 0)
    refuse(env, Errno.EINVAL, 'invalid kernel function call not eliminated in verifier pass\n')
  notYet(`check_kfunc_call: ${kfuncOf(env, insnIdx)?.name ?? kfuncName(env, insnIdx)}`)
}

/** kfunc_spin_allowed: functions that may be called while a lock is held. */
export function isAllowedUnderLock(_env: VerifierEnv, _slot: number): boolean {
  return notYet('kfunc_spin_allowed')
}
