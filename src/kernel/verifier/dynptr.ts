import { Size } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { checkMemAccess } from './access.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { dynptrTypeText } from './log.ts'
import { markInvalid, markKnownZero } from './ranges.ts'
import { acquireReference, releaseReference } from './references.ts'
import type { FuncState, Reg, RegState } from './state.ts'
import { ALL_DYNPTR, changeRegs } from './state.ts'
import { tnumIsConst } from './tnum.ts'
import {
  Access,
  ArgType,
  DYNPTR_TYPE_FLAG_MASK,
  DynptrType,
  Flag,
  REG_SIZE,
  RegType,
  StackType,
  spiOf,
} from './types.ts'
import { argText } from './regs.ts'
import { facts } from './versions.ts'

/** Dynptrs: on the stack two slots each, the first one at the lower address; or lent to a callback or a function. */

const NR_SLOTS = 2

/**
 * stack_slot_obj_get_spi: the slot of an object on the stack, or -EINVAL, or -ERANGE for slots that the stack hasn't
 * got, which is no error for some. Only the first of these errors has a text, to which callers add theirs.
 */
export function stackObjectSpi(env: VerifierEnv, reg: Reg, kind: string, slots: number): number {
  if (!tnumIsConst(reg)) {
    env.verbose(`${kind} has to be at a constant offset\n`)
    return -Errno.EINVAL
  }
  const off = (reg.off + reg.valLo) | 0
  const spi = spiOf(off)
  if (off % REG_SIZE || spi + 1 < slots) {
    env.verbose(`cannot pass in ${kind} at an offset=${off}\n`)
    return -Errno.EINVAL
  }
  return spi - slots + 1 >= 0 && spi < env.frameOf(reg).slots ? spi : -Errno.ERANGE
}

/** dynptr_get_spi. */
export function dynptrSpi(env: VerifierEnv, reg: Reg): number {
  return stackObjectSpi(env, reg, 'dynptr', NR_SLOTS)
}

/** Only ring buffer reservations and files are counted (dynptr_type_refcounted). */
function isRefcounted(type: number): boolean {
  return type === DynptrType.RINGBUF || type === DynptrType.FILE
}

const typeOfFlag: Readonly<Record<number, number>> = {
  [Flag.DYNPTR_TYPE_LOCAL]: DynptrType.LOCAL,
  [Flag.DYNPTR_TYPE_RINGBUF]: DynptrType.RINGBUF,
  [Flag.DYNPTR_TYPE_SKB]: DynptrType.SKB,
  [Flag.DYNPTR_TYPE_XDP]: DynptrType.XDP,
  [Flag.DYNPTR_TYPE_SKB_META]: DynptrType.SKB_META,
  [Flag.DYNPTR_TYPE_FILE]: DynptrType.FILE,
}

/** arg_to_dynptr_type. */
function typeOfArg(argType: number): number {
  return typeOfFlag[argType & DYNPTR_TYPE_FLAG_MASK] ?? DynptrType.INVALID
}

/** get_dynptr_type_flag: the flag of slices of a dynptr of some type. */
export function dynptrTypeFlag(type: number): number {
  for (const [flag, of] of Object.entries(typeOfFlag)) if (of === type) return Number(flag)
  return 0
}

/** __mark_dynptr_reg. */
export function markDynptrReg(reg: RegState, type: number, firstSlot: boolean, id: number): void {
  markKnownZero(reg)
  reg.type = RegType.CONST_PTR_TO_DYNPTR
  reg.id = id
  reg.dynptrType = type
  reg.firstSlot = firstSlot
}

/** The register that tells about a dynptr: of its first slot, or the pointer itself; undefined for none. */
function dynptrReg(env: VerifierEnv, reg: Reg): Reg | undefined {
  if (reg.type === RegType.CONST_PTR_TO_DYNPTR) return reg
  const spi = dynptrSpi(env, reg)
  return spi < 0 ? undefined : env.frameOf(reg).spilled(spi)
}

/** dynptr_id. */
export function dynptrId(env: VerifierEnv, reg: Reg): number {
  return dynptrReg(env, reg)?.id ?? -1
}

/** dynptr_ref_obj_id. */
export function dynptrRefObjId(env: VerifierEnv, reg: Reg): number {
  return dynptrReg(env, reg)?.refObjId ?? -1
}

/** dynptr_get_type. */
export function dynptrGetType(env: VerifierEnv, reg: Reg): number {
  if (reg.type === RegType.CONST_PTR_TO_DYNPTR) return reg.dynptrType
  const spi = spiOf(reg.off)
  return spi < 0 ? DynptrType.INVALID : env.frameOf(reg).spilled(spi).dynptrType
}

/** References that a new dynptr has to do with; 0 for none. */
export interface DynptrRefs {
  /** Whose reference a clone shares. */
  readonly clone: number
  /** What it's made of. */
  readonly parent: number
}

export const noDynptrRefs: DynptrRefs = { clone: 0, parent: 0 }

/** mark_stack_slots_dynptr. */
function markDynptr(env: VerifierEnv, reg: Reg, argType: number, insnIdx: number, refs: DynptrRefs): void {
  const frame = env.frameOf(reg)
  const spi = dynptrSpi(env, reg)
  if (spi < 0) refuse(env, -spi)
  // Both slots may belong to different ones.
  destroyIfDynptr(env, frame, spi)
  destroyIfDynptr(env, frame, spi - 1)
  frame.setSlotTypes(spi, ALL_DYNPTR)
  frame.setSlotTypes(spi - 1, ALL_DYNPTR)
  const type = typeOfArg(argType)
  if (type === DynptrType.INVALID) refuse(env, Errno.EINVAL)
  const refer = () => (isRefcounted(type) ? refs.clone || acquireReference(env, insnIdx, refs.parent) : 0)
  const early = facts.derivedGoWithParent ? refer() : 0
  const id = ++env.idGen
  const first = frame.ownSpilled(spi)
  const second = frame.ownSpilled(spi - 1)
  markDynptrReg(first, type, true, id)
  markDynptrReg(second, type, false, id)
  first.refObjId = second.refObjId = early || refer()
  env.liveness.markWrite(frame.frameno, spi)
  frame.markSlotWritten(spi)
  env.liveness.markWrite(frame.frameno, spi - 1)
  frame.markSlotWritten(spi - 1)
}

/** invalidate_dynptr. */
function invalidate(env: VerifierEnv, frame: FuncState, spi: number): void {
  frame.clearSlot(spi)
  frame.clearSlot(spi - 1)
  env.liveness.markWrite(frame.frameno, spi)
  frame.markSlotWritten(spi)
  env.liveness.markWrite(frame.frameno, spi - 1)
  frame.markSlotWritten(spi - 1)
}

/** destroy_if_dynptr_stack_slot: a write to one of its slots ends a dynptr. */
export function destroyIfDynptr(env: VerifierEnv, frame: FuncState, spi: number): void {
  if (frame.slotType(spi, 0) !== StackType.DYNPTR) return
  if (!frame.spilled(spi).firstSlot) spi++
  const { dynptrType, id } = frame.spilled(spi)
  if (isRefcounted(dynptrType) && !hasClone(env, frame, spi)) {
    refuse(env, Errno.EINVAL, 'cannot overwrite referenced dynptr\n')
  }
  env.markSlotScratched(spi)
  env.markSlotScratched(spi - 1)
  endSlices(env, id)
  invalidate(env, frame, spi)
}

/** dynptr_ref_cnt: whether another dynptr can still give its reference back. */
function hasClone(env: VerifierEnv, of: FuncState, spi: number): boolean {
  if (!facts.derivedGoWithParent) return false
  const { refObjId } = of.spilled(spi)
  for (let f = 0; f <= env.curState.curframe; f++) {
    const frame = env.curState.frameAt(f)
    for (let i = 1; i < frame.slots; i++) {
      if ((frame !== of || i !== spi) && isFirstOf(frame, i, refObjId)) return true
    }
  }
  return false
}

/** Whether a dynptr with some reference begins at a slot. */
function isFirstOf(frame: FuncState, i: number, refObjId: number): boolean {
  const slot = frame.spilled(i)
  return slot.refObjId === refObjId && frame.slotType(i, 0) === StackType.DYNPTR && slot.firstSlot
}

/** What was made of a dynptr isn't memory any more. */
function endSlices(env: VerifierEnv, id: number): void {
  const mem = RegType.PTR_TO_MEM
  changeRegs(
    env.curState,
    (reg) =>
      reg.dynptrId === id &&
      (facts.derivedGoWithParent || reg.type === mem || reg.type === (mem | Flag.PTR_MAYBE_NULL)),
    (reg) => {
      markInvalid(env, reg)
    },
  )
}

/** unmark_stack_slots_dynptr: it's given back, and with it what was made of it. */
export function unmarkDynptr(env: VerifierEnv, reg: Reg): void {
  const frame = env.frameOf(reg)
  const spi = dynptrSpi(env, reg)
  if (spi < 0) refuse(env, -spi)
  const { dynptrType, refObjId } = frame.spilled(spi)
  if (!isRefcounted(dynptrType)) {
    invalidate(env, frame, spi)
    return
  }
  releaseReference(env, refObjId)
  for (let i = 1; i < frame.slots; i++) {
    if (!isFirstOf(frame, i, refObjId)) continue
    if (facts.derivedGoWithParent) endSlices(env, frame.spilled(i).id)
    invalidate(env, frame, i)
  }
}

/** is_dynptr_reg_valid_uninit. */
function mayBecome(env: VerifierEnv, reg: Reg): boolean {
  if (reg.type === RegType.CONST_PTR_TO_DYNPTR) return false
  const spi = dynptrSpi(env, reg)
  return spi >= 0 || spi === -Errno.ERANGE
}

/** is_dynptr_reg_valid_init. */
function isInitialized(env: VerifierEnv, reg: Reg): boolean {
  if (reg.type === RegType.CONST_PTR_TO_DYNPTR) return true
  const spi = dynptrSpi(env, reg)
  if (spi < 0) return false
  const frame = env.frameOf(reg)
  if (!frame.spilled(spi).firstSlot) return false
  return frame.slotTypes(spi) === ALL_DYNPTR && frame.slotTypes(spi - 1) === ALL_DYNPTR
}

/**
 * process_dynptr_func: an argument that is a dynptr, or becomes one.
 * @param argType ArgType.PTR_TO_DYNPTR with flags.
 */
export function processDynptrFunc(
  env: VerifierEnv,
  regno: number,
  insnIdx: number,
  argType: number,
  refs = noDynptrRefs,
): void {
  const reg = env.reg(regno)
  const no = (text: string): never => refuse(env, Errno.EINVAL, `${text}\n`)
  const isConst = reg.type === RegType.CONST_PTR_TO_DYNPTR
  if (reg.type !== RegType.PTR_TO_STACK && !isConst) {
    no(`${argText(regno)} expected pointer to stack or const struct bpf_dynptr`)
  }
  if (argType & Flag.MEM_UNINIT) {
    if (!mayBecome(env, reg)) no('Dynptr has to be an uninitialized dynptr')
    for (let i = 0; i < NR_SLOTS * REG_SIZE; i += REG_SIZE) {
      checkMemAccess(env, insnIdx, regno, i, Size.DW, Access.WRITE, -1, false, false)
    }
    markDynptr(env, env.reg(regno), argType, insnIdx, refs)
    return
  }
  if (facts.dynptrReleasedAsOne) {
    if (isConst && argType & Flag.OBJ_RELEASE) no('CONST_PTR_TO_DYNPTR cannot be released')
  } else if (isConst && !(argType & Flag.MEM_RDONLY)) {
    no('cannot pass pointer to const bpf_dynptr, the helper mutates it')
  }
  if (!isInitialized(env, reg)) no(`Expected an initialized dynptr as ${argText(regno, 'arg #')}`)
  const wanted = argType & ~(Flag.MEM_RDONLY | (facts.dynptrReleasedAsOne ? Flag.OBJ_RELEASE : 0))
  if (wanted !== ArgType.PTR_TO_DYNPTR && dynptrReg(env, reg)?.dynptrType !== typeOfArg(wanted)) {
    no(`Expected a dynptr of type ${dynptrTypeText(typeOfArg(wanted))} as ${argText(regno, 'arg #')}`)
  }
  if (!isConst) markDynptrRead(env, reg)
}

/** mark_dynptr_read, mark_stack_slot_obj_read. */
function markDynptrRead(env: VerifierEnv, reg: Reg): void {
  const spi = dynptrSpi(env, reg)
  for (let i = 0; i < NR_SLOTS; i++) {
    env.liveness.markRead(reg.frameno, env.insnIdx, spi - i)
    env.markSlotScratched(spi - i)
  }
}
