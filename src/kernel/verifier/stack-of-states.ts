import type { VerifierEnv } from './env.ts'
import { COMPLEXITY_LIMIT_JMP_SEQ } from './env.ts'
import { VerifierState } from './state.ts'

/** States that wait to be explored. */

/** push_stack: a copy of the current state. @returns undefined when there are too many, which was written then. */
export function pushStack(
  env: VerifierEnv,
  insnIdx: number,
  prevInsnIdx: number,
  speculative: boolean,
): VerifierState | undefined {
  const state = new VerifierState()
  state.assign(env.curState)
  if (speculative) state.speculative = true
  if (!push(env, state, insnIdx, prevInsnIdx, 'is too complex')) return undefined
  if (state.parent) state.parent.branches++
  return state
}

/** push_async_cb: a state of its own for a callback that runs later. Its frame is the caller's affair. */
export function pushAsyncState(
  env: VerifierEnv,
  insnIdx: number,
  prevInsnIdx: number,
  sleepable: boolean,
): VerifierState | undefined {
  const state = new VerifierState()
  state.branches = 1
  state.inSleepable = sleepable
  return push(env, state, insnIdx, prevInsnIdx, 'is too complex for async cb') ? state : undefined
}

function push(env: VerifierEnv, state: VerifierState, insnIdx: number, prevInsnIdx: number, what: string): boolean {
  env.stack.push({ state, insnIdx, prevInsnIdx, logPos: env.log.end })
  if (env.stack.length <= COMPLEXITY_LIMIT_JMP_SEQ) return true
  env.verbose(`The sequence of ${env.stack.length} jumps ${what}.\n`)
  return false
}
