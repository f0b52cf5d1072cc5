import { Errno } from '../../uapi/errno.ts'
import type { VerifierEnv } from './env.ts'
import { notYet, refuse } from './env.ts'
import { markInvalid } from './ranges.ts'
import { releaseReference } from './references.ts'
import type { FuncState, Reg } from './state.ts'
import { changeRegs } from './state.ts'
import { tnumIsConst } from './tnum.ts'
import { DynptrType, Flag, REG_SIZE, RegType, StackType } from './types.ts'

/** Dynptrs on the stack: two slots each, the first one at the lower address. */

const NR_SLOTS = 2

/**
 * stack_slot_obj_get_spi: the slot of an object on the stack.
 * @returns undefined for slots that the stack hasn't got (-ERANGE), which is no error for some.
 */
export function stackObjectSpi(env: VerifierEnv, reg: Reg, kind: string, slots: number): number | undefined {
  if (!tnumIsConst(reg)) refuse(env, Errno.EINVAL, `${kind} has to be at a constant offset\n`)
  const off = reg.off + reg.valLo
  const spi = (-off - 1) >> 3
  if (off % REG_SIZE || spi + 1 < slots) {
    refuse(env, Errno.EINVAL, `cannot pass in ${kind} at an offset=${off}\n`)
  }
  return spi - slots + 1 >= 0 && spi < env.frameOf(reg).slots ? spi : undefined
}

/** dynptr_get_spi. */
export function dynptrSpi(env: VerifierEnv, reg: Reg): number | undefined {
  return stackObjectSpi(env, reg, 'dynptr', NR_SLOTS)
}

/** Only ring buffer reservations are counted (dynptr_type_refcounted). */
export function isRefcounted(type: number): boolean {
  return type === DynptrType.RINGBUF
}

/** invalidate_dynptr. */
function invalidate(env: VerifierEnv, frame: FuncState, spi: number): void {
  frame.clearSlot(spi)
  frame.clearSlot(spi - 1)
  env.liveness.markWrite(frame.frameno, spi)
  env.liveness.markWrite(frame.frameno, spi - 1)
}

/** destroy_if_dynptr_stack_slot: a write to one of its slots ends a dynptr. */
export function destroyIfDynptr(env: VerifierEnv, frame: FuncState, spi: number): void {
  if (frame.slotType(spi, 0) !== StackType.DYNPTR) return
  if (!frame.spilled(spi).firstSlot) spi++
  const { dynptrType, id } = frame.spilled(spi)
  if (isRefcounted(dynptrType)) refuse(env, Errno.EINVAL, 'cannot overwrite referenced dynptr\n')
  env.markSlotScratched(spi)
  env.markSlotScratched(spi - 1)
  const mem = RegType.PTR_TO_MEM
  changeRegs(
    env.curState,
    (reg) => (reg.type === mem || reg.type === (mem | Flag.PTR_MAYBE_NULL)) && reg.dynptrId === id,
    (reg) => {
      markInvalid(env, reg)
    },
  )
  invalidate(env, frame, spi)
}

/** unmark_stack_slots_dynptr: it's given back, and with it what was made of it. */
export function unmarkDynptr(env: VerifierEnv, reg: Reg): void {
  const frame = env.frameOf(reg)
  const spi = dynptrSpi(env, reg)
  if (spi === undefined) refuse(env, Errno.ERANGE)
  const { dynptrType, refObjId } = frame.spilled(spi)
  if (!isRefcounted(dynptrType)) {
    invalidate(env, frame, spi)
    return
  }
  releaseReference(env, refObjId)
  for (let i = 1; i < frame.slots; i++) {
    const other = frame.spilled(i)
    if (other.refObjId === refObjId && frame.slotType(i, 0) === StackType.DYNPTR && other.firstSlot) {
      invalidate(env, frame, i)
    }
  }
}

/** process_dynptr_func. @param argType ArgType.PTR_TO_DYNPTR with flags. */
export function processDynptr(
  _env: VerifierEnv,
  _regno: number,
  _insnIdx: number,
  _argType: number,
  _cloneRefObjId: number,
): void {
  notYet('process_dynptr_func')
}
