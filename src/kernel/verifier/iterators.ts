import { Kind } from '../../btf/btf.ts'
import { Size } from '../../isa/opcode.ts'
import { AttachType } from '../../uapi/attach-type.ts'
import { Errno } from '../../uapi/errno.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { checkMemAccess } from './access.ts'
import { markNotNull } from './branch.ts'
import { stackObjectSpi } from './dynptr.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { widenImpreciseScalars } from './equal.ts'
import { paramsOf } from './kfunc-arg-kinds.ts'
import type { KfuncMeta } from './kfunc-meta.ts'
import type { Kfunc } from './kfuncs.ts'
import { KfFlag } from './kfuncs.ts'
import { findPrevEntry, sameCallsites } from './prune.ts'
import { markConstZero, markKnownZero, markNotInit } from './ranges.ts'
import { acquireReference, releaseReference } from './references.ts'
import { argText, inRcuSection } from './regs.ts'
import { pushStack } from './stack-of-states.ts'
import type { Reg, VerifierState } from './state.ts'
import { ALL_INVALID, ALL_ITER } from './state.ts'
import { Access, Flag, IterState, REG_SIZE, RegType, StackType } from './types.ts'

/**
 * Iterators on the stack (open-coded ones), and loops over what they give. Each lies in as many slots as its struct
 * needs; the first, at the lowest address, has the reference.
 */

const PREFIX = 'bpf_iter_'

/** iter_get_spi: a slot, or -errno. */
function iterSpi(env: VerifierEnv, reg: Reg, slots: number): number {
  return stackObjectSpi(env, reg, 'iter', slots)
}

/** btf_check_iter_arg: the iterator's struct; undefined for another type. */
function iterStruct(kfunc: Kfunc, argno: number): number | undefined {
  const { btf } = kfunc
  const target = paramsOf(kfunc)[argno]?.target ?? 0
  return btf.kind(target) === Kind.STRUCT && btf.name(target).startsWith(PREFIX) ? target : undefined
}

/** process_iter_arg. */
export function checkIterArg(env: VerifierEnv, meta: KfuncMeta, regno: number): void {
  const { kfunc } = meta
  const reg = env.reg(regno)
  const no = (errno: number, text: string): never => refuse(env, errno, `${text}\n`)
  if (kfunc.name === 'bpf_iter_css_task_new' && !maySeeCssTasks(env)) {
    no(Errno.EINVAL, 'css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs')
  }
  if (reg.type !== RegType.PTR_TO_STACK) no(Errno.EINVAL, `${argText(regno)} expected pointer to an iterator on stack`)
  const struct = iterStruct(kfunc, regno - 1)
  if (struct === undefined) return no(Errno.EINVAL, `expected valid iter pointer as ${argText(regno, 'arg #')}`)
  const slots = Math.floor(kfunc.btf.size(struct) / REG_SIZE)
  const type = kfunc.btf.name(struct).slice(PREFIX.length)
  if (kfunc.flags & KfFlag.ITER_NEW) {
    if (!mayBecome(env, reg, slots))
      no(Errno.EINVAL, `expected uninitialized iter_${type} as ${argText(regno, 'arg #')}`)
    for (let i = 0; i < slots; i++) {
      checkMemAccess(env, env.insnIdx, regno, i * REG_SIZE, Size.DW, Access.WRITE, -1, false, false)
    }
    markIter(env, kfunc, env.reg(regno), struct, slots)
    return
  }
  const errno = initErrno(env, reg, kfunc, struct, slots)
  if (errno === Errno.EPROTO) no(errno, `expected an RCU CS when using ${kfunc.name}`)
  if (errno) no(errno, `expected an initialized iter_${type} as ${argText(regno, 'arg #')}`)
  const spi = iterSpi(env, reg, slots)
  if (spi < 0) refuse(env, -spi)
  for (let i = 0; i < slots; i++) {
    env.liveness.markRead(reg.frameno, env.insnIdx, spi - i)
    env.markSlotScratched(spi - i)
  }
  meta.iterSpi = spi
  meta.iterFrameno = reg.frameno
  meta.refObjId = env.frameOf(reg).spilled(spi).refObjId
  if (kfunc.flags & KfFlag.ITER_DESTROY) unmarkIter(env, reg, slots)
}

/** is_iter_reg_valid_uninit: slots that the stack hasn't got yet will be. */
function mayBecome(env: VerifierEnv, reg: Reg, slots: number): boolean {
  const frame = env.frameOf(reg)
  const spi = iterSpi(env, reg, slots)
  if (spi < 0) return spi === -Errno.ERANGE
  for (let i = 0; i < slots; i++) {
    for (let j = 0; j < REG_SIZE; j++) if (frame.slotType(spi - i, j) === StackType.ITER) return false
  }
  return true
}

/** is_iter_reg_valid_init: 0 for an iterator of that type. */
function initErrno(env: VerifierEnv, reg: Reg, { btf }: Kfunc, struct: number, slots: number): number {
  const frame = env.frameOf(reg)
  const spi = iterSpi(env, reg, slots)
  if (spi < 0) return Errno.EINVAL
  for (let i = 0; i < slots; i++) {
    const slot = frame.spilled(spi - i)
    if (slot.type & Flag.PTR_UNTRUSTED) return Errno.EPROTO
    if ((i === 0) !== (slot.refObjId !== 0)) return Errno.EINVAL
    if (slot.btf !== btf || slot.btfId !== struct) return Errno.EINVAL
    if (frame.slotTypes(spi - i) !== ALL_ITER) return Errno.EINVAL
  }
  return 0
}

/** mark_stack_slots_iter. */
function markIter(env: VerifierEnv, { btf, flags }: Kfunc, reg: Reg, struct: number, slots: number): void {
  const frame = env.frameOf(reg)
  const spi = iterSpi(env, reg, slots)
  if (spi < 0) refuse(env, -spi)
  const id = acquireReference(env, env.insnIdx)
  for (let i = 0; i < slots; i++) {
    const slot = frame.ownSpilled(spi - i)
    markKnownZero(slot)
    slot.type = RegType.PTR_TO_STACK
    if (flags & KfFlag.RCU_PROTECTED) slot.type |= inRcuSection(env) ? Flag.MEM_RCU : Flag.PTR_UNTRUSTED
    slot.refObjId = i === 0 ? id : 0
    slot.btf = btf
    slot.btfId = struct
    slot.iterState = IterState.ACTIVE
    slot.iterDepth = 0
    frame.setSlotTypes(spi - i, ALL_ITER)
    env.liveness.markWrite(frame.frameno, spi - i)
    frame.markSlotWritten(spi - i)
    env.markSlotScratched(spi - i)
  }
}

/** unmark_stack_slots_iter. */
function unmarkIter(env: VerifierEnv, reg: Reg, slots: number): void {
  const frame = env.frameOf(reg)
  const spi = iterSpi(env, reg, slots)
  if (spi < 0) refuse(env, -spi)
  for (let i = 0; i < slots; i++) {
    if (i === 0) releaseReference(env, frame.spilled(spi).refObjId)
    markNotInit(env, frame.ownSpilled(spi - i))
    frame.setSlotTypes(spi - i, ALL_INVALID)
    env.liveness.markWrite(frame.frameno, spi - i)
    frame.markSlotWritten(spi - i)
    env.markSlotScratched(spi - i)
  }
}

/** check_css_task_iter_allowlist: others could wait for a lock that they hold. */
function maySeeCssTasks(env: VerifierEnv): boolean {
  const { resolvedType, expectedAttachType } = env.input
  if (resolvedType === ProgType.LSM) return true
  return (resolvedType === ProgType.TRACING && expectedAttachType === AttachType.TRACE_ITER) || env.inSleepable
}

/** get_iter_from_state. */
export function iterOf(state: VerifierState, { iterFrameno, iterSpi }: KfuncMeta): Reg {
  return state.frameAt(iterFrameno).spilled(iterSpi)
}

/**
 * process_iter_next_call: the call gives nothing, and the iterator is drained; or something, on a path that waits and
 * goes around once more. Such a path ends when it comes back to the call with a state like the one before.
 */
export function finishIterNext(env: VerifierEnv, meta: KfuncMeta): void {
  const { insnIdx, curState: state } = env
  const { iterFrameno, iterSpi } = meta
  if (iterOf(state, meta).iterState === IterState.ACTIVE) {
    const { parent } = state
    if (parent?.insnIdx !== insnIdx || !sameCallsites(parent, state)) {
      refuse(env, Errno.EFAULT, 'verifier bug: bad parent state for iter next call\n')
    }
    // Not the checkpoint that was just made, but the one before.
    const previous = findPrevEntry(env, parent, insnIdx)
    const queued = pushStack(env, insnIdx + 1, insnIdx, false)
    if (!queued) refuse(env, Errno.ENOMEM)
    queued.frameAt(iterFrameno).ownSpilled(iterSpi).iterDepth++
    if (previous) widenImpreciseScalars(env, previous, queued)
    markNotNull(queued.frame.own(0))
  }
  state.frameAt(iterFrameno).ownSpilled(iterSpi).iterState = IterState.DRAINED
  markConstZero(env, state.frame.own(0))
}
