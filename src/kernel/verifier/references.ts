import { Errno } from '../../uapi/errno.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { markInvalid } from './ranges.ts'
import type { VerifierState } from './state.ts'
import { changeRegs } from './state.ts'
import { LOCK_MASK, RefType, typeIsNonOwningRef } from './types.ts'
import { facts } from './versions.ts'

/** What a program must give back: references, locks, interrupt flags; and sections that must end. */

/** acquire_reference. @param parentId the reference that it's part of; 0 for none. @returns its id. */
export function acquireReference(env: VerifierEnv, insnIdx: number, parentId = 0): number {
  const id = ++env.idGen
  const { frame } = env
  const callbackRef = frame.inCallbackFn ? frame.frameno : 0
  env.curState.refs = [...env.curState.refs, { type: RefType.PTR, id, insnIdx, ptr: undefined, callbackRef, parentId }]
  return id
}

/** acquire_lock_state. */
export function acquireLock(env: VerifierEnv, insnIdx: number, type: number, id: number, ptr: unknown): void {
  const state = env.curState
  state.refs = [...state.refs, { type, id, insnIdx, ptr, callbackRef: 0, parentId: 0 }]
  state.activeLocks++
  state.activeLockId = id
  state.activeLockPtr = ptr
}

/** acquire_irq_state. @returns its id. */
export function acquireIrq(env: VerifierEnv, insnIdx: number): number {
  const id = ++env.idGen
  env.curState.refs = [
    ...env.curState.refs,
    { type: RefType.IRQ, id, insnIdx, ptr: undefined, callbackRef: 0, parentId: 0 },
  ]
  env.curState.activeIrqId = id
  return id
}

/** release_reference_nomark. @returns whether there was such a reference. */
export function releaseReferenceNoMark(state: VerifierState, id: number): boolean {
  const i = state.refs.findIndex((ref) => ref.type === RefType.PTR && ref.id === id)
  if (i < 0 || !isOwnReference(state, state.refs[i]?.callbackRef)) return false
  state.refs = state.refs.filter((_, j) => j !== i)
  return true
}

/** Whether the function that runs may give a reference back: a callback perhaps only what it has got itself. */
function isOwnReference({ frame }: VerifierState, callbackRef: number | undefined): boolean {
  return facts.callersReferences || !frame.inCallbackFn || callbackRef === frame.frameno
}

/** release_reference: all pointers that come from it are invalid. @returns whether there was such a reference. */
export function releaseReference(env: VerifierEnv, id: number): boolean {
  if (!releaseReferenceNoMark(env.curState, id)) return false
  const child = env.curState.refs.find(({ type, parentId }) => type === RefType.PTR && parentId === id)
  if (child) {
    const text = `Leaking reference id=${child.id} alloc_insn=${child.insnIdx}. Release it first.\n`
    refuse(env, Errno.EINVAL, text)
  }
  changeRegs(
    env.curState,
    (reg) => reg.refObjId === id,
    (reg) => {
      markInvalid(env, reg)
    },
  )
  return true
}

/** release_lock_state. @returns whether it was held. */
export function releaseLock(state: VerifierState, type: number, id: number, ptr: unknown): boolean {
  let previousId = 0
  let previousPtr: unknown
  for (let i = 0; i < state.refs.length; i++) {
    const ref = state.refs[i]
    if (!ref) continue
    if (ref.type === type && ref.id === id && ref.ptr === ptr) {
      state.refs = state.refs.filter((_, j) => j !== i)
      state.activeLocks--
      state.activeLockId = previousId
      state.activeLockPtr = previousPtr
      return true
    }
    if (ref.type & LOCK_MASK) {
      previousId = ref.id
      previousPtr = ref.ptr
    }
  }
  return false
}

/** release_irq_state. @returns 0, or why not. */
export function releaseIrq(state: VerifierState, id: number): number {
  if (id !== state.activeIrqId) return Errno.EACCES
  let previous = 0
  for (let i = 0; i < state.refs.length; i++) {
    const ref = state.refs[i]
    if (ref?.type !== RefType.IRQ) continue
    if (ref.id === id) {
      state.refs = state.refs.filter((_, j) => j !== i)
      state.activeIrqId = previous
      return 0
    }
    previous = ref.id
  }
  return Errno.EINVAL
}

/** invalidate_non_owning_refs. */
export function invalidateNonOwningRefs(env: VerifierEnv): void {
  changeRegs(
    env.curState,
    (reg) => typeIsNonOwningRef(reg.type),
    (reg) => {
      markInvalid(env, reg)
    },
  )
}

/** check_reference_leak. @returns whether something wasn't given back. */
function hasLeak(env: VerifierEnv, exceptionExit: boolean): boolean {
  const state = env.curState
  const isCallback = !facts.callersReferences && state.frame.inCallbackFn
  if (!exceptionExit && state.frame.frameno && !isCallback) return false
  let lingering = false
  for (const { type, id, insnIdx, callbackRef } of state.refs) {
    if (type !== RefType.PTR) continue
    if (!exceptionExit && !isOwnReference(state, callbackRef)) continue
    // An operation of the kernel's may give a reference back as its result.
    const returned = env.input.resolvedType === ProgType.STRUCT_OPS && !exceptionExit && env.reg(0).refObjId === id
    if (returned) continue
    env.verbose(`Unreleased reference id=${id} alloc_insn=${insnIdx}\n`)
    lingering = true
  }
  return lingering
}

/** What stands where a leak is told of before 6.13; the end of a program says no more than what's left. */
const leakTexts: Readonly<Record<string, string>> = {
  tail_call: 'tail_call would lead to reference leak\n',
  'BPF_LD_[ABS|IND]': 'BPF_LD_[ABS|IND] cannot be mixed with socket references\n',
}

/** What a program's end must not leave behind, in the order and the words of kernels before 6.13. */
function checkResourcesAtExit(env: VerifierEnv, exceptionExit: boolean, isLast: boolean): void {
  const { activeLocks, activeRcuLocks, activePreemptLocks } = env.curState
  const no = (missing: string, region: string): never => {
    const thrown = `bpf_throw cannot be used inside ${region}-ed region\n`
    return refuse(env, Errno.EINVAL, exceptionExit ? thrown : `${missing} missing\n`)
  }
  if (isLast || exceptionExit) {
    if (activeLocks) no('bpf_spin_unlock is', 'bpf_spin_lock')
    if (activeRcuLocks) no('bpf_rcu_read_unlock is', 'bpf_rcu_read_lock')
    const verb = activePreemptLocks === 1 ? ' is' : '(s) are'
    if (activePreemptLocks) no(`${activePreemptLocks} bpf_preempt_enable${verb}`, 'bpf_preempt_disable')
  }
  if (hasLeak(env, exceptionExit)) refuse(env, Errno.EINVAL)
}

/** check_resource_leak. @param what the instruction, as messages call it. */
export function checkResourceLeak(env: VerifierEnv, exceptionExit: boolean, checkLock: boolean, what: string): void {
  const state = env.curState
  const no = (text: string) => {
    refuse(env, Errno.EINVAL, `${what} ${text}\n`)
  }
  if (!facts.leaksNamed && leakTexts[what] === undefined) {
    checkResourcesAtExit(env, exceptionExit, checkLock)
    return
  }
  if (checkLock && state.activeLocks) no('cannot be used inside bpf_spin_lock-ed region')
  if (hasLeak(env, exceptionExit)) {
    if (!facts.leaksNamed) refuse(env, Errno.EINVAL, leakTexts[what] ?? '')
    no('would lead to reference leak')
  }
  if (!checkLock) return
  if (state.activeIrqId) no('cannot be used inside bpf_local_irq_save-ed region')
  if (state.activeRcuLocks) no('cannot be used inside bpf_rcu_read_lock-ed region')
  if (state.activePreemptLocks) no('cannot be used inside bpf_preempt_disable-ed region')
}
