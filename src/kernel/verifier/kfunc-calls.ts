import { Errno } from '../../uapi/errno.ts'
import { clearAllPacketPointers } from './calls.ts'
import { unmarkDynptr } from './dynptr.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { checkReturnCode } from './exit.ts'
import { isGraphApi } from './graph.ts'
import { finishIterNext } from './iterators.ts'
import { paramsOf } from './kfunc-arg-kinds.ts'
import { checkKfuncArgs } from './kfunc-args.ts'
import { callBack, checkDropped, convertInserted } from './kfunc-graph.ts'
import type { KfuncMeta } from './kfunc-meta.ts'
import { makeKfuncMeta } from './kfunc-meta.ts'
import { setKfuncResult } from './kfunc-results.ts'
import { enterSections } from './kfunc-sections.ts'
import type { Kfunc } from './kfuncs.ts'
import { KfFlag, kfuncChangesPktData, kfuncName, kfuncOf } from './kfuncs.ts'
import { isNull, markNotInit, markUnknown, setS32Range } from './ranges.ts'
import { releaseReference } from './references.ts'
import { markInsnZext } from './regs.ts'
import { pushStack } from './stack-of-states.ts'
import { Kind } from '../../btf/btf.ts'
import { facts } from './versions.ts'

/** Calls of kernel functions (check_kfunc_call). */

const MAX_ERRNO = 4095
const CALLER_SAVED = 6

const takesResilientLock: ReadonlySet<string> = new Set(['bpf_res_spin_lock', 'bpf_res_spin_lock_irqsave'])

export function checkKfuncCall(env: VerifierEnv): void {
  const { insns, insnIdx } = env
  // A weak one that this kernel does not have: fixup_kfunc_call refuses it, unless dead code removal took it away.
  if (insns.imm(insnIdx) === 0) return
  const kfunc = kfuncOf(env, insnIdx)
  if (!kfunc) {
    const text = `calling kernel function ${kfuncName(env, insnIdx)} is not allowed\n`
    refuse(env, Errno.EACCES, text)
  }
  const { name, flags } = kfunc
  env.curAux.isIterNext = (flags & KfFlag.ITER_NEXT) !== 0
  if (takesResilientLock.has(name)) pushFailedLock(env)
  else if (name === '__bpf_trap') {
    refuse(env, Errno.EFAULT, 'unexpected __bpf_trap() due to uninitialized variable?\n')
  }
  // KF_DESTRUCTIVE asks for CAP_SYS_BOOT, which root has.
  if (flags & KfFlag.SLEEPABLE && !env.inSleepable) {
    refuse(env, Errno.EACCES, `program must be sleepable to call sleepable kfunc ${name}\n`)
  }
  const meta = makeKfuncMeta(kfunc)
  checkKfuncArgs(env, meta)
  checkDropped(env, meta)
  callBack(env, meta)
  if (name === 'bpf_session_cookie') {
    meta.r0Size = 8
    meta.r0Rdonly = false
  }
  enterSections(env, kfunc)
  if (meta.releaseRegno) release(env, meta)
  convertInserted(env, meta)
  if (name === 'bpf_throw') throwException(env)
  const { frame } = env
  for (let i = 0; i < CALLER_SAVED; i++) markNotInit(env, frame.own(i))
  setKfuncResult(env, meta)
  if (kfuncChangesPktData(kfunc)) clearAllPacketPointers(env)
  markArgSizes(env, kfunc)
  if (flags & KfFlag.ITER_NEXT) finishIterNext(env, meta)
}

/** What was taken back is gone. */
function release(env: VerifierEnv, { kfunc, releaseRegno, dynptrId }: KfuncMeta): void {
  const reg = env.reg(releaseRegno)
  if (facts.kfuncsTrusted && isNull(reg)) return
  if (facts.kfuncsTrusted && dynptrId) {
    unmarkDynptr(env, reg)
    return
  }
  if (releaseReference(env, reg.refObjId)) return
  refuse(env, Errno.EINVAL, `kfunc ${kfunc.name}#${kfunc.id} reference has not been acquired before\n`)
}

/** The lock may not be got: that path goes on with an error in r0. */
function pushFailedLock(env: VerifierEnv): void {
  const state = pushStack(env, env.insnIdx + 1, env.insnIdx, false)
  if (!state) refuse(env, Errno.ENOMEM, 'failed to push state for failed lock acquisition\n')
  const { frame } = state
  for (let i = 0; i < CALLER_SAVED; i++) markNotInit(env, frame.own(i))
  const r0 = frame.own(0)
  markUnknown(env, r0)
  setS32Range(env, r0, -MAX_ERRNO, -1)
  r0.subregDef = env.insnIdx + 1
}

/** bpf_throw: without a callback of the program's own, what's thrown is what the program returns. */
function throwException(env: VerifierEnv): void {
  env.seenException = true
  if (!env.input.exceptionCallback) checkReturnCode(env, 1, 'R1')
}

/** mark_btf_func_reg_size of the arguments: who wrote only the low half of an 8-byte one must clear the high one. */
function markArgSizes(env: VerifierEnv, kfunc: Kfunc): void {
  const { btf } = kfunc
  const { frame } = env
  paramsOf(kfunc).forEach(({ type }, i) => {
    if (btf.kind(type) === Kind.PTR || btf.size(type) === 8) markInsnZext(env, frame, i + 1)
  })
}

/** Beside those of lists and trees. */
const spinAllowed: ReadonlySet<string> = new Set([
  'bpf_iter_num_new',
  'bpf_iter_num_next',
  'bpf_iter_num_destroy',
  'bpf_res_spin_lock',
  'bpf_res_spin_unlock',
  'bpf_res_spin_lock_irqsave',
  'bpf_res_spin_unlock_irqrestore',
])

/** kfunc_spin_allowed: functions that may be called while a lock is held. */
export function isAllowedUnderLock(env: VerifierEnv, slot: number): boolean {
  const name = kfuncName(env, slot)
  return isGraphApi(name) || (facts.iterationUnderLock && spinAllowed.has(name))
}
