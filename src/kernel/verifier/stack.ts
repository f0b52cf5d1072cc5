import { Class, Mode } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { destroyIfDynptr } from './dynptr.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { checkFastcallContract } from './fastcall.ts'
import type { CallArgMeta } from './helper-args.ts'
import { pushJmpHistory, stackAccessFlags } from './history.ts'
import { verboseLinfo } from './linfo.ts'
import { markChainPrecision } from './precision.ts'
import { isNull, markConstZero, markKnownInt, markUnknown, regWidth } from './ranges.ts'
import type { FuncState, Reg } from './state.ts'
import { RegState } from './state.ts'
import { tnumIsConst, tnumIsUnknown, tnumText } from './tnum.ts'
import { ltS64, toNumber } from './int64.ts'
import { Access, BPF_ADD_CONST, MAX_STACK, REG_SIZE, RegType, StackType, isSpillableRegType, spiOf } from './types.ts'
import { facts } from './versions.ts'

/** Reads and writes of the stack: registers spilled and filled, bytes, and what may lie where nobody knows exactly. */

const BPF_MAX_VAR_OFF = 1 << 29

/** is_bpf_st_mem. */
function isStoreImm(env: VerifierEnv, insnIdx: number): boolean {
  const code = env.insns.code(insnIdx)
  return (code & 7) === Class.ST && (code & 0xe0) === Mode.MEM
}

/** assign_scalar_id_before_mov: a copy must be known to be one. */
export function assignScalarId(env: VerifierEnv, frame: FuncState, regno: number): Reg {
  const reg = frame.reg(regno)
  if (reg.type !== RegType.SCALAR_VALUE) return reg
  const clear = (reg.id & BPF_ADD_CONST) !== 0
  if (!clear && (reg.id || tnumIsConst(reg))) return reg
  const own = frame.own(regno)
  if (clear) {
    own.id = 0
    own.off = 0
  }
  if (!own.id && !tnumIsConst(own)) own.id = ++env.idGen
  return own
}

/** mark_stack_slot_misc, of one byte. */
function markMisc(frame: FuncState, spi: number, j: number): void {
  const type = frame.slotType(spi, j)
  if (type !== StackType.ZERO && type !== StackType.INVALID) frame.setSlotType(spi, j, StackType.MISC)
}

/** scrub_spilled_slot, of all eight bytes. */
export function scrubSlot(frame: FuncState, spi: number): void {
  for (let j = 0; j < REG_SIZE; j++) {
    if (frame.slotType(spi, j) !== StackType.INVALID) frame.setSlotType(spi, j, StackType.MISC)
  }
}

/** save_register_state. @returns the spilled copy. */
function saveRegister(frame: FuncState, spi: number, reg: Reg, size: number): RegState {
  const copy = frame.putSpilled(spi, reg)
  for (let j = REG_SIZE - 1; j >= REG_SIZE - size; j--) frame.setSlotType(spi, j, StackType.SPILL)
  for (let j = REG_SIZE - size - 1; j >= 0; j--) markMisc(frame, spi, j)
  return copy
}

const immediate = new RegState()
immediate.type = RegType.SCALAR_VALUE

/** check_stack_write_fixed_off. */
function writeFixed(
  env: VerifierEnv,
  frame: FuncState,
  off: number,
  size: number,
  valueRegno: number,
  insnIdx: number,
) {
  const slot = -off - 1
  const spi = slot >> 3
  const aligned = off % REG_SIZE === 0
  if (!env.allowPtrLeaks && frame.isSpilledReg(spi) && !frame.isSpilledScalar(spi) && size !== REG_SIZE) {
    refuse(env, Errno.EACCES, 'attempt to corrupt spilled pointer on stack\n')
  }
  const cur = env.frame
  const reg = valueRegno >= 0 ? cur.reg(valueRegno) : undefined
  if (!env.bypassSpecV4) sanitizeStore(env, frame, spi, size, reg, insnIdx)
  destroyIfDynptr(env, frame, spi)
  if (aligned && size === REG_SIZE) {
    env.liveness.markWrite(frame.frameno, spi)
    frame.markSlotWritten(spi)
  }
  checkFastcallContract(env, frame.subprogno, insnIdx, off)
  env.markSlotScratched(spi)
  let spilled = true
  if (reg && aligned && isSpilledNumber(reg, size) && env.bpfCapable) {
    const fits = regWidth(reg) <= 8 * size
    const assigns = fits && facts.unboundedSpilled
    const saved = saveRegister(frame, spi, assigns ? assignScalarId(env, cur, valueRegno) : reg, size)
    if (!fits) saved.id = 0
  } else if (!reg && aligned && facts.constantsSpilled && isStoreImm(env, insnIdx) && env.bpfCapable) {
    markKnownInt(immediate, env.insns.imm(insnIdx))
    saveRegister(frame, spi, immediate, size)
  } else if (reg && isSpillableRegType(reg.type)) {
    if (size !== REG_SIZE) {
      verboseLinfo(env, insnIdx, '; ')
      refuse(env, Errno.EACCES, 'invalid size of register spill\n')
    }
    if (frame !== cur && reg.type === RegType.PTR_TO_STACK) {
      refuse(env, Errno.EINVAL, 'cannot spill pointers to stack into stack frame of the caller\n')
    }
    saveRegister(frame, spi, reg, size)
  } else {
    spilled = false
    writeBytes(env, frame, slot, size, valueRegno, insnIdx)
  }
  if (spilled) pushJmpHistory(env, env.curState, stackAccessFlags(frame.frameno, spi))
}

/** Whether a number is kept as one in its slot: older kernels know less of them. */
function isSpilledNumber(reg: Reg, size: number): boolean {
  if (reg.type !== RegType.SCALAR_VALUE) return false
  if (!facts.zerosSpilled && isNull(reg)) return false
  if (!facts.narrowSpilled && size !== REG_SIZE) return false
  return facts.unboundedSpilled || isBounded(reg)
}

/** register_is_bounded. */
function isBounded(reg: Reg): boolean {
  const { sminHi, sminLo, smaxHi, smaxLo, uminHi, uminLo, umaxHi, umaxLo, s32Min, s32Max, u32Min, u32Max } = reg
  const signed = sminHi === -0x80000000 && sminLo === 0 && smaxHi === 0x7fffffff && smaxLo === -1
  const unsigned = (uminHi | uminLo) === 0 && (umaxHi & umaxLo) === -1
  const words = s32Min === -0x80000000 && s32Max === 0x7fffffff && u32Min === 0 && u32Max === -1
  return !(tnumIsUnknown(reg) && signed && unsigned && words)
}

/** Under speculative store bypass what was stored may be read too late. */
function sanitizeStore(
  env: VerifierEnv,
  frame: FuncState,
  spi: number,
  size: number,
  reg: Reg | undefined,
  insnIdx: number,
): void {
  let sanitize = reg !== undefined && isSpillableRegType(reg.type)
  for (let j = 0; j < size && !sanitize; j++) {
    const type = frame.slotType(spi, j)
    sanitize = type !== StackType.MISC && type !== StackType.ZERO
  }
  if (sanitize) env.auxAt(insnIdx).nospecResult = true
}

/** A store that leaves plain bytes. */
function writeBytes(
  env: VerifierEnv,
  frame: FuncState,
  slot: number,
  size: number,
  valueRegno: number,
  insnIdx: number,
): void {
  const spi = slot >> 3
  frame.ownSpilled(spi).type = RegType.NOT_INIT
  if (frame.isSpecial(spi)) scrubSlot(frame, spi)
  let type: number = StackType.MISC
  const zero = valueRegno >= 0 ? isNull(env.reg(valueRegno)) : isStoreImm(env, insnIdx) && env.insns.imm(insnIdx) === 0
  if (zero) {
    if (valueRegno >= 0) markChainPrecision(env, valueRegno)
    type = StackType.ZERO
  }
  for (let i = 0; i < size; i++) frame.setSlotType(spi, (slot - i) & 7, type)
}

/**
 * What single writes of unknown bytes, one after the other, make of a part of the stack: the kernel goes through what a
 * helper writes that way. @returns false where that isn't said here, and nothing is done.
 */
export function clobberStack(env: VerifierEnv, regno: number, size: number, insnIdx: number): boolean {
  const reg = env.reg(regno)
  if (reg.type !== RegType.PTR_TO_STACK || !tnumIsConst(reg)) return false
  const start = toNumber(reg.valHi, reg.valLo) + reg.off
  const end = start + size
  if (start < -MAX_STACK || end > 0) return false
  const frame = env.frameOf(reg)
  growStack(env, frame, -start)
  checkFastcallContract(env, frame.subprogno, insnIdx, start)
  for (let off = start; off < end;) {
    const next = Math.min(end, (off & -REG_SIZE) + REG_SIZE)
    const spi = (-off - 1) >> 3
    if (!env.allowPtrLeaks && frame.isSpilledReg(spi) && !frame.isSpilledScalar(spi)) {
      refuse(env, Errno.EACCES, 'attempt to corrupt spilled pointer on stack\n')
    }
    if (!env.bypassSpecV4) sanitizeStore(env, frame, spi, 1, undefined, insnIdx)
    destroyIfDynptr(env, frame, spi)
    env.markSlotScratched(spi)
    writeBytes(env, frame, -off - 1, next - off, -1, insnIdx)
    off = next
  }
  return true
}

/** check_stack_write_var_off: any byte of a range may be written. */
function writeVariable(
  env: VerifierEnv,
  frame: FuncState,
  ptrRegno: number,
  off: number,
  size: number,
  valueRegno: number,
  insnIdx: number,
): void {
  const ptr = env.reg(ptrRegno)
  const min = ptr.sminLo + off
  const max = ptr.smaxLo + off + size
  const value = valueRegno >= 0 ? env.reg(valueRegno) : undefined
  const writingZero = value ? isNull(value) : isStoreImm(env, insnIdx) && env.insns.imm(insnIdx) === 0
  let zeroUsed = false
  for (let i = min; i < max; i++) destroyIfDynptr(env, frame, spiOf(i))
  checkFastcallContract(env, frame.subprogno, insnIdx, min)
  for (let i = min; i < max; i++) {
    const slot = -i - 1
    const spi = slot >> 3
    const type = frame.slotType(spi, slot & 7)
    env.markSlotScratched(spi)
    if (!env.allowPtrLeaks && type !== StackType.MISC && type !== StackType.ZERO) {
      const where = `insn ${insnIdx}, ptr off: ${i}`
      refuse(env, Errno.EINVAL, `spilled ptr in range of var-offset stack write; ${where}`)
    }
    if (writingZero && type === StackType.SPILL && frame.isSpilledScalar(spi) && isNull(frame.spilled(spi))) {
      zeroUsed = true
      continue
    }
    frame.ownSpilled(spi).type = RegType.NOT_INIT
    if (facts.varOffWriteScrubs) scrubSpills(frame, spi)
    let newType: number = StackType.MISC
    if (writingZero && type === StackType.ZERO) {
      newType = StackType.ZERO
      zeroUsed = true
    }
    if (type === StackType.INVALID && !env.allowUninitStack) {
      const where = `insn ${insnIdx}, off: ${i}`
      refuse(env, Errno.EINVAL, `uninit stack in range of var-offset write prohibited for !root; ${where}\n`)
    }
    frame.setSlotType(spi, slot & 7, newType)
  }
  if (zeroUsed && valueRegno >= 0) markChainPrecision(env, valueRegno)
}

/** scrub_spilled_slot, of a whole slot: what's left of a spilled register is bytes. */
function scrubSpills(frame: FuncState, spi: number): void {
  for (let j = 0; j < REG_SIZE; j++) {
    if (frame.slotType(spi, j) === StackType.SPILL) frame.setSlotType(spi, j, StackType.MISC)
  }
}

/** mark_reg_stack_read: what a register holds that was read from bytes. */
function markRead(env: VerifierEnv, frame: FuncState, min: number, max: number, dstRegno: number): void {
  let zeros = 0
  for (let i = min; i < max; i++) {
    const slot = -i - 1
    env.markSlotScratched(slot >> 3)
    if (frame.slotType(slot >> 3, slot & 7) !== StackType.ZERO) break
    zeros++
  }
  const dst = env.own(dstRegno)
  if (zeros === max - min) markConstZero(env, dst)
  else markUnknown(env, dst)
}

/** Refuses bytes that were never written, for those who mayn't see them. */
function checkByte(env: VerifierEnv, type: number, off: number, i: number, size: number): void {
  if (type === StackType.MISC || type === StackType.ZERO) return
  if (type === StackType.INVALID && env.allowUninitStack) return
  refuse(env, Errno.EACCES, `invalid read from stack off ${off}+${i} size ${size}\n`)
}

/** check_stack_read_fixed_off. */
function readFixed(env: VerifierEnv, frame: FuncState, off: number, size: number, dstRegno: number): void {
  const slot = -off - 1
  const spi = slot >> 3
  const cur = env.frame
  env.markSlotScratched(spi)
  checkFastcallContract(env, cur.subprogno, env.insnIdx, off)
  env.liveness.markRead(frame.frameno, env.insnIdx, spi)
  if (!frame.isSpilledReg(spi)) {
    for (let i = 0; i < size; i++) checkByte(env, frame.slotType(spi, (slot - i) & 7), off, i, size)
    if (dstRegno >= 0) markRead(env, frame, off, off + size, dstRegno)
    return
  }
  const reg = frame.spilled(spi)
  let spillSize = 1
  for (let j = REG_SIZE - 1; j > 0 && frame.slotType(spi, j - 1) === StackType.SPILL; j--) spillSize++
  if (size !== REG_SIZE || spillSize !== REG_SIZE) {
    if (reg.type !== RegType.SCALAR_VALUE) {
      verboseLinfo(env, env.insnIdx, '; ')
      refuse(env, Errno.EACCES, 'invalid size of register fill\n')
    }
    if (dstRegno < 0) return
    if (size > spillSize || off % REG_SIZE !== 0) {
      if (!fillPart(env, frame, off, size, dstRegno)) return
    } else {
      const { subregDef } = cur.reg(dstRegno)
      const dst = cur.put(dstRegno, reg)
      dst.subregDef = subregDef
      if (regWidth(reg) > size * 8) dst.id = 0
    }
  } else if (dstRegno >= 0) {
    cur.put(dstRegno, reg)
  } else if (!env.allowPtrLeaks && reg.type !== RegType.SCALAR_VALUE) {
    refuse(env, Errno.EACCES, `leaking pointer from stack off ${off}\n`)
  }
  pushJmpHistory(env, env.curState, stackAccessFlags(frame.frameno, spi))
}

/** A read that isn't of a spilled register as it was spilled. @returns whether the register is the spilled one after all. */
function fillPart(env: VerifierEnv, frame: FuncState, off: number, size: number, dstRegno: number): boolean {
  const slot = -off - 1
  const spi = slot >> 3
  let spills = 0
  let zeros = 0
  for (let i = 0; i < size; i++) {
    const type = frame.slotType(spi, (slot - i) & 7)
    if (type === StackType.SPILL) {
      spills++
      continue
    }
    if (type === StackType.ZERO) zeros++
    checkByte(env, type, off, i, size)
  }
  const reg = frame.spilled(spi)
  const dst = env.own(dstRegno)
  if (spills === size && (reg.valHi | reg.valLo | reg.maskHi | reg.maskLo) === 0) {
    markConstZero(env, dst)
    return true
  }
  if (zeros === size) markConstZero(env, dst)
  else markUnknown(env, dst)
  return false
}

/** check_stack_read. @param off includes the pointer's fixed part. */
export function checkStackRead(env: VerifierEnv, ptrRegno: number, off: number, size: number, dstRegno: number): void {
  const reg = env.reg(ptrRegno)
  const frame = env.frameOf(reg)
  if (tnumIsConst(reg)) {
    readFixed(env, frame, off + reg.valLo, size, dstRegno)
    return
  }
  if (dstRegno < 0) {
    const what = `var_off=${tnumText(reg)} off=${off} size=${size}`
    refuse(env, Errno.EACCES, `variable offset stack pointer cannot be passed into helper function; ${what}\n`)
  }
  checkStackRange(env, ptrRegno, off, size, false, Access.READ, undefined)
  const min = reg.sminLo + off
  const max = reg.smaxLo + off
  markRead(env, frame, min, max + size, dstRegno)
  checkFastcallContract(env, frame.subprogno, env.insnIdx, min)
}

/** check_stack_write. */
export function checkStackWrite(
  env: VerifierEnv,
  ptrRegno: number,
  off: number,
  size: number,
  valueRegno: number,
  insnIdx: number,
): void {
  const reg = env.reg(ptrRegno)
  const frame = env.frameOf(reg)
  if (tnumIsConst(reg)) writeFixed(env, frame, off + reg.valLo, size, valueRegno, insnIdx)
  else writeVariable(env, frame, ptrRegno, off, size, valueRegno, insnIdx)
}

/** grow_stack_state. */
function growStack(env: VerifierEnv, frame: FuncState, size: number): void {
  const slots = Math.ceil(size / REG_SIZE)
  if (frame.slots >= slots) return
  frame.grow(slots)
  const subprog = env.subprog(frame.subprogno)
  if (subprog.stackDepth < slots * REG_SIZE) subprog.stackDepth = slots * REG_SIZE
}

/** check_stack_access_within_bounds. @param access undefined: a helper's, where older kernels don't tell which. */
export function checkStackBounds(
  env: VerifierEnv,
  regno: number,
  off: number,
  size: number,
  access: number | undefined,
): void {
  const reg = env.reg(regno)
  const frame = env.frameOf(reg)
  const what = access === undefined ? ' indirect access to' : access === Access.READ ? ' read from' : ' write to'
  const known = tnumIsConst(reg)
  let min: number
  let max: number
  if (known) {
    min = toNumber(reg.valHi, reg.valLo) + off
    max = min + size
  } else {
    if (!ltS64(reg.smaxHi, reg.smaxLo, 0, BPF_MAX_VAR_OFF) || !ltS64(-1, -BPF_MAX_VAR_OFF, reg.sminHi, reg.sminLo)) {
      refuse(env, Errno.EACCES, `invalid unbounded variable-offset${what} stack R${regno}\n`)
    }
    min = toNumber(reg.sminHi, reg.sminLo) + off
    max = toNumber(reg.smaxHi, reg.smaxLo) + off + size
  }
  const anywhere = access !== Access.READ || (env.allowUninitStack && facts.roomlessStackAllowed)
  const lowest = anywhere ? -MAX_STACK : -frame.allocatedStack
  let errno = 0
  if (min < lowest || min > -1) errno = Errno.EACCES
  else if (max > 0) errno = Errno.EINVAL
  else if (size < 0) errno = Errno.EFAULT
  if (errno) {
    if (known) refuse(env, errno, `invalid${what} stack R${regno} off=${off} size=${size}\n`)
    const where = `R${regno} var_off=${tnumText(reg)} off=${off} size=${size}`
    refuse(env, errno, `invalid variable-offset${what} stack ${where}\n`)
  }
  // Where what has no room may not be read, what a helper reads gets none.
  if (facts.roomlessStackAllowed || access === Access.WRITE) growStack(env, frame, -min)
}

/** check_stack_range_initialized: memory on the stack that a function reads or writes. */
export function checkStackRange(
  env: VerifierEnv,
  regno: number,
  off: number,
  size: number,
  zeroAllowed: boolean,
  access: number,
  meta: CallArgMeta | undefined,
): void {
  const reg = env.reg(regno)
  const frame = env.frameOf(reg)
  if (size === 0 && !zeroAllowed) refuse(env, Errno.EACCES, 'invalid zero-sized read\n')
  checkStackBounds(env, regno, off, size, facts.constantKeys ? access : undefined)
  const known = tnumIsConst(reg)
  const min = (known ? reg.valLo : reg.sminLo) + off
  const max = known ? min : reg.smaxLo + off
  if (!known && !env.bypassSpecV1) {
    const text = `R${regno} variable offset stack access prohibited for !root, var_off=${tnumText(reg)}\n`
    refuse(env, Errno.EACCES, text)
  }
  if (known && meta?.rawMode) {
    for (let i = min; i < max + size; i++) {
      const slot = -i - 1
      if (frame.allocatedStack <= slot) continue
      if (frame.slotType(spiOf(i), slot & 7) === StackType.DYNPTR) {
        refuse(env, Errno.EACCES, `potential write to dynptr at off=${i} disallowed\n`)
      }
    }
    meta.accessSize = size
    meta.regno = regno
    return
  }
  for (let i = min; i < max + size; i++) {
    const slot = -i - 1
    const spi = slot >> 3
    if (frame.allocatedStack <= slot) {
      if (!facts.roomlessStackAllowed) uninitialized(env, regno, reg, i - min, min, size)
      refuse(env, Errno.EFAULT, 'allocated_stack too small\n')
    }
    checkRangeByte(env, regno, reg, frame, slot, access, i - min, min, size)
    env.liveness.markRead(reg.frameno, env.insnIdx, spi)
  }
}

function checkRangeByte(
  env: VerifierEnv,
  regno: number,
  reg: Reg,
  frame: FuncState,
  slot: number,
  access: number,
  i: number,
  min: number,
  size: number,
): void {
  const spi = slot >> 3
  const type = frame.slotType(spi, slot & 7)
  const clobber = access === Access.WRITE
  if (type === StackType.MISC) return
  if (type === StackType.ZERO || (type === StackType.INVALID && env.allowUninitStack)) {
    if (clobber) frame.setSlotType(spi, slot & 7, StackType.MISC)
    return
  }
  if (frame.isSpilledReg(spi) && (frame.spilled(spi).type === RegType.SCALAR_VALUE || env.allowPtrLeaks)) {
    if (clobber) {
      markUnknown(env, frame.ownSpilled(spi))
      scrubSlot(frame, spi)
    }
    return
  }
  uninitialized(env, regno, reg, i, min, size)
}

function uninitialized(env: VerifierEnv, regno: number, reg: Reg, i: number, min: number, size: number): never {
  const where = tnumIsConst(reg) ? `off ${min}` : `var_off ${tnumText(reg)}`
  const indirect = facts.constantKeys ? '' : ' indirect'
  refuse(env, Errno.EACCES, `invalid${indirect} read from stack R${regno} ${where}+${i} size ${size}\n`)
}
