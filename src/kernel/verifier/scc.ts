import type { VerifierEnv } from './env.ts'
import { LogLevel, refuse } from './env.ts'
import { Errno } from '../../uapi/errno.ts'
import type { VerifierState } from './state.ts'
import { propagateBackedges } from './prune.ts'

/**
 * Loops that are being walked. States that close a loop wait until all paths that leave it are known; then what these
 * paths need of precision is carried around the loop (struct bpf_scc_visit).
 */

export interface SccVisit {
  /** Call sites that lead to the loop. */
  readonly callsites: readonly number[]
  /** The first state of the current path in the loop. */
  entryState: VerifierState | undefined
  /** States equal to earlier ones in the loop, the latest last. */
  backedges: VerifierState[]
  /** Their number, as it counts in peak_states. */
  numBackedges: number
}

export type SccInfo = SccVisit[]

/** struct bpf_scc_callchain. */
interface Chain {
  readonly scc: number
  readonly callsites: readonly number[]
}

/** frame_insn_idx: where a frame is. */
export function frameInsnIdx(state: VerifierState, frame: number): number {
  return frame === state.curframe ? state.insnIdx : state.frameAt(frame + 1).callsite
}

const noCallsites: readonly number[] = []

/** compute_scc_callchain: the outermost frame that is in a loop. */
function chainOf(env: VerifierEnv, state: VerifierState): Chain | undefined {
  const { scc: outermost } = env.auxAt(frameInsnIdx(state, 0))
  if (outermost) return { scc: outermost, callsites: noCallsites }
  if (state.curframe === 0) return undefined
  const callsites: number[] = []
  for (let i = 0; i <= state.curframe; i++) {
    const insnIdx = frameInsnIdx(state, i)
    const { scc } = env.auxAt(insnIdx)
    if (scc) return { scc, callsites }
    callsites.push(insnIdx)
  }
  return undefined
}

function find(env: VerifierEnv, { scc, callsites }: Chain): SccVisit | undefined {
  return env.sccInfo[scc]?.find(
    (visit) => visit.callsites.length === callsites.length && visit.callsites.every((c, i) => c === callsites[i]),
  )
}

/** format_callchain. */
function chainText({ callsites, scc }: Chain): string {
  let text = '('
  for (const callsite of callsites) {
    if (callsite === 0) break
    text += `${callsite},`
  }
  return `${text}${scc})`
}

/** maybe_enter_scc. */
export function maybeEnterScc(env: VerifierEnv, state: VerifierState): void {
  const chain = chainOf(env, state)
  if (!chain) return
  let visit = find(env, chain)
  if (!visit) {
    visit = { callsites: chain.callsites, entryState: undefined, backedges: [], numBackedges: 0 }
    ;(env.sccInfo[chain.scc] ??= []).push(visit)
  }
  if (visit.entryState) return
  visit.entryState = state
  if (env.log.level & LogLevel.LEVEL2) env.verbose(`SCC enter ${chainText(chain)}\n`)
}

/** maybe_exit_scc. */
export function maybeExitScc(env: VerifierEnv, state: VerifierState): void {
  const chain = chainOf(env, state)
  if (!chain) return
  const visit = find(env, chain)
  if (!visit) {
    if (state.speculative) return
    refuse(env, Errno.EFAULT, `verifier bug: scc exit: no visit info for call chain ${chainText(chain)}\n`)
  }
  if (visit.entryState !== state) return
  if (env.log.level & LogLevel.LEVEL2) env.verbose(`SCC exit ${chainText(chain)}\n`)
  visit.entryState = undefined
  env.numBackedges -= visit.numBackedges
  visit.numBackedges = 0
  updatePeakStates(env)
  propagateBackedges(env, visit)
}

/** add_scc_backedge. @param backedge a copy of the current state, which is equal to `state`. */
export function addSccBackedge(env: VerifierEnv, state: VerifierState, backedge: VerifierState): void {
  const chain = chainOf(env, state)
  if (!chain) {
    const text = `verifier bug: add backedge: no SCC in verification path, insn_idx ${state.insnIdx}\n`
    refuse(env, Errno.EFAULT, text)
  }
  const visit = find(env, chain)
  if (!visit) {
    refuse(env, Errno.EFAULT, `verifier bug: add backedge: no visit info for call chain ${chainText(chain)}\n`)
  }
  if (env.log.level & LogLevel.LEVEL2) env.verbose(`SCC backedge ${chainText(chain)}\n`)
  visit.backedges.push(backedge)
  visit.numBackedges++
  env.numBackedges++
  updatePeakStates(env)
}

/** incomplete_read_marks: some paths of the loop that a state is in aren't known yet. */
export function hasOpenBackedges(env: VerifierEnv, state: VerifierState): boolean {
  const chain = chainOf(env, state)
  const visit = chain && find(env, chain)
  return visit !== undefined && visit.backedges.length > 0
}

/** update_peak_states. */
export function updatePeakStates(env: VerifierEnv): void {
  env.peakStates = Math.max(env.peakStates, env.exploredStatesSize + env.freeListSize + env.numBackedges)
}
