import { Size } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { checkMemAccess } from './access.ts'
import { stackObjectSpi } from './dynptr.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { markKnownZero, markNotInit } from './ranges.ts'
import { acquireIrq, releaseIrq } from './references.ts'
import type { Reg } from './state.ts'
import { ALL_INVALID, ALL_IRQ_FLAG } from './state.ts'
import { Access, REG_SIZE, RegType, StackType } from './types.ts'
import { argText } from './regs.ts'

/** Interrupt flags on the stack, a slot each: from where interrupts are off to where they're as they were. */

/** Which functions a flag belongs to (IRQ_NATIVE_KFUNC, IRQ_LOCK_KFUNC). */
const IrqClass = { NATIVE: 0, LOCK: 1 } as const

/** irq_flag_get_spi: a slot, or -errno. */
function flagSpi(env: VerifierEnv, reg: Reg): number {
  return stackObjectSpi(env, reg, 'irq_flag', 1)
}

/** process_irq_flag. @param name the function that gets the flag. */
export function processIrqFlag(env: VerifierEnv, name: string, regno: number): void {
  switch (name) {
    case 'bpf_local_irq_save':
      saveFlag(env, regno, IrqClass.NATIVE)
      break
    case 'bpf_res_spin_lock_irqsave':
      saveFlag(env, regno, IrqClass.LOCK)
      break
    case 'bpf_local_irq_restore':
      restoreFlag(env, regno, IrqClass.NATIVE)
      break
    case 'bpf_res_spin_unlock_irqrestore':
      restoreFlag(env, regno, IrqClass.LOCK)
      break
    default:
      refuse(env, Errno.EFAULT, 'verifier bug: unknown irq flags kfunc\n')
  }
}

/** mark_stack_slot_irq_flag, and what must be so before it. */
function saveFlag(env: VerifierEnv, regno: number, irqClass: number): void {
  if (!mayBecome(env, env.reg(regno))) {
    refuse(env, Errno.EINVAL, `expected uninitialized irq flag as ${argText(regno)}\n`)
  }
  checkMemAccess(env, env.insnIdx, regno, 0, Size.DW, Access.WRITE, -1, false, false)
  const reg = env.reg(regno)
  const spi = flagSpi(env, reg)
  if (spi < 0) refuse(env, -spi)
  const frame = env.frameOf(reg)
  const id = acquireIrq(env, env.insnIdx)
  env.liveness.markWrite(reg.frameno, spi)
  const slot = frame.ownSpilled(spi)
  markKnownZero(slot)
  slot.type = RegType.PTR_TO_STACK
  slot.refObjId = id
  slot.irqClass = irqClass
  frame.setSlotTypes(spi, ALL_IRQ_FLAG)
  env.markSlotScratched(spi)
}

/** is_irq_flag_reg_valid_uninit: a slot that the stack hasn't got yet will be. */
function mayBecome(env: VerifierEnv, reg: Reg): boolean {
  const spi = flagSpi(env, reg)
  if (spi < 0) return spi === -Errno.ERANGE
  for (let j = 0; j < REG_SIZE; j++) if (env.frameOf(reg).slotType(spi, j) === StackType.IRQ_FLAG) return false
  return true
}

/** is_irq_flag_reg_valid_init. */
function isFlag(env: VerifierEnv, reg: Reg): boolean {
  const spi = flagSpi(env, reg)
  const frame = env.frameOf(reg)
  return spi >= 0 && frame.spilled(spi).refObjId !== 0 && frame.slotTypes(spi) === ALL_IRQ_FLAG
}

/** unmark_stack_slot_irq_flag, and what must be so before it: flags come back in the order opposite to their saving. */
function restoreFlag(env: VerifierEnv, regno: number, irqClass: number): void {
  const reg = env.reg(regno)
  if (!isFlag(env, reg)) refuse(env, Errno.EINVAL, `expected an initialized irq flag as ${argText(regno)}\n`)
  const spi = flagSpi(env, reg)
  env.liveness.markRead(reg.frameno, env.insnIdx, spi)
  env.markSlotScratched(spi)
  const frame = env.frameOf(reg)
  const slot = frame.spilled(spi)
  if (slot.irqClass !== irqClass) {
    const [by, not] = slot.irqClass === IrqClass.NATIVE ? ['native', 'lock'] : ['lock', 'native']
    const text = `irq flag acquired by ${by} kfuncs cannot be restored with ${not} kfuncs\n`
    refuse(env, Errno.EINVAL, text)
  }
  const state = env.curState
  const errno = releaseIrq(state, slot.refObjId)
  if (errno) {
    const last = state.refs.find(({ id }) => id === state.activeIrqId)
    const expected = `expected id=${state.activeIrqId} acquired at insn_idx=${last?.insnIdx ?? 0}`
    refuse(env, errno, `cannot restore irq state out of order, ${expected}\n`)
  }
  markNotInit(env, frame.ownSpilled(spi))
  env.liveness.markWrite(reg.frameno, spi)
  frame.setSlotTypes(spi, ALL_INVALID)
  env.markSlotScratched(spi)
}
