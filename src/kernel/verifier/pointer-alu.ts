import { Alu, Class } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { aluName } from './alu.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { add64, addOverflowedS, decimalS64, hi, ltS64, ltU64, sub64, subOverflowedS, toNumber } from './int64.ts'
import { regTypeText } from './log.ts'
import { mark32Unbounded, markUnknown, syncBounds } from './ranges.ts'
import { BPF_MAX_VAR_OFF } from './regions.ts'
import { checkMovedBounds, commitPointer, newSanitizeInfo, sanitizePointer } from './sanitize.ts'
import type { Reg } from './state.ts'
import { RegState, clearUnion, copyReg, copyUnion } from './state.ts'
import { tnumAdd, tnumCopy, tnumIsConst, tnumSub } from './tnum.ts'
import { Flag, RegType, baseType, typeIsPktPointer } from './types.ts'
import { facts } from './versions.ts'

/** A number added to a pointer, or taken from it (adjust_ptr_min_max_vals). */

const S32_MIN = -0x80000000
const S32_MAX = 0x7fffffff

/** check_reg_sane_offset. */
function checkSaneOffset(env: VerifierEnv, reg: Reg, type: number): void {
  const outOfRange = (high: number, lo: number): boolean =>
    !ltS64(high, lo, 0, BPF_MAX_VAR_OFF) || !ltS64(-1, -BPF_MAX_VAR_OFF, high, lo)
  const name = regTypeText(type)
  if (tnumIsConst(reg) && outOfRange(reg.valHi, reg.valLo)) {
    const value = decimalS64(reg.valHi, reg.valLo)
    refuse(env, Errno.EINVAL, `math between ${name} pointer and ${value} is not allowed\n`)
  }
  if (reg.off >= BPF_MAX_VAR_OFF || reg.off <= -BPF_MAX_VAR_OFF) {
    refuse(env, Errno.EINVAL, `${name} pointer offset ${reg.off} is not allowed\n`)
  }
  if (reg.sminHi === S32_MIN && reg.sminLo === 0) {
    const what = 'register with unbounded min value'
    refuse(env, Errno.EINVAL, `math between ${name} pointer and ${what} is not allowed\n`)
  }
  if (outOfRange(reg.sminHi, reg.sminLo)) {
    const value = decimalS64(reg.sminHi, reg.sminLo)
    refuse(env, Errno.EINVAL, `value ${value} makes ${name} pointer be out of bounds\n`)
  }
}

/** check_reg_sane_offset_ptr: of the pointer itself, whose fixed offset is part of its bounds. */
function checkSanePointer(env: VerifierEnv, reg: Reg, type: number): void {
  if (!facts.offsetsInBounds) {
    checkSaneOffset(env, reg, type)
    return
  }
  const min = toNumber(reg.sminHi, reg.sminLo) + reg.off
  if (min > -BPF_MAX_VAR_OFF && min < BPF_MAX_VAR_OFF) return
  const lo = add64(reg.sminHi, reg.sminLo, reg.off >> 31, reg.off)
  refuse(env, Errno.EINVAL, `${regTypeText(type)} pointer offset ${decimalS64(hi, lo)} is not allowed\n`)
}

/** Whether arithmetic on this kind of pointer is allowed at all. */
function mayChange(type: number, known: boolean, zeroAdded: boolean): boolean {
  switch (baseType(type)) {
    case RegType.PTR_TO_CTX:
    case RegType.PTR_TO_MAP_VALUE:
    case RegType.PTR_TO_MAP_KEY:
    case RegType.PTR_TO_STACK:
    case RegType.PTR_TO_PACKET_META:
    case RegType.PTR_TO_PACKET:
    case RegType.PTR_TO_TP_BUFFER:
    case RegType.PTR_TO_BTF_ID:
    case RegType.PTR_TO_MEM:
    case RegType.PTR_TO_BUF:
    case RegType.PTR_TO_FUNC:
    case RegType.CONST_PTR_TO_DYNPTR:
      return true
    case RegType.PTR_TO_FLOW_KEYS:
      return known || zeroAdded || facts.offsetsInBounds
    case RegType.CONST_PTR_TO_MAP:
      return zeroAdded
    default:
      return false
  }
}

const ptrCopy = new RegState()
const offCopy = new RegState()

/**
 * adjust_ptr_min_max_vals. @param ptrRegno register of the pointer. @param offRegno that of the number, -1 for a
 * constant: then `off` is it. One of both is the destination.
 */
export function adjustPointer(env: VerifierEnv, ptrRegno: number, offRegno: number, off: Reg): void {
  const { insns, insnIdx } = env
  const op = insns.code(insnIdx) & 0xf0
  const dstRegno = insns.dst(insnIdx)
  const ptr = ptrCopy
  copyReg(ptr, env.reg(ptrRegno))
  copyReg(offCopy, off)
  off = offCopy
  const dst = env.own(dstRegno)
  const known = tnumIsConst(off)
  const sameSigned = off.sminHi === off.smaxHi && off.sminLo === off.smaxLo
  const sameUnsigned = off.uminHi === off.umaxHi && off.uminLo === off.umaxLo
  if (
    (known && (!sameSigned || !sameUnsigned)) ||
    ltS64(off.smaxHi, off.smaxLo, off.sminHi, off.sminLo) ||
    ltU64(off.umaxHi, off.umaxLo, off.uminHi, off.uminLo)
  ) {
    markUnknown(env, dst)
    return
  }
  if ((insns.code(insnIdx) & 7) !== Class.ALU64) {
    if (op === Alu.SUB && env.allowPtrLeaks) {
      markUnknown(env, dst)
      return
    }
    refuse(env, Errno.EACCES, `R${dstRegno} 32-bit pointer arithmetic prohibited\n`)
  }
  const name = regTypeText(ptr.type)
  if (ptr.type & Flag.PTR_MAYBE_NULL) {
    const text = `R${dstRegno} pointer arithmetic on ${name} prohibited, null-check it first\n`
    refuse(env, Errno.EACCES, text)
  }
  if (baseType(ptr.type) === RegType.PTR_TO_MEM && ptr.type & Flag.PTR_UNTRUSTED) return
  const zeroAdded = known && (off.sminHi | off.sminLo) === 0 && op === Alu.ADD
  if (!mayChange(ptr.type, known, zeroAdded)) {
    refuse(env, Errno.EACCES, `R${dstRegno} pointer arithmetic on ${name} prohibited\n`)
  }
  dst.type = ptr.type
  dst.id = ptr.id
  checkSaneOffset(env, off, ptr.type)
  checkSanePointer(env, ptr, ptr.type)
  mark32Unbounded(dst)
  const offIsDst = offRegno === dstRegno
  if (env.bypassSpecV1) {
    movePointer(env, dst, off, known, offIsDst)
    return
  }
  const info = newSanitizeInfo()
  sanitizePointer(env, ptr, off, offIsDst, info)
  movePointer(env, env.own(dstRegno), off, known, offIsDst)
  checkMovedBounds(env, dstRegno)
  commitPointer(env, env.reg(dstRegno), offIsDst, info)
}

/** What the instruction makes of the pointer in ptrCopy. */
function movePointer(env: VerifierEnv, dst: RegState, off: Reg, known: boolean, offIsDst: boolean): void {
  const { insns, insnIdx } = env
  const op = insns.code(insnIdx) & 0xf0
  const dstRegno = insns.dst(insnIdx)
  const ptr = ptrCopy
  switch (op) {
    case Alu.ADD:
      addToPointer(env, dst, ptr, off, known)
      break
    case Alu.SUB:
      if (offIsDst) {
        refuse(env, Errno.EACCES, `R${dstRegno} tried to subtract pointer from scalar\n`)
      }
      if (ptr.type === RegType.PTR_TO_STACK) {
        refuse(env, Errno.EACCES, `R${dstRegno} subtraction from stack pointer prohibited\n`)
      }
      subtractFromPointer(env, dst, ptr, off, known)
      break
    case Alu.AND:
    case Alu.OR:
    case Alu.XOR:
      refuse(env, Errno.EACCES, `R${dstRegno} bitwise operator ${aluName(op)} on pointer prohibited\n`)
      break
    default:
      refuse(env, Errno.EACCES, `R${dstRegno} pointer arithmetic with ${aluName(op)} operator prohibited\n`)
  }
  checkSanePointer(env, dst, ptr.type)
  syncBounds(dst)
}

/** The pointer's own variable part, moved by a constant. */
function moveFixed(dst: RegState, ptr: Reg, sum: number): void {
  dst.sminHi = ptr.sminHi
  dst.sminLo = ptr.sminLo
  dst.smaxHi = ptr.smaxHi
  dst.smaxLo = ptr.smaxLo
  dst.uminHi = ptr.uminHi
  dst.uminLo = ptr.uminLo
  dst.umaxHi = ptr.umaxHi
  dst.umaxLo = ptr.umaxLo
  tnumCopy(dst, ptr)
  dst.off = sum
  copyUnion(dst, ptr)
}

function signedUnknown(dst: RegState): void {
  dst.sminHi = S32_MIN
  dst.sminLo = 0
  dst.smaxHi = S32_MAX
  dst.smaxLo = -1
}

function unsignedUnknown(dst: RegState): void {
  dst.uminHi = dst.uminLo = 0
  dst.umaxHi = dst.umaxLo = -1
}

function addToPointer(env: VerifierEnv, dst: RegState, ptr: Reg, off: Reg, known: boolean): void {
  const sum = ptr.off + toNumber(off.sminHi, off.sminLo)
  if (known && sum === (sum | 0)) {
    moveFixed(dst, ptr, sum)
    return
  }
  const minLo = add64(ptr.sminHi, ptr.sminLo, off.sminHi, off.sminLo)
  const minHi = hi
  const maxLo = add64(ptr.smaxHi, ptr.smaxLo, off.smaxHi, off.smaxLo)
  const maxHi = hi
  dst.sminHi = minHi
  dst.sminLo = minLo
  dst.smaxHi = maxHi
  dst.smaxLo = maxLo
  if (addOverflowedS(ptr.sminHi, off.sminHi, minHi) || addOverflowedS(ptr.smaxHi, off.smaxHi, maxHi)) {
    signedUnknown(dst)
  }
  const uminLo = add64(ptr.uminHi, ptr.uminLo, off.uminHi, off.uminLo)
  const uminHi = hi
  const umaxLo = add64(ptr.umaxHi, ptr.umaxLo, off.umaxHi, off.umaxLo)
  const umaxHi = hi
  dst.uminHi = uminHi
  dst.uminLo = uminLo
  dst.umaxHi = umaxHi
  dst.umaxLo = umaxLo
  if (ltU64(uminHi, uminLo, off.uminHi, off.uminLo) || ltU64(umaxHi, umaxLo, off.umaxHi, off.umaxLo)) {
    unsignedUnknown(dst)
  }
  tnumAdd(dst, ptr, off)
  dst.off = ptr.off
  copyUnion(dst, ptr)
  if (typeIsPktPointer(ptr.type)) {
    dst.id = ++env.idGen
    clearUnion(dst)
  }
}

function subtractFromPointer(env: VerifierEnv, dst: RegState, ptr: Reg, off: Reg, known: boolean): void {
  const difference = ptr.off - toNumber(off.sminHi, off.sminLo)
  if (known && difference === (difference | 0)) {
    moveFixed(dst, ptr, difference)
    dst.id = ptr.id
    return
  }
  const minLo = sub64(ptr.sminHi, ptr.sminLo, off.smaxHi, off.smaxLo)
  const minHi = hi
  const maxLo = sub64(ptr.smaxHi, ptr.smaxLo, off.sminHi, off.sminLo)
  const maxHi = hi
  dst.sminHi = minHi
  dst.sminLo = minLo
  dst.smaxHi = maxHi
  dst.smaxLo = maxLo
  if (subOverflowedS(ptr.sminHi, off.smaxHi, minHi) || subOverflowedS(ptr.smaxHi, off.sminHi, maxHi)) {
    signedUnknown(dst)
  }
  if (ltU64(ptr.uminHi, ptr.uminLo, off.umaxHi, off.umaxLo)) {
    unsignedUnknown(dst)
  } else {
    dst.uminLo = sub64(ptr.uminHi, ptr.uminLo, off.umaxHi, off.umaxLo)
    dst.uminHi = hi
    dst.umaxLo = sub64(ptr.umaxHi, ptr.umaxLo, off.uminHi, off.uminLo)
    dst.umaxHi = hi
  }
  tnumSub(dst, ptr, off)
  dst.off = ptr.off
  copyUnion(dst, ptr)
  if (typeIsPktPointer(ptr.type)) {
    dst.id = ++env.idGen
    if (off.sminHi < 0) clearUnion(dst)
  }
}
