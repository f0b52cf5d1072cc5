import type { VerifierEnv } from './env.ts'
import { notYet } from './env.ts'
import type { KfArgKind } from './kfunc-arg-kinds.ts'
import type { KfuncMeta } from './kfunc-meta.ts'

/**
 * What kernel functions do with objects, lists, trees, locks, dynptrs and callbacks of the program: their arguments and
 * results.
 */

/** The argument kinds that are looked at here: their part of check_kfunc_args. */
export function checkOwnArg(_env: VerifierEnv, { kfunc }: KfuncMeta, kind: KfArgKind, _regno: number): void {
  notYet(`check_kfunc_args: kind ${kind} of ${kfunc.name}`)
}

/** push_callback_call of functions that call back. */
export function callBack(_env: VerifierEnv, _meta: KfuncMeta): void {
  // None yet: their arguments aren't known.
}

/** Nodes that were put into a list or tree aren't the program's any more (ref_convert_owning_non_owning). */
export function convertInserted(_env: VerifierEnv, _meta: KfuncMeta): void {
  // None yet: their arguments aren't known.
}

/**
 * check_special_kfunc's share: objects, nodes, slices.
 * @param target what the returned pointer points to
 * @returns whether r0 was set
 */
export function setOwnResult(_env: VerifierEnv, _meta: KfuncMeta, _target: number): boolean {
  return false
}

/** What is left to do when r0 has its type: nodes that aren't owned, ids of what may have a lock, types that go. */
export function finishOwnResult(_env: VerifierEnv, _meta: KfuncMeta, _target: number): void {
  // None yet: their arguments aren't known.
}
