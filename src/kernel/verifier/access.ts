import { Atomic, Mode, Size, accessBytes } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { checkPtrToBtfAccess, checkPtrToMapAccess } from './btf-access.ts'
import { newAccessInfo } from './context/access.ts'
import { contextOf } from './context/index.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { checkKptrAccess } from './kptrs.ts'
import { verboseLinfo } from './linfo.ts'
import { regTypeText } from './log.ts'
import { lsmRetvalRange } from './return-ranges.ts'
import { checkSane, coerceToSize, coerceToSizeSx, markKnown, markKnownZero, markUnknown, syncBounds } from './ranges.ts'
import {
  AccessSource,
  U16_MAX,
  KPTR_TYPES,
  checkBuffer,
  checkFlowKeys,
  checkMapAccess,
  checkMapAccessType,
  checkPacketAccess,
  checkRegion,
  checkSock,
  checkTpBuffer,
  mayAccessPacket,
} from './regions.ts'
import { ArgUse, checkPtrOffReg, checkRegArg, leaksPointer } from './regs.ts'
import { checkStackBounds, checkStackRead, checkStackWrite } from './stack.ts'
import type { VerifierMap } from './input.ts'
import type { Reg } from './state.ts'
import { makeTnum, movedText, tnumAdd, tnumConst, tnumIsAligned, tnumIsConst, tnumText } from './tnum.ts'
import { ltS64 } from './int64.ts'
import {
  Access,
  Flag,
  REG_SIZE,
  RegType,
  baseType,
  typeIsPktPointer,
  typeIsRdonlyMem,
  typeIsSkPointer,
  typeMayBeNull,
} from './types.ts'
import { facts } from './versions.ts'

/** Loads and stores through every kind of pointer (check_mem_access). */

const NET_IP_ALIGN = 2
const regOff = makeTnum()

const alignmentNames: Readonly<Record<number, string>> = {
  [RegType.PTR_TO_FLOW_KEYS]: 'flow keys ',
  [RegType.PTR_TO_MAP_KEY]: 'key ',
  [RegType.PTR_TO_MAP_VALUE]: 'value ',
  [RegType.PTR_TO_CTX]: 'context ',
  [RegType.PTR_TO_STACK]: 'stack ',
  [RegType.PTR_TO_SOCKET]: 'sock ',
  [RegType.PTR_TO_SOCK_COMMON]: 'sock_common ',
  [RegType.PTR_TO_TCP_SOCK]: 'tcp_sock ',
  [RegType.PTR_TO_XDP_SOCK]: 'xdp_sock ',
}

/** check_ptr_alignment. */
export function checkPtrAlignment(env: VerifierEnv, reg: Reg, off: number, size: number, strictOnce: boolean): void {
  const { type } = reg
  const strict = env.strictAlignment || strictOnce || type === RegType.PTR_TO_STACK
  if (!strict || size === 1 || type === RegType.PTR_TO_ARENA) return
  const packet = type === RegType.PTR_TO_PACKET || type === RegType.PTR_TO_PACKET_META
  const sum = reg.off + off + (packet ? NET_IP_ALIGN : 0)
  tnumConst(regOff, sum >> 31, sum)
  tnumAdd(regOff, reg, regOff)
  if (tnumIsAligned(regOff, size)) return
  if (packet) {
    const where = `${NET_IP_ALIGN}+${tnumText(reg)}+${reg.off}+${off}`
    refuse(env, Errno.EACCES, `misaligned packet access off ${where} size ${size}\n`)
  }
  const at = facts.offsetsInBounds ? `${movedText(reg)}+${off}` : `${tnumText(reg)}+${reg.off}+${off}`
  const where = `${alignmentNames[type] ?? ''}access off ${at}`
  refuse(env, Errno.EACCES, `misaligned ${where} size ${size}\n`)
}

/** bpf_map_is_rdonly. */
export function isReadOnlyMap({ mapFlags, frozen }: VerifierMap): boolean {
  return (mapFlags & MapFlag.RDONLY_PROG) !== 0 && frozen
}

/**
 * check_mem_access. @param valueRegno the register that is stored, or loaded; -1 for a value that is of no interest.
 */
export function checkMemAccess(
  env: VerifierEnv,
  insnIdx: number,
  regno: number,
  off: number,
  sizeBits: number,
  access: number,
  valueRegno: number,
  strictOnce: boolean,
  isLdsx: boolean,
): void {
  const reg = env.reg(regno)
  const size = accessBytes(sizeBits)
  const write = access === Access.WRITE
  const loads = !write && valueRegno >= 0
  checkPtrAlignment(env, reg, off, size, strictOnce)
  off += reg.off
  const stored = write ? valueRegno : -1
  const { type } = reg
  switch (baseType(type)) {
    case RegType.PTR_TO_STACK:
      if (type !== RegType.PTR_TO_STACK) noAccess(env, regno, type)
      checkStackBounds(env, regno, off, size, access)
      if (write) checkStackWrite(env, regno, off, size, valueRegno, insnIdx)
      else checkStackRead(env, regno, off, size, valueRegno)
      break
    case RegType.PTR_TO_MAP_VALUE:
      if (type !== RegType.PTR_TO_MAP_VALUE) noAccess(env, regno, type)
      mustNotLeak(env, stored, 'map')
      accessMapValue(env, insnIdx, regno, off, size, access, valueRegno, isLdsx)
      break
    case RegType.PTR_TO_MAP_KEY:
      if (type !== RegType.PTR_TO_MAP_KEY) noAccess(env, regno, type)
      if (write) refuse(env, Errno.EACCES, `write to change key R${regno} not allowed\n`)
      checkRegion(env, regno, off, size, reg.map?.keySize ?? 0, false)
      if (loads) markUnknown(env, env.own(valueRegno))
      break
    case RegType.PTR_TO_MEM: {
      const readOnly = typeIsRdonlyMem(type)
      if (typeMayBeNull(type)) noAccess(env, regno, type)
      if (write && readOnly) cannotWrite(env, regno, type)
      mustNotLeak(env, stored, 'mem')
      // Untrusted read-only memory is read by instructions that survive a bad address.
      if (!(readOnly && type & Flag.PTR_UNTRUSTED)) checkRegion(env, regno, off, size, reg.memSize >>> 0, false)
      if (valueRegno >= 0 && (!write || readOnly)) markUnknown(env, env.own(valueRegno))
      break
    }
    case RegType.PTR_TO_CTX:
      if (type !== RegType.PTR_TO_CTX) noAccess(env, regno, type)
      mustNotLeak(env, stored, 'ctx')
      off += checkContextOffset(env, regno, off, size)
      accessContext(env, insnIdx, off, size, access, valueRegno, isLdsx)
      break
    case RegType.PTR_TO_PACKET:
    case RegType.PTR_TO_PACKET_META:
      if (write && !mayAccessPacket(env, undefined, access)) refuse(env, Errno.EACCES, 'cannot write into packet\n')
      mustNotLeak(env, stored, 'packet')
      checkPacketAccess(env, regno, off, size, false)
      if (loads) markUnknown(env, env.own(valueRegno))
      break
    case RegType.PTR_TO_FLOW_KEYS:
      mustNotLeak(env, stored, 'flow keys')
      checkFlowKeys(env, reg, regno, off, size)
      if (loads) markUnknown(env, env.own(valueRegno))
      break
    case RegType.PTR_TO_TP_BUFFER:
      checkTpBuffer(env, reg, regno, off, size)
      if (loads) markUnknown(env, env.own(valueRegno))
      break
    case RegType.PTR_TO_BTF_ID:
      if (typeMayBeNull(type)) noAccess(env, regno, type)
      checkPtrToBtfAccess(env, regno, off, size, access, valueRegno)
      break
    case RegType.CONST_PTR_TO_MAP:
      if (type !== RegType.CONST_PTR_TO_MAP) noAccess(env, regno, type)
      checkPtrToMapAccess(env, regno, off, size, access, valueRegno)
      break
    case RegType.PTR_TO_BUF: {
      const readOnly = typeIsRdonlyMem(type)
      if (typeMayBeNull(type) && (facts.buffersNeverNull || !facts.flagsOfTypes)) noAccess(env, regno, type)
      if (readOnly && write) cannotWrite(env, regno, type)
      checkBuffer(env, reg, regno, off, size)
      if (valueRegno >= 0 && (readOnly || !write)) markUnknown(env, env.own(valueRegno))
      break
    }
    case RegType.PTR_TO_ARENA:
      if (loads) markUnknown(env, env.own(valueRegno))
      break
    default:
      if (!typeIsSkPointer(type)) noAccess(env, regno, type)
      if (write) cannotWrite(env, regno, type)
      checkSock(env, regno, off, size)
      if (loads) markUnknown(env, env.own(valueRegno))
  }
  if (loads && size < REG_SIZE && env.reg(valueRegno).type === RegType.SCALAR_VALUE) {
    if (isLdsx) coerceToSizeSx(env.own(valueRegno), size)
    else coerceToSize(env.own(valueRegno), size)
  }
}

/** A pointer in what's stored may not get out. @param regno -1 where nothing is stored. */
function mustNotLeak(env: VerifierEnv, regno: number, into: string): void {
  if (regno >= 0 && leaksPointer(env, regno)) refuse(env, Errno.EACCES, `R${regno} leaks addr into ${into}\n`)
}

function noAccess(env: VerifierEnv, regno: number, type: number): never {
  refuse(env, Errno.EACCES, `R${regno} invalid mem access '${regTypeText(type)}'\n`)
}

function cannotWrite(env: VerifierEnv, regno: number, type: number): never {
  refuse(env, Errno.EACCES, `R${regno} cannot write into ${regTypeText(type)}\n`)
}

function accessMapValue(
  env: VerifierEnv,
  insnIdx: number,
  regno: number,
  off: number,
  size: number,
  access: number,
  valueRegno: number,
  isLdsx: boolean,
): void {
  const reg = env.reg(regno)
  const { map } = reg
  if (!map) return
  checkMapAccessType(env, regno, off, size, access)
  checkMapAccess(env, regno, off, size, false, AccessSource.DIRECT)
  const known = tnumIsConst(reg)
  const at = off + reg.valLo
  const kptr = known ? map.fields.find((field) => field.offset === at && (field.type & KPTR_TYPES) !== 0) : undefined
  if (kptr) {
    checkKptrAccess(env, insnIdx, regno, valueRegno, kptr)
    return
  }
  if (access !== Access.READ || valueRegno < 0) return
  const bytes = known && isReadOnlyMap(map) ? map.directValue() : undefined
  const dst = env.own(valueRegno)
  if (!bytes) {
    markUnknown(env, dst)
    return
  }
  // bpf_map_direct_read: what can't change any more is known.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let lo: number
  let hi: number
  if (size === 8) {
    lo = view.getInt32(at, true)
    hi = view.getInt32(at + 4, true)
  } else {
    if (size === 4) lo = view.getInt32(at, true)
    else if (size === 2) lo = isLdsx ? view.getInt16(at, true) : view.getUint16(at, true)
    else lo = isLdsx ? view.getInt8(at) : view.getUint8(at)
    hi = isLdsx ? lo >> 31 : 0
  }
  dst.type = RegType.SCALAR_VALUE
  markKnown(dst, hi, lo)
}

/** check_ctx_access before the context's own rules. @returns how much further the access may be. */
function checkContextOffset(env: VerifierEnv, regno: number, off: number, size: number): number {
  const reg = env.reg(regno)
  const { resolvedType } = env.input
  if (!facts.contextAsMemory || resolvedType !== ProgType.SYSCALL) {
    // Nobody rewrites such an access, so that it may be anywhere.
    checkPtrOffReg(env, reg, regno, facts.contextAsMemory && contextOf(resolvedType)?.converts === false)
    return 0
  }
  checkRegion(env, regno, off, size, U16_MAX, false)
  return reg.umaxLo >>> 0
}

function accessContext(
  env: VerifierEnv,
  insnIdx: number,
  off: number,
  size: number,
  access: number,
  valueRegno: number,
  isLdsx: boolean,
): void {
  const context = contextOf(env.input.resolvedType, env.input.attach.opsName)
  const info = newAccessInfo(isLdsx)
  if (!context?.isValidAccess(env, off, size, access, info)) {
    env.verbose(`invalid bpf_context access off=${off} size=${size}\n`)
    verboseLinfo(env, insnIdx, '; ')
    refuse(env, Errno.EACCES)
  }
  if (baseType(info.regType) === RegType.PTR_TO_BTF_ID) {
    if (info.refObjId && !env.curState.refs.some(({ id }) => id === info.refObjId)) {
      const text = `invalid bpf_context access off=${off}. Reference may already be released\n`
      env.verbose(text)
      verboseLinfo(env, insnIdx, '; ')
      refuse(env, Errno.EACCES)
    }
  } else {
    env.auxAt(insnIdx).ctxFieldSize = info.ctxFieldSize
  }
  env.maxCtxOffset = Math.max(env.maxCtxOffset, off + size)
  if (access !== Access.READ || valueRegno < 0) return
  const dst = env.own(valueRegno)
  if (info.regType === RegType.SCALAR_VALUE) {
    const range = info.isRetval ? lsmRetvalRange(env) : undefined
    if (range) {
      // __mark_reg_s32_range: narrows what the register has been.
      dst.s32Min = Math.max(dst.s32Min, range.min)
      dst.s32Max = Math.min(dst.s32Max, range.max)
      if (ltS64(dst.sminHi, dst.sminLo, range.min >> 31, range.min)) {
        dst.sminHi = range.min >> 31
        dst.sminLo = range.min
      }
      if (ltS64(range.max >> 31, range.max, dst.smaxHi, dst.smaxLo)) {
        dst.smaxHi = range.max >> 31
        dst.smaxLo = range.max
      }
      syncBounds(dst)
      checkSane(env, dst, 's32_range')
    } else {
      markUnknown(env, dst)
    }
  } else {
    markKnownZero(dst)
    if (typeMayBeNull(info.regType)) dst.id = ++env.idGen
    dst.subregDef = 0
    if (baseType(info.regType) === RegType.PTR_TO_BTF_ID) {
      dst.btf = info.btf
      dst.btfId = info.btfId
      dst.refObjId = info.refObjId
    }
  }
  dst.type = info.regType
}

/** Types that one instruction must not mix with others (reg_type_mismatch_ok). */
function mismatchOk(type: number): boolean {
  switch (baseType(type)) {
    case RegType.PTR_TO_CTX:
    case RegType.PTR_TO_SOCKET:
    case RegType.PTR_TO_SOCK_COMMON:
    case RegType.PTR_TO_TCP_SOCK:
    case RegType.PTR_TO_XDP_SOCK:
    case RegType.PTR_TO_BTF_ID:
    case RegType.PTR_TO_ARENA:
      return false
    default:
      return true
  }
}

/** save_aux_ptr_type: an instruction that paths reach with different pointers must do for each. */
export function saveAuxPtrType(env: VerifierEnv, type: number, allowTrustMismatch: boolean): void {
  const aux = env.curAux
  const previous = aux.ptrType
  if (previous === RegType.NOT_INIT) {
    aux.ptrType = type
    return
  }
  if (type === previous || (mismatchOk(type) && mismatchOk(previous))) return
  const memOrBtf = (t: number): boolean => baseType(t) === RegType.PTR_TO_MEM || baseType(t) === RegType.PTR_TO_BTF_ID
  if (!allowTrustMismatch || !memOrBtf(type) || !memOrBtf(previous)) {
    refuse(env, Errno.EINVAL, 'same insn cannot be used with different pointers\n')
  }
  const mem = baseType(type) === RegType.PTR_TO_MEM || baseType(previous) === RegType.PTR_TO_MEM
  const flags = (type | previous) & (Flag.PTR_UNTRUSTED | Flag.MEM_RDONLY)
  aux.ptrType = (mem ? RegType.PTR_TO_MEM : RegType.PTR_TO_BTF_ID) | flags
}

/** check_load_mem. */
export function checkLoad(env: VerifierEnv, strictOnce: boolean, allowTrustMismatch: boolean, context: string): void {
  const { insns, insnIdx } = env
  const code = insns.code(insnIdx)
  const src = insns.src(insnIdx)
  const dst = insns.dst(insnIdx)
  checkRegArg(env, src, ArgUse.SRC_OP)
  checkRegArg(env, dst, ArgUse.DST_OP_NO_MARK)
  const { type } = env.reg(src)
  const isLdsx = (code & 0xe0) === Mode.MEMSX
  checkMemAccess(env, insnIdx, src, insns.off(insnIdx), code & 0x18, Access.READ, dst, strictOnce, isLdsx)
  saveAuxPtrType(env, type, allowTrustMismatch)
  checkSane(env, env.own(dst), context)
}

/** check_store_reg. */
export function checkStore(env: VerifierEnv, strictOnce: boolean): void {
  const { insns, insnIdx } = env
  const src = insns.src(insnIdx)
  const dst = insns.dst(insnIdx)
  checkRegArg(env, src, ArgUse.SRC_OP)
  checkRegArg(env, dst, ArgUse.SRC_OP)
  const { type } = env.reg(dst)
  const size = insns.code(insnIdx) & 0x18
  checkMemAccess(env, insnIdx, dst, insns.off(insnIdx), size, Access.WRITE, src, strictOnce, false)
  saveAuxPtrType(env, type, false)
}

/** A store of a constant. */
export function checkStoreImm(env: VerifierEnv): void {
  const { insns, insnIdx } = env
  const dst = insns.dst(insnIdx)
  checkRegArg(env, dst, ArgUse.SRC_OP)
  const { type } = env.reg(dst)
  if (type === RegType.PTR_TO_CTX && !facts.constantsToContext) {
    refuse(env, Errno.EACCES, `BPF_ST stores into R${dst} ${regTypeText(type)} is not allowed\n`)
  }
  const size = insns.code(insnIdx) & 0x18
  checkMemAccess(env, insnIdx, dst, insns.off(insnIdx), size, Access.WRITE, -1, false, false)
  saveAuxPtrType(env, type, false)
}

/** atomic_ptr_type_ok. */
function atomicOk(env: VerifierEnv, regno: number): boolean {
  const { type } = env.reg(regno)
  if (type === RegType.PTR_TO_CTX || type === RegType.PTR_TO_FLOW_KEYS) return false
  if (typeIsPktPointer(type) || typeIsSkPointer(type)) return false
  return type !== RegType.PTR_TO_ARENA || env.input.jitRequested
}

/** check_atomic. */
export function checkAtomic(env: VerifierEnv): void {
  const { insns, insnIdx } = env
  const imm = insns.imm(insnIdx)
  switch (imm) {
    case Atomic.ADD:
    case Atomic.ADD | Atomic.FETCH:
    case Atomic.AND:
    case Atomic.AND | Atomic.FETCH:
    case Atomic.OR:
    case Atomic.OR | Atomic.FETCH:
    case Atomic.XOR:
    case Atomic.XOR | Atomic.FETCH:
    case Atomic.XCHG:
    case Atomic.CMPXCHG:
      checkAtomicRmw(env)
      return
    case Atomic.LOAD_ACQ: {
      if (!facts.acquireRelease) invalidAtomic(env)
      checkLoad(env, true, false, 'atomic_load')
      const src = insns.src(insnIdx)
      if (atomicOk(env, src)) return
      refuse(env, Errno.EACCES, `BPF_ATOMIC loads from R${src} ${regTypeText(env.reg(src).type)} is not allowed\n`)
      return
    }
    case Atomic.STORE_REL: {
      if (!facts.acquireRelease) invalidAtomic(env)
      checkStore(env, true)
      const dst = insns.dst(insnIdx)
      if (!atomicOk(env, dst)) atomicStoreNo(env, dst)
      return
    }
    default:
      invalidAtomic(env)
  }
}

function invalidAtomic(env: VerifierEnv): never {
  const text = (env.insns.imm(env.insnIdx) >>> 0).toString(16).padStart(2, '0')
  refuse(env, Errno.EINVAL, `BPF_ATOMIC uses invalid atomic opcode ${text}\n`)
}

function atomicStoreNo(env: VerifierEnv, dst: number): never {
  const type = regTypeText(env.reg(dst).type)
  const name = facts.atomicsNamed ? 'BPF_ATOMIC' : 'BPF_XADD'
  refuse(env, Errno.EACCES, `${name} stores into R${dst} ${type} is not allowed\n`)
}

/** check_atomic_rmw. */
function checkAtomicRmw(env: VerifierEnv): void {
  const { insns, insnIdx } = env
  const size = insns.code(insnIdx) & 0x18
  const imm = insns.imm(insnIdx)
  const src = insns.src(insnIdx)
  const dst = insns.dst(insnIdx)
  const off = insns.off(insnIdx)
  if (size !== Size.W && size !== Size.DW) refuse(env, Errno.EINVAL, 'invalid atomic operand size\n')
  checkRegArg(env, src, ArgUse.SRC_OP)
  checkRegArg(env, dst, ArgUse.SRC_OP)
  if (imm === Atomic.CMPXCHG) {
    checkRegArg(env, 0, ArgUse.SRC_OP)
    if (leaksPointer(env, 0)) refuse(env, Errno.EACCES, 'R0 leaks addr into mem\n')
  }
  if (leaksPointer(env, src)) refuse(env, Errno.EACCES, `R${src} leaks addr into mem\n`)
  if (!atomicOk(env, dst)) atomicStoreNo(env, dst)
  let loadReg = -1
  if (imm & Atomic.FETCH) {
    loadReg = imm === Atomic.CMPXCHG ? 0 : src
    checkRegArg(env, loadReg, ArgUse.DST_OP)
  }
  checkMemAccess(env, insnIdx, dst, off, size, Access.READ, -1, true, false)
  if (loadReg >= 0) checkMemAccess(env, insnIdx, dst, off, size, Access.READ, loadReg, true, false)
  if (env.reg(dst).type === RegType.PTR_TO_ARENA) saveAuxPtrType(env, RegType.PTR_TO_ARENA, false)
  checkMemAccess(env, insnIdx, dst, off, size, Access.WRITE, -1, true, false)
}
