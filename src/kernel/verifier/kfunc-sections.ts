import { Errno } from '../../uapi/errno.ts'
import { isKfuncCall } from './call-kinds.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { isRbtreeApi } from './graph.ts'
import type { Kfunc } from './kfuncs.ts'
import { KfFlag, kfuncName } from './kfuncs.ts'
import { inRcuSection } from './regs.ts'
import type { RegState } from './state.ts'
import { changeRegs } from './state.ts'
import { Flag, StackType } from './types.ts'
import { facts } from './versions.ts'

/** Sections where a program mustn't sleep: RCU, without preemption, without interrupts. */

/** What check_kfunc_call has about them: functions that begin and end them, and those that sleep. */
export function enterSections(env: VerifierEnv, { name, flags }: Kfunc): void {
  const sleepable = (flags & KfFlag.SLEEPABLE) !== 0
  enterRcu(env, name, sleepable)
  enterPreempt(env, name, sleepable)
  if (env.curState.activeIrqId && sleepable) {
    refuse(env, Errno.EACCES, `kernel func ${name} is sleepable within IRQ-disabled region\n`)
  }
  if (flags & KfFlag.RCU_PROTECTED && !inRcuSection(env)) {
    refuse(env, Errno.EACCES, `kernel func ${name} requires RCU critical section protection\n`)
  }
}

function enterRcu(env: VerifierEnv, name: string, sleepable: boolean): void {
  const state = env.curState
  const lock = name === 'bpf_rcu_read_lock'
  const unlock = name === 'bpf_rcu_read_unlock'
  const nests = facts.rcuSectionsNest
  if (unlock && !state.activeRcuLocks) {
    refuse(env, Errno.EINVAL, `unmatched rcu read unlock (kernel function ${name})\n`)
  }
  const inCallback = (lock || unlock) && (nests || state.activeRcuLocks > 0) && inRbtreeCallback(env)
  if (inCallback) {
    refuse(env, Errno.EACCES, 'Calling bpf_rcu_read_{lock,unlock} in unnecessary rbtree callback\n')
  }
  if (lock) {
    if (state.activeRcuLocks && !nests) {
      refuse(env, Errno.EINVAL, `nested rcu read lock (kernel function ${name})\n`)
    }
    state.activeRcuLocks++
  } else if (unlock) {
    if (--state.activeRcuLocks === 0) distrustRcuPointers(env)
  } else if (sleepable && state.activeRcuLocks) {
    refuse(env, Errno.EACCES, `kernel func ${name} is sleepable within rcu_read_lock region\n`)
  }
}

/** What RCU protected may be gone now: pointers, and iterators that go over such things. */
function distrustRcuPointers(env: VerifierEnv): void {
  const distrust = (reg: RegState) => {
    reg.type &= ~(Flag.MEM_RCU | Flag.PTR_MAYBE_NULL)
    reg.type |= Flag.PTR_UNTRUSTED
  }
  const state = env.curState
  changeRegs(state, ({ type }) => (type & Flag.MEM_RCU) !== 0, distrust)
  for (let f = 0; f <= state.curframe; f++) {
    const frame = state.frameAt(f)
    for (let i = 0; i < frame.slots; i++) {
      const iter = frame.slotType(i, 7) === StackType.ITER && frame.spilled(i).type & Flag.MEM_RCU
      if (iter) distrust(frame.ownSpilled(i))
    }
  }
}

function enterPreempt(env: VerifierEnv, name: string, sleepable: boolean): void {
  const state = env.curState
  if (name === 'bpf_preempt_disable') {
    state.activePreemptLocks++
  } else if (name === 'bpf_preempt_enable') {
    if (!state.activePreemptLocks) {
      refuse(env, Errno.EINVAL, `unmatched attempt to enable preemption (kernel function ${name})\n`)
    }
    state.activePreemptLocks--
  } else if (state.activePreemptLocks && sleepable) {
    refuse(env, Errno.EACCES, `kernel func ${name} is sleepable within non-preemptible region\n`)
  }
}

/** in_rbtree_lock_required_cb: in a function that compares nodes of a tree. */
export function inRbtreeCallback(env: VerifierEnv): boolean {
  const state = env.curState
  const { frame } = state
  if (!state.curframe || !frame.inCallbackFn || !isKfuncCall(env, frame.callsite)) return false
  return isRbtreeApi(kfuncName(env, frame.callsite))
}
