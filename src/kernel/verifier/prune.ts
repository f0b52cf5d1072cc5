import { Class, Jmp } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import type { VerifierEnv } from './env.ts'
import { COMPLEXITY_LIMIT_STATES, LogLevel, refuse } from './env.ts'
import { Exact, iterDepthsDiffer, maybeLooping, statesEqual } from './equal.ts'
import { pushJmpHistory } from './history.ts'
import { verboseLinfo } from './linfo.ts'
import { printState } from './log.ts'
import { markAllScalarsImprecise, markAllScalarsPrecise, propagatePrecision } from './precision.ts'
import { markNotInit } from './ranges.ts'
import type { SccVisit } from './scc.ts'
import { addSccBackedge, frameInsnIdx, hasOpenBackedges, maybeEnterScc, maybeExitScc, updatePeakStates } from './scc.ts'
import { StateNode, VerifierState } from './state.ts'
import { FP, IterState, RegType, spiOf } from './types.ts'
import { facts } from './versions.ts'

/**
 * States that were seen: a path that comes to an instruction with a state as safe as one that was walked to the end is
 * not walked again (is_state_visited).
 */

/** explored_state: the list for an instruction and a call site. */
function bucketOf(env: VerifierEnv, insnIdx: number): number {
  return ((insnIdx ^ env.curState.frame.callsite) >>> 0) % env.explored.length
}

/** same_callsites. */
export function sameCallsites(a: VerifierState, b: VerifierState): boolean {
  if (a.curframe !== b.curframe) return false
  for (let f = a.curframe; f >= 0; f--) if (a.frameAt(f).callsite !== b.frameAt(f).callsite) return false
  return true
}

/** clean_live_states: of states that are done, only what is alive counts. */
function cleanLiveStates(env: VerifierEnv, insnIdx: number, bucket: number): void {
  for (let node = env.explored[bucket]; node; node = node.next) {
    const { state } = node
    if (state.branches || state.insnIdx !== insnIdx || !sameCallsites(state, env.curState)) continue
    if (state.cleaned || hasOpenBackedges(env, state)) continue
    cleanState(env, state)
  }
}

/** clean_verifier_state. */
function cleanState(env: VerifierEnv, state: VerifierState): void {
  env.liveness.queryInit(state)
  state.cleaned = true
  forgetDead(env, state)
  for (let f = 0; f <= state.curframe; f++) {
    const frame = state.frameAt(f)
    for (let i = 0; i < frame.slots; i++) {
      if (env.liveness.slotAlive(frame.frameno, i)) continue
      frame.clearSlot(i)
    }
  }
}

/** Of clean_verifier_state, the registers: what they hold is of no use to anybody. */
function forgetDead(env: VerifierEnv, state: VerifierState): void {
  for (let f = 0; f <= state.curframe; f++) {
    const frame = state.frameAt(f)
    const live = env.auxAt(frameInsnIdx(state, f)).liveRegsBefore
    for (let i = 0; i < FP; i++) {
      if (((live >>> i) & 1) === 0 && frame.reg(i).type !== RegType.NOT_INIT) markNotInit(env, frame.own(i))
    }
  }
}

/** find_prev_entry: the state of this path that was last at an instruction, with the same calls. */
export function findPrevEntry(env: VerifierEnv, cur: VerifierState, insnIdx: number): VerifierState | undefined {
  for (let node = env.explored[bucketOf(env, insnIdx)]; node; node = node.next) {
    const { state } = node
    if (state.insnIdx !== insnIdx || !state.branches || state.dfsDepth >= cur.dfsDepth) continue
    if (sameCallsites(state, cur)) return state
  }
  return undefined
}

/** @returns whether the current path needn't be walked any further. */
export function isStateVisited(env: VerifierEnv, insnIdx: number): boolean {
  const cur = env.curState
  const aux = env.auxAt(insnIdx)
  const force = env.testStateFreq || aux.forceCheckpoint || cur.jmpHistory.length > 40
  const jmps = env.jmpsProcessed - env.prevJmpsProcessed
  const insns = env.insnProcessed - env.prevInsnProcessed
  let addNew = force || (jmps >= 2 && insns >= 8)
  const bucket = bucketOf(env, insnIdx)
  cleanLiveStates(env, insnIdx, bucket)
  if (facts.deadForgotten) forgetDead(env, cur)
  let count = 0
  let next: StateNode | undefined
  for (let node = env.explored[bucket]; node; node = next) {
    next = node.next
    count++
    if (node.state.insnIdx !== insnIdx) continue
    const match = node.state.branches ? matchOpen(env, node.state, insnIdx) : matchDone(env, node.state)
    if (match !== Match.MISS && match !== Match.MISS_LOOP) {
      hit(env, node, insnIdx, match === Match.HIT_LOOP)
      return true
    }
    // In a loop, states of each turn differ: to keep many of them helps nobody.
    if (match === Match.MISS_LOOP && !force && jmps < 20 && insns < 100) addNew = false
    if (addNew) node.missCnt++
    const patience = aux.forceCheckpoint && node.state.branches > 0 ? 64 : 3
    if (node.missCnt > node.hitCnt * patience + patience) evict(env, node, bucket)
  }
  if (env.maxStatesPerInsn < count) env.maxStatesPerInsn = count
  if (!env.bpfCapable && count > COMPLEXITY_LIMIT_STATES) return false
  if (addNew) keep(env, insnIdx, bucket)
  return false
}

/** MISS_LOOP: the state is one of the current path. HIT_LOOP: some paths from the equal state aren't known yet. */
const Match = { MISS: 0, MISS_LOOP: 1, HIT: 2, HIT_LOOP: 3 } as const
type MatchKind = (typeof Match)[keyof typeof Match]

/** A state of which all paths are known. */
function matchDone(env: VerifierEnv, old: VerifierState): MatchKind {
  const loop = hasOpenBackedges(env, old)
  if (!statesEqual(env, old, env.curState, loop ? Exact.RANGE_WITHIN : Exact.NOT_EXACT)) return Match.MISS
  return loop ? Match.HIT_LOOP : Match.HIT
}

/** A state that the current path went through, or one from which others still wait: there's a loop. */
function matchOpen(env: VerifierEnv, old: VerifierState, insnIdx: number): MatchKind {
  const cur = env.curState
  const frame = old.frame
  if (frame.inAsyncCallbackFn && frame.asyncEntryCnt !== cur.frame.asyncEntryCnt) return Match.MISS_LOOP
  const aux = env.auxAt(insnIdx)
  if (aux.isIterNext) {
    if (statesEqual(env, old, cur, Exact.RANGE_WITHIN)) {
      const iterReg = cur.frame.reg(1)
      const spi = spiOf(iterReg.off + iterReg.valLo)
      if (env.frameOf(iterReg).spilled(spi).iterState === IterState.ACTIVE) return Match.HIT_LOOP
    }
    return Match.MISS_LOOP
  }
  if (env.insns.code(insnIdx) === (Class.JMP | Jmp.JCOND) && env.insns.src(insnIdx) === 0) {
    if (old.mayGotoDepth !== cur.mayGotoDepth && statesEqual(env, old, cur, Exact.RANGE_WITHIN)) {
      return Match.HIT_LOOP
    }
  }
  if (aux.callsCallback) {
    return statesEqual(env, old, cur, Exact.RANGE_WITHIN) ? Match.HIT : Match.MISS_LOOP
  }
  if (
    maybeLooping(old, cur) &&
    statesEqual(env, old, cur, Exact.EXACT) &&
    !iterDepthsDiffer(old, cur) &&
    old.mayGotoDepth === cur.mayGotoDepth &&
    old.callbackUnrollDepth === cur.callbackUnrollDepth
  ) {
    verboseLinfo(env, insnIdx, '; ')
    env.verbose(`infinite loop detected at insn ${insnIdx}\n`)
    env.verbose('cur state:')
    printState(env, cur, cur.curframe, true)
    env.verbose('old state:')
    printState(env, old, cur.curframe, true)
    refuse(env, Errno.EINVAL)
  }
  return Match.MISS_LOOP
}

function hit(env: VerifierEnv, node: StateNode, insnIdx: number, loop: boolean): void {
  const cur = env.curState
  node.hitCnt++
  if (env.auxAt(env.insnIdx).jmpPoint) pushJmpHistory(env, cur, 0)
  propagatePrecision(env, node.state, cur)
  if (!loop) return
  const backedge = new VerifierState()
  backedge.assign(cur)
  backedge.equalState = node.state
  backedge.insnIdx = insnIdx
  addSccBackedge(env, node.state, backedge)
}

function unlink(env: VerifierEnv, node: StateNode, bucket: number): void {
  if (node.prev) node.prev.next = node.next
  else env.explored[bucket] = node.next
  if (node.next) node.next.prev = node.prev
  node.prev = node.next = undefined
}

/** A state that doesn't help is no longer compared; it stays as long as others come from it. */
function evict(env: VerifierEnv, node: StateNode, bucket: number): void {
  node.inFreeList = true
  unlink(env, node, bucket)
  env.freeListSize++
  env.exploredStatesSize--
  maybeFree(env, node)
}

/** maybe_free_verifier_state. */
function maybeFree(env: VerifierEnv, node: StateNode): void {
  if (!node.inFreeList || node.state.branches !== 0 || hasOpenBackedges(env, node.state)) return
  node.inFreeList = false
  env.freeListSize--
}

function keep(env: VerifierEnv, insnIdx: number, bucket: number): void {
  const cur = env.curState
  env.totalStates++
  env.exploredStatesSize++
  updatePeakStates(env)
  env.prevJmpsProcessed = env.jmpsProcessed
  env.prevInsnProcessed = env.insnProcessed
  if (env.bpfCapable) markAllScalarsImprecise(cur)
  const state = new VerifierState()
  state.assign(cur)
  state.insnIdx = insnIdx
  if (state.branches !== 1) {
    env.verbose(
      `verifier bug: is_state_visited:branches_to_explore=${state.branches} insn ${insnIdx} (new->branches != 1)\n`,
    )
  }
  maybeEnterScc(env, state)
  cur.parent = state
  cur.firstInsnIdx = insnIdx
  cur.dfsDepth = state.dfsDepth + 1
  cur.jmpHistory = []
  for (const frame of cur.frames) frame.clearWritten()
  const node = new StateNode(state)
  const head = env.explored[bucket]
  node.next = head
  if (head) head.prev = node
  env.explored[bucket] = node
}

/** update_branch_counts: a path ended; states of which it was the last are done. */
export function updateBranchCounts(env: VerifierEnv, end: VerifierState): void {
  let node: StateNode | undefined
  for (let state: VerifierState | undefined = end; state;) {
    state.branches--
    if (state.branches < 0) {
      env.verbose(`verifier bug: update_branch_counts:branches_to_explore=${state.branches} ((int)br < 0)\n`)
    }
    if (state.branches) break
    maybeExitScc(env, state)
    const parent: VerifierState | undefined = state.parent
    if (node) maybeFree(env, node)
    state = parent
    node = parent?.node
  }
}

const MAX_BACKEDGE_ITERS = 64

/** propagate_backedges: what the paths from a loop need, around the loop until nothing is added. */
export function propagateBackedges(env: VerifierEnv, visit: SccVisit): void {
  const { backedges } = visit
  let changed = true
  for (let i = 0; changed;) {
    if (i++ > MAX_BACKEDGE_ITERS) {
      if (env.log.level & LogLevel.LEVEL2) env.verbose('propagate_backedges: too many iterations\n')
      for (const backedge of [...backedges].reverse()) markAllScalarsPrecise(env, backedge)
      break
    }
    changed = false
    for (let b = backedges.length - 1; b >= 0; b--) {
      const backedge = backedges[b] as VerifierState
      if (backedge.equalState && propagatePrecision(env, backedge.equalState, backedge)) changed = true
    }
  }
  visit.backedges = []
}
