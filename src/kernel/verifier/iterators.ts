import type { VerifierEnv } from './env.ts'
import { notYet } from './env.ts'
import type { KfuncMeta } from './kfunc-meta.ts'
import type { Reg, VerifierState } from './state.ts'

/** Iterators on the stack, and loops over what they give. */

/** process_iter_arg. */
export function checkIterArg(_env: VerifierEnv, { kfunc }: KfuncMeta, _regno: number): void {
  notYet(`process_iter_arg: ${kfunc.name}`)
}

/** get_iter_from_state. */
export function iterOf(state: VerifierState, { iterFrameno, iterSpi }: KfuncMeta): Reg {
  return state.frameAt(iterFrameno).spilled(iterSpi)
}

/** process_iter_next_call. */
export function finishIterNext(_env: VerifierEnv, _meta: KfuncMeta): void {
  notYet('process_iter_next_call')
}
