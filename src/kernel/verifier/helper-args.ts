import { Errno } from '../../uapi/errno.ts'
import { MapType } from '../../uapi/map-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import type { Btf } from '../../btf/btf.ts'
import { isReadOnlyMap, checkMemAccess, checkPtrAlignment } from './access.ts'
import { checkPtrToBtfAccess } from './btf-access.ts'
import { checkBtfArg } from './btf-args.ts'
import { markNotNull } from './branch.ts'
import { contextOf } from './context/index.ts'
import { funcIdName } from '../helpers/table.ts'
import { dynptrSpi, processDynptrFunc } from './dynptr.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { Func } from './func-ids.ts'
import { inRbtreeLockRequiredCb } from './graph.ts'
import type { CompiledProto } from './helper-protos.ts'
import type { SpecialField, VerifierMap } from './input.ts'
import { decimalS64, ltU64 } from './int64.ts'
import { processKptrFunc } from './kptrs.ts'
import { regTypeText } from './log.ts'
import { markChain, markChainPrecision } from './precision.ts'
import { isNull } from './ranges.ts'
import {
  AccessSource,
  BPF_MAX_VAR_OFF,
  U16_MAX,
  checkBuffer,
  checkMapAccess,
  checkMapAccessType,
  checkPacketAccess,
  checkRegion,
  mayAccessPacket,
} from './regions.ts'
import { ArgUse, checkPtrOffReg, checkRegArg, leaksPointer } from './regs.ts'
import { processSpinLock } from './spin-locks.ts'
import { checkStackRange } from './stack.ts'
import type { Reg } from './state.ts'
import { cloneReg } from './state.ts'
import { processTimerFunc } from './timers.ts'
import { tnumIsConst } from './tnum.ts'
import {
  Access,
  ArgType,
  DYNPTR_TYPE_FLAG_MASK,
  Flag,
  RegType,
  StackType,
  baseType,
  typeIsPktPointer,
  typeIsRdonlyMem,
  typeMayBeNull,
} from './types.ts'
import { Size } from '../../isa/opcode.ts'
import { facts } from './versions.ts'

/** Arguments of helpers (check_func_arg). */

/** What arguments said, for those after them and for the result (struct bpf_call_arg_meta). */
export interface CallArgMeta {
  mapPtr: VerifierMap | undefined
  mapUid: number
  /** The memory is written, and needn't be initialized. */
  rawMode: boolean
  readonly pktAccess: boolean
  releaseRegno: number
  regno: number
  accessSize: number
  memSize: number
  /** Highest value of a size argument; more than 2^53 is as good as that. */
  msizeMaxHi: number
  msizeMaxLo: number
  refObjId: number
  dynptrId: number
  readonly funcId: number
  retBtf: Btf | undefined
  retBtfId: number
  subprogno: number
  kptrField: SpecialField | undefined
  /** A per-CPU object of the program's own, of which one CPU's is asked for. */
  ownPercpu: boolean
  /** -1 for a key that isn't known. */
  constMapKey: number
}

export function makeMeta(funcId: number, pktAccess: boolean): CallArgMeta {
  return {
    mapPtr: undefined,
    mapUid: 0,
    rawMode: false,
    pktAccess,
    releaseRegno: 0,
    regno: 0,
    accessSize: 0,
    memSize: 0,
    msizeMaxHi: 0,
    msizeMaxLo: 0,
    refObjId: 0,
    dynptrId: 0,
    funcId,
    retBtf: undefined,
    retBtfId: 0,
    subprogno: 0,
    kptrField: undefined,
    ownPercpu: false,
    constMapKey: 0,
  }
}

/** check_helper_mem_access: memory that a function is given. */
export function checkHelperMem(
  env: VerifierEnv,
  regno: number,
  size: number,
  access: number,
  zeroOk: boolean,
  meta: CallArgMeta | undefined,
): void {
  const reg = env.reg(regno)
  const cannotWrite = () => {
    refuse(env, Errno.EACCES, `R${regno} cannot write into ${regTypeText(reg.type)}\n`)
  }
  const write = access === Access.WRITE
  switch (baseType(reg.type)) {
    case RegType.PTR_TO_PACKET:
    case RegType.PTR_TO_PACKET_META:
      checkPacketAccess(env, regno, reg.off, size, zeroOk)
      return
    case RegType.PTR_TO_MAP_KEY:
      if (write) cannotWrite()
      checkRegion(env, regno, reg.off, size, reg.map?.keySize ?? 0, false)
      return
    case RegType.PTR_TO_MAP_VALUE:
      checkMapAccessType(env, regno, reg.off, size, access)
      checkMapAccess(env, regno, reg.off, size, zeroOk, AccessSource.HELPER)
      return
    case RegType.PTR_TO_MEM:
      if (typeIsRdonlyMem(reg.type) && write) cannotWrite()
      checkRegion(env, regno, reg.off, size, reg.memSize >>> 0, zeroOk)
      return
    case RegType.PTR_TO_BUF:
      if (typeIsRdonlyMem(reg.type) && write) cannotWrite()
      checkBuffer(env, reg, regno, reg.off, size)
      return
    case RegType.PTR_TO_STACK:
      checkStackRange(env, regno, reg.off, size, zeroOk, access, meta)
      return
    case RegType.PTR_TO_BTF_ID:
      checkPtrToBtfAccess(env, regno, reg.off, size, Access.READ, -1)
      return
    case RegType.PTR_TO_CTX:
      if (facts.contextAsMemory && env.input.resolvedType === ProgType.SYSCALL) {
        checkRegion(env, regno, reg.off, size, U16_MAX, zeroOk)
        env.maxCtxOffset = Math.max(env.maxCtxOffset, reg.off + (reg.umaxLo >>> 0) + size)
        return
      }
      if (!facts.contextAsMemory && contextOf(env.input.resolvedType)?.converts === false) {
        if (size > 0) checkMemAccess(env, env.insnIdx, regno, size - 1, Size.B, access, -1, false, false)
        else if (!zeroOk) refuse(env, Errno.EACCES)
        return
      }
  }
  if (zeroOk && size === 0 && isNull(reg)) return
  refuse(env, Errno.EACCES, `R${regno} type=${regTypeText(reg.type)} expected=${regTypeText(RegType.PTR_TO_STACK)}\n`)
}

/** check_mem_size_reg: a size, and the memory in the register before it. */
export function checkMemSizeReg(
  env: VerifierEnv,
  regno: number,
  access: number,
  zeroOk: boolean,
  meta: CallArgMeta,
): void {
  const reg = env.reg(regno)
  meta.msizeMaxHi = reg.umaxHi
  meta.msizeMaxLo = reg.umaxLo
  if (reg.sminHi < 0) {
    refuse(env, Errno.EACCES, `R${regno} min value is negative, either use unsigned or 'var &= const'\n`)
  }
  if ((reg.uminHi | reg.uminLo) === 0 && !facts.zeroSizesNamed) {
    checkHelperMem(env, regno - 1, 0, access, zeroOk, tnumIsConst(reg) ? meta : undefined)
  } else if ((reg.uminHi | reg.uminLo) === 0 && !zeroOk) {
    const range = `[${decimalS64(reg.uminHi, reg.uminLo)},${decimalS64(reg.umaxHi, reg.umaxLo)}]`
    refuse(env, Errno.EACCES, `R${regno} invalid zero-sized read: u64=${range}\n`)
  }
  if (!ltU64(reg.umaxHi, reg.umaxLo, 0, BPF_MAX_VAR_OFF)) {
    const text = `R${regno} unbounded memory access, use 'var &= const' or 'if (var < const)'\n`
    refuse(env, Errno.EACCES, text)
  }
  checkHelperMem(env, regno - 1, reg.umaxLo, access, zeroOk, tnumIsConst(reg) ? meta : undefined)
  markChainPrecision(env, regno)
}

/** Runs a check of a register as if it were known not to be null. */
export function withMaybeNull(env: VerifierEnv, regno: number, check: () => void): void {
  const reg = env.reg(regno)
  const saved = typeMayBeNull(reg.type) ? cloneReg(reg) : undefined
  if (saved) markNotNull(env.own(regno))
  try {
    check()
  } finally {
    if (saved) env.frame.put(regno, saved)
  }
}

/** check_mem_reg: memory of a fixed size that a function reads and writes. */
export function checkMemory(env: VerifierEnv, regno: number, size: number): void {
  if (isNull(env.reg(regno))) return
  withMaybeNull(env, regno, () => {
    checkHelperMem(env, regno, size, Access.READ, true, undefined)
    checkHelperMem(env, regno, size, Access.WRITE, true, undefined)
  })
}

/** check_mem_reg of an argument of one of the program's own functions. */
export function checkMemReg(env: VerifierEnv, regno: number, size: number): void {
  try {
    checkMemory(env, regno, size)
  } catch (error) {
    // The caller's own errno takes the place of this one.
    return refuseAs(env, error)
  }
}

function refuseAs(env: VerifierEnv, error: unknown): never {
  if (error instanceof Error && 'errno' in error) refuse(env, Errno.EINVAL)
  throw error
}

const sockTypes = [RegType.PTR_TO_SOCK_COMMON, RegType.PTR_TO_SOCKET, RegType.PTR_TO_TCP_SOCK, RegType.PTR_TO_XDP_SOCK]
const BTF_ID = RegType.PTR_TO_BTF_ID
const memTypes = [
  RegType.PTR_TO_STACK,
  RegType.PTR_TO_PACKET,
  RegType.PTR_TO_PACKET_META,
  RegType.PTR_TO_MAP_KEY,
  RegType.PTR_TO_MAP_VALUE,
  RegType.PTR_TO_MEM,
  RegType.PTR_TO_MEM | Flag.MEM_RINGBUF,
  RegType.PTR_TO_BUF,
  BTF_ID | Flag.PTR_TRUSTED,
]

/** compatible_reg_types: what a register may hold for each type of argument. */
const compatible: Readonly<Record<number, readonly number[]>> = {
  [ArgType.PTR_TO_MAP_KEY]: memTypes,
  [ArgType.PTR_TO_MAP_VALUE]: memTypes,
  [ArgType.CONST_SIZE]: [RegType.SCALAR_VALUE],
  [ArgType.CONST_SIZE_OR_ZERO]: [RegType.SCALAR_VALUE],
  [ArgType.CONST_ALLOC_SIZE_OR_ZERO]: [RegType.SCALAR_VALUE],
  [ArgType.CONST_MAP_PTR]: [RegType.CONST_PTR_TO_MAP],
  [ArgType.PTR_TO_CTX]: [RegType.PTR_TO_CTX],
  [ArgType.PTR_TO_SOCK_COMMON]: sockTypes,
  [ArgType.PTR_TO_BTF_ID_SOCK_COMMON]: [...sockTypes, BTF_ID, BTF_ID | Flag.PTR_TRUSTED],
  [ArgType.PTR_TO_SOCKET]: [RegType.PTR_TO_SOCKET],
  [ArgType.PTR_TO_BTF_ID]: [BTF_ID, BTF_ID | Flag.PTR_TRUSTED, BTF_ID | Flag.MEM_RCU],
  [ArgType.PTR_TO_SPIN_LOCK]: [RegType.PTR_TO_MAP_VALUE, BTF_ID | Flag.MEM_ALLOC],
  [ArgType.PTR_TO_MEM]: memTypes,
  [ArgType.PTR_TO_RINGBUF_MEM]: [RegType.PTR_TO_MEM | Flag.MEM_RINGBUF],
  [ArgType.PTR_TO_PERCPU_BTF_ID]: [
    BTF_ID | Flag.MEM_PERCPU,
    BTF_ID | Flag.MEM_PERCPU | Flag.MEM_RCU,
    BTF_ID | Flag.MEM_PERCPU | Flag.PTR_TRUSTED,
  ],
  [ArgType.PTR_TO_FUNC]: [RegType.PTR_TO_FUNC],
  [ArgType.PTR_TO_STACK]: [RegType.PTR_TO_STACK],
  [ArgType.PTR_TO_CONST_STR]: [RegType.PTR_TO_MAP_VALUE],
  [ArgType.PTR_TO_TIMER]: [RegType.PTR_TO_MAP_VALUE],
  [ArgType.KPTR_XCHG_DEST]: [RegType.PTR_TO_MAP_VALUE, BTF_ID | Flag.MEM_ALLOC],
  [ArgType.PTR_TO_DYNPTR]: [RegType.PTR_TO_STACK, RegType.CONST_PTR_TO_DYNPTR],
}

const xchgTypes = [
  RegType.PTR_TO_MAP_VALUE,
  BTF_ID | Flag.MEM_ALLOC,
  BTF_ID | Flag.MEM_ALLOC | Flag.NON_OWN_REF,
  BTF_ID | Flag.MEM_ALLOC | Flag.NON_OWN_REF | Flag.MEM_RCU,
]
const memTypesWithContext = [...memTypes, RegType.PTR_TO_CTX]

/** compatible_reg_types of the kernel at hand. */
function typesFor(base: number): readonly number[] | undefined {
  if (base === ArgType.KPTR_XCHG_DEST && facts.kptrsInUnowned) return xchgTypes
  const types = compatible[base]
  return types === memTypes && facts.contextAsMemory ? memTypesWithContext : types
}

/** check_reg_type. @param btfId the struct of the kernel's that a pointer must be to; undefined where none is named. */
export function checkRegType(
  env: VerifierEnv,
  regno: number,
  argType: number,
  btfId: number | undefined,
  meta: CallArgMeta,
): void {
  const reg = env.reg(regno)
  let { type } = reg
  const types = typesFor(baseType(argType))
  const isNamed = (known: number) => facts.trustedPointers || (known & Flag.PTR_TRUSTED) === 0
  if (!types) refuse(env, Errno.EFAULT, `verifier bug: unsupported arg type ${argType}\n`)
  if (argType & Flag.MEM_RDONLY) type &= ~Flag.MEM_RDONLY
  if (argType & Flag.PTR_MAYBE_NULL) type &= ~Flag.PTR_MAYBE_NULL
  if (baseType(argType) === ArgType.PTR_TO_MEM) type &= ~DYNPTR_TYPE_FLAG_MASK
  if (meta.funcId === Func.KPTR_XCHG && type & Flag.MEM_ALLOC && regno === 2) {
    type &= ~(Flag.MEM_ALLOC | Flag.MEM_PERCPU)
  }
  if (!types.includes(type)) {
    const expected = types.filter(isNamed).map(regTypeText).join(', ')
    refuse(env, Errno.EACCES, `R${regno} type=${regTypeText(reg.type)} expected=${expected}\n`)
  }
  const isMemory = types === memTypes || types === memTypesWithContext
  if (baseType(reg.type) === BTF_ID) checkBtfArg(env, regno, argType, btfId, isMemory, meta)
}

/** check_func_arg_reg_off. */
export function checkArgRegOff(env: VerifierEnv, reg: Reg, regno: number, argType: number): void {
  const { type } = reg
  if (argType & Flag.OBJ_RELEASE) {
    if (baseType(argType) === ArgType.PTR_TO_DYNPTR && type === RegType.PTR_TO_STACK) return
    const moved = facts.offsetsInBounds && (reg.valHi | reg.valLo | reg.maskHi | reg.maskLo) !== 0
    if (reg.off || moved) {
      const text = `R${regno} must have zero offset when passed to release func or trusted arg to kfunc\n`
      refuse(env, Errno.EINVAL, text)
    }
    if (!facts.offsetsInBounds) {
      checkPtrOffReg(env, reg, regno)
      return
    }
  }
  switch (type) {
    case RegType.PTR_TO_STACK:
    case RegType.PTR_TO_PACKET:
    case RegType.PTR_TO_PACKET_META:
    case RegType.PTR_TO_MAP_KEY:
    case RegType.PTR_TO_MAP_VALUE:
    case RegType.PTR_TO_MEM:
    case RegType.PTR_TO_MEM | Flag.MEM_RDONLY:
    case RegType.PTR_TO_MEM | Flag.MEM_RINGBUF:
    case RegType.PTR_TO_BUF:
    case RegType.PTR_TO_BUF | Flag.MEM_RDONLY:
    case RegType.PTR_TO_ARENA:
    case RegType.SCALAR_VALUE:
      return
    case BTF_ID:
    case BTF_ID | Flag.MEM_ALLOC:
    case BTF_ID | Flag.PTR_TRUSTED:
    case BTF_ID | Flag.MEM_RCU:
    case BTF_ID | Flag.MEM_ALLOC | Flag.NON_OWN_REF:
    case BTF_ID | Flag.MEM_ALLOC | Flag.NON_OWN_REF | Flag.MEM_RCU:
      checkPtrOffReg(env, reg, regno, true)
      return
    default:
      checkPtrOffReg(env, reg, regno)
  }
}

/** resolve_map_arg_type: what a value is hangs on the map. */
function resolveMapValue(env: VerifierEnv, meta: CallArgMeta, argType: number): number {
  if (!meta.mapPtr) refuse(env, Errno.EFAULT, 'verifier bug: invalid map_ptr to access map->type\n')
  switch (meta.mapPtr.type) {
    case MapType.SOCKMAP:
    case MapType.SOCKHASH:
      if (argType === ArgType.PTR_TO_MAP_VALUE) return ArgType.PTR_TO_BTF_ID_SOCK_COMMON
      return refuse(env, Errno.EINVAL, 'invalid arg_type for sockmap/sockhash\n')
    case MapType.BLOOM_FILTER:
      return meta.funcId === Func.MAP_PEEK_ELEM ? ArgType.PTR_TO_MAP_VALUE : argType
    default:
      return argType
  }
}

/** can_elide_value_nullness: arrays have an element for each index. */
export function isArrayMap(type: number): boolean {
  return type === MapType.ARRAY || type === MapType.PERCPU_ARRAY
}

/** get_constant_map_key; -1 where it isn't known. */
function constantKey(env: VerifierEnv, key: Reg, keySize: number): number {
  if (!facts.constantKeys || !env.bpfCapable || key.type !== RegType.PTR_TO_STACK || !tnumIsConst(key)) return -1
  const frame = env.frameOf(key)
  const slot = -(key.off + key.valLo) - 1
  const spi = slot >> 3
  const countOf = (type: number): number => {
    let count = 0
    for (let j = slot & 7; j >= 0 && frame.slotType(spi, j) === type; j--) count++
    return count
  }
  if (countOf(StackType.ZERO) >= keySize) return 0
  if (!frame.isSpilledScalar(spi) || countOf(StackType.SPILL) !== keySize) return -1
  const reg = frame.spilled(spi)
  if (!tnumIsConst(reg)) return -1
  env.bt.setFrameSlot(key.frameno, spi)
  markChain(env, env.curState, -1)
  return reg.valHi === 0 ? reg.valLo >>> 0 : -1
}

/** check_func_arg. @param arg 0 to 4. */
export function checkFuncArg(env: VerifierEnv, arg: number, meta: CallArgMeta, proto: CompiledProto): void {
  const regno = arg + 1
  const row = proto.args[arg]
  let argType = row?.type ?? ArgType.DONTCARE
  if (argType === ArgType.DONTCARE) return
  checkRegArg(env, regno, ArgUse.SRC_OP)
  if (argType === ArgType.ANYTHING) {
    if (leaksPointer(env, regno)) refuse(env, Errno.EACCES, `R${regno} leaks addr into helper function\n`)
    return
  }
  const reg = env.reg(regno)
  if (typeIsPktPointer(reg.type) && !mayAccessPacket(env, meta.pktAccess, Access.READ)) {
    refuse(env, Errno.EACCES, 'helper access to the packet is not allowed\n')
  }
  if (baseType(argType) === ArgType.PTR_TO_MAP_VALUE) argType = resolveMapValue(env, meta, argType)
  if (!(isNull(reg) && typeMayBeNull(argType))) {
    const btfId = row?.btf === undefined ? undefined : env.vmlinuxStruct(row.btf)
    checkRegType(env, regno, argType, btfId, meta)
    checkArgRegOff(env, reg, regno, argType)
  }
  if (argType & Flag.OBJ_RELEASE) checkRelease(env, regno, argType, meta)
  if (reg.refObjId && baseType(argType) !== ArgType.KPTR_XCHG_DEST) {
    if (meta.refObjId) {
      const ids = `${reg.refObjId} ${meta.refObjId}`
      refuse(env, Errno.EACCES, `more than one arg with ref_obj_id R${regno} ${ids}`)
    }
    meta.refObjId = reg.refObjId
  }
  checkArgValue(env, regno, argType, row?.size ?? 0, proto.args[arg - 1]?.type ?? 0, meta)
}

/** An argument that is given back. */
function checkRelease(env: VerifierEnv, regno: number, argType: number, meta: CallArgMeta): void {
  const reg = env.reg(regno)
  if (baseType(argType) === ArgType.PTR_TO_DYNPTR) {
    if (facts.dynptrReleasedAsOne) {
      meta.releaseRegno = regno
      return
    }
    if (reg.type !== RegType.PTR_TO_STACK) refuse(env, Errno.EINVAL, 'cannot release unowned const bpf_dynptr\n')
    const spi = dynptrSpi(env, reg)
    if (spi < 0 || !env.frameOf(reg).spilled(spi).refObjId) {
      refuse(env, Errno.EINVAL, `arg ${regno} is an unacquired reference\n`)
    }
  } else if (!reg.refObjId && !isNull(reg) && facts.releasesNamed) {
    const text = facts.argsByRegister
      ? `release helper ${funcIdName(meta.funcId)} expects referenced PTR_TO_BTF_ID passed to R${regno}`
      : `R${regno} must be referenced when passed to release function`
    refuse(env, Errno.EINVAL, `${text}\n`)
  }
  if (meta.releaseRegno) refuse(env, Errno.EFAULT, 'verifier bug: more than one release argument\n')
  meta.releaseRegno = regno
}

/** What each type of argument asks for beyond its register's type. */
function checkArgValue(
  env: VerifierEnv,
  regno: number,
  argType: number,
  fixedSize: number,
  previousType: number,
  meta: CallArgMeta,
): void {
  const reg = env.reg(regno)
  const access = (type: number): number => (type & Flag.MEM_WRITE ? Access.WRITE : Access.READ)
  const { mapPtr } = meta
  switch (baseType(argType)) {
    case ArgType.CONST_MAP_PTR:
      if (mapPtr && (mapPtr !== reg.map || meta.mapUid !== reg.mapUid)) {
        const uids = `R1 map_uid=${meta.mapUid} doesn't match map pointer in R2 map_uid=${reg.mapUid}`
        refuse(env, Errno.EINVAL, `timer pointer in ${uids}\n`)
      }
      meta.mapPtr = reg.map
      meta.mapUid = reg.mapUid
      break
    case ArgType.PTR_TO_MAP_KEY:
      if (!mapPtr) refuse(env, Errno.EFAULT, 'verifier bug: invalid map_ptr to access map->key\n')
      checkHelperMem(env, regno, mapPtr.keySize, Access.READ, false, undefined)
      if (isArrayMap(mapPtr.type)) meta.constMapKey = constantKey(env, env.reg(regno), mapPtr.keySize)
      break
    case ArgType.PTR_TO_MAP_VALUE:
      if (typeMayBeNull(argType) && isNull(reg)) return
      if (!mapPtr) refuse(env, Errno.EFAULT, 'verifier bug: invalid map_ptr to access map->value\n')
      meta.rawMode = (argType & Flag.MEM_UNINIT) !== 0
      checkHelperMem(env, regno, mapPtr.valueSize, access(argType), false, meta)
      break
    case ArgType.PTR_TO_PERCPU_BTF_ID:
      if (!reg.btfId) refuse(env, Errno.EACCES, `Helper has invalid btf_id in R${regno}\n`)
      meta.retBtf = reg.btf
      meta.retBtfId = reg.btfId
      break
    case ArgType.PTR_TO_SPIN_LOCK:
      if (inRbtreeLockRequiredCb(env)) refuse(env, Errno.EACCES, "can't spin_{lock,unlock} in rbtree cb\n")
      processSpinLock(env, regno, { lock: meta.funcId === Func.SPIN_LOCK, resilient: false, irq: false })
      break
    case ArgType.PTR_TO_TIMER: {
      const timer = processTimerFunc(env, regno)
      meta.mapPtr = timer.map
      meta.mapUid = timer.uid
      break
    }
    case ArgType.PTR_TO_FUNC:
      meta.subprogno = reg.subprogno
      break
    case ArgType.PTR_TO_MEM:
      meta.rawMode = (argType & Flag.MEM_UNINIT) !== 0
      if ((argType & Flag.MEM_FIXED_SIZE) === 0) break
      checkHelperMem(env, regno, fixedSize, access(argType), false, meta)
      if (argType & Flag.MEM_ALIGNED) checkPtrAlignment(env, reg, 0, fixedSize, true)
      break
    case ArgType.CONST_SIZE:
      checkMemSizeReg(env, regno, access(previousType), false, meta)
      break
    case ArgType.CONST_SIZE_OR_ZERO:
      checkMemSizeReg(env, regno, access(previousType), true, meta)
      break
    case ArgType.PTR_TO_DYNPTR:
      processDynptrFunc(env, regno, env.insnIdx, argType)
      break
    case ArgType.CONST_ALLOC_SIZE_OR_ZERO:
      if (!tnumIsConst(reg)) refuse(env, Errno.EACCES, `R${regno} is not a known constant'\n`)
      meta.memSize = reg.valLo
      markChainPrecision(env, regno)
      break
    case ArgType.PTR_TO_CONST_STR:
      checkConstString(env, regno)
      break
    case ArgType.KPTR_XCHG_DEST:
      if (reg.type === RegType.PTR_TO_MAP_VALUE) meta.mapPtr = reg.map
      meta.kptrField = processKptrFunc(env, regno)
  }
}

/** check_reg_const_str: a text in a map that can't change any more. */
export function checkConstString(env: VerifierEnv, regno: number): void {
  const reg = env.reg(regno)
  const { map } = reg
  if (reg.type !== RegType.PTR_TO_MAP_VALUE || !map) refuse(env, Errno.EINVAL)
  if (!isReadOnlyMap(map)) refuse(env, Errno.EACCES, `R${regno} does not point to a readonly map'\n`)
  if (!tnumIsConst(reg)) refuse(env, Errno.EACCES, `R${regno} is not a constant address'\n`)
  const bytes = map.directValue()
  if (!bytes) refuse(env, Errno.EACCES, 'no direct value access support for this map type\n')
  checkMapAccess(env, regno, reg.off, map.valueSize - reg.off, false, AccessSource.HELPER)
  const off = reg.off + reg.valLo
  if (!bytes.subarray(off, map.valueSize).includes(0)) refuse(env, Errno.EINVAL, 'string is not zero-terminated\n')
}
