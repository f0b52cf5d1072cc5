import { AttachType } from '../../uapi/attach-type.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { helperCount } from '../helpers/access.ts'
import { funcIdName } from '../helpers/table.ts'
import { Size } from '../../isa/opcode.ts'
import { checkMemAccess } from './access.ts'
import { helperAllowedHere } from './allowed.ts'
import {
  findVmaCallback,
  loopCallback,
  mapElementCallback,
  pushCallback,
  timerCallback,
  userRingbufCallback,
} from './callbacks.ts'
import { clearAllPacketPointers, leaveFunction } from './calls.ts'
import { dynptrGetType, dynptrId, dynptrRefObjId, unmarkDynptr } from './dynptr.ts'
import type { VerifierEnv } from './env.ts'
import { LogLevel, refuse } from './env.ts'
import { Func, acquires, castsPointer, getsStorage, recordsMap, returnsSize, writesMap } from './func-ids.ts'
import type { CallArgMeta } from './helper-args.ts'
import { checkFuncArg, isArrayMap, makeMeta } from './helper-args.ts'
import type { CompiledProto } from './helper-protos.ts'
import { checkPerCpuPtr, checkSnprintf, setMemOrBtf } from './helper-checks.ts'
import { helperChangesPktData, helperOf } from './helper-protos.ts'
import { releaseToKptr, xchgResultFlags } from './kptrs.ts'
import { regTypeText } from './log.ts'
import { checkMapFunc } from './map-func.ts'
import { markChainPrecision } from './precision.ts'
import { checkSane, isNull, isRegConst, markKnownZero, markUnknown, syncBounds } from './ranges.ts'
import { acquireReference, checkResourceLeak, releaseReference } from './references.ts'
import { clearCallerSaved } from './regs.ts'
import { attachedToVoid } from './return-ranges.ts'
import { clobberStack } from './stack.ts'
import { pushStack } from './stack-of-states.ts'
import type { Reg } from './state.ts'
import { Access, ArgType, DynptrType, Flag, RegType, RetType, baseType, typeFlag, typeMayBeNull } from './types.ts'
import { facts } from './versions.ts'

/** Calls of helpers (check_helper_call). */

const MAX_ERRNO = 4095
const LOCKS = (1 << 0) | (1 << 12)

export function checkHelperCall(env: VerifierEnv): void {
  const { insnIdx } = env
  const funcId = env.insns.imm(insnIdx)
  if (funcId < 0 || funcId >= helperCount(env.kernel)) {
    refuse(env, Errno.EINVAL, `invalid func ${nameOf(env, funcId)}\n`)
  }
  const proto = helperOf(env, funcId)
  if (!proto) {
    const text = facts.helpersRefusedByType ? 'program of this type cannot use helper' : 'unknown func'
    refuse(env, Errno.EINVAL, `${text} ${nameOf(env, funcId)}\n`)
  }
  checkContext(env, proto, funcId)
  const meta = makeMeta(funcId, proto.pktAccess)
  for (let arg = 0; arg < 5; arg++) checkFuncArg(env, arg, meta, proto)
  recordMap(env, meta, funcId)
  recordKey(env, meta, funcId)
  // What the helper writes into, byte by byte: there may be anything afterwards.
  if (meta.accessSize > 0 && !clobberStack(env, meta.regno, meta.accessSize, insnIdx)) {
    for (let i = 0; i < meta.accessSize; i++) {
      checkMemAccess(env, insnIdx, meta.regno, i, Size.B, Access.WRITE, -1, false, false)
    }
  }
  if (meta.releaseRegno) release(env, meta, proto)
  const moved = beforeReturn(env, meta, proto, funcId) || helperChangesPktData(funcId)
  clearCallerSaved(env, env.frame)
  env.own(0).subregDef = 0
  setResult(env, meta, proto)
  setResultIds(env, meta, funcId)
  refineResult(env, meta, proto, funcId)
  checkMapFunc(env, meta.mapPtr, funcId)
  if (funcId === Func.GET_STACK || funcId === Func.GET_TASK_STACK) env.hasCallchainBuf = true
  if (funcId === Func.GET_STACKID || funcId === Func.GET_STACK) env.callGetStack = true
  if (funcId === Func.GET_FUNC_IP) checkGetFuncIp(env)
  if (funcId === Func.TAIL_CALL) {
    if (env.curState.curframe > 0) {
      afterTailCall(env)
      clearAllPacketPointers(env)
    }
    return
  }
  if (moved) clearAllPacketPointers(env)
}

/** As messages name a helper. */
function nameOf(env: VerifierEnv, funcId: number): string {
  return `${funcId < helperCount(env.kernel) ? funcIdName(funcId) : 'unknown'}#${funcId}`
}

/** Whether the helper may be called here at all. */
function checkContext(env: VerifierEnv, proto: CompiledProto, funcId: number): void {
  const no = (text: string) => {
    refuse(env, Errno.EINVAL, `${text}\n`)
  }
  if (!env.input.gplCompatible && proto.gplOnly) {
    no('cannot call GPL-restricted function from non-GPL compatible program')
  }
  if (proto.allowed !== undefined && !helperAllowedHere(env, proto.allowed)) {
    no('helper call is not allowed in probe')
  }
  const sleeps = proto.mightSleep
  if (!env.inSleepable && sleeps) no('helper call might sleep in a non-sleepable prog')
  const state = env.curState
  if (sleeps) {
    if (state.activeRcuLocks) no(`sleepable helper ${nameOf(env, funcId)} in rcu_read_lock region`)
    if (state.activePreemptLocks) no(`sleepable helper ${nameOf(env, funcId)} in non-preemptible region`)
    if (state.activeIrqId) no(`sleepable helper ${nameOf(env, funcId)} in IRQ-disabled region`)
  }
  if (getsStorage.has(funcId)) {
    if (state.activeRcuLocks || state.activePreemptLocks || state.activeIrqId || !env.inSleepable) {
      env.curAux.storageGetFuncAtomic = true
    }
  }
}

/** record_func_map: which map a call is about, for those who inline it. */
function recordMap(env: VerifierEnv, meta: CallArgMeta, funcId: number): void {
  if (!recordsMap.has(funcId)) return
  const { mapPtr } = meta
  if (!mapPtr) refuse(env, Errno.EFAULT, 'verifier bug: expected map for helper call\n')
  if (mapPtr.mapFlags & MapFlag.RDONLY_PROG && writesMap.has(funcId)) {
    refuse(env, Errno.EACCES, 'write into map forbidden\n')
  }
  const aux = env.curAux
  if (aux.mapPtr === mapPtr) return
  aux.mapPoison = aux.mapPtr !== undefined
  aux.mapUnpriv ||= !mapPtr.bypassSpecV1
  aux.mapPtr = mapPtr
}

/** record_func_key: the index of a tail call. */
function recordKey(env: VerifierEnv, meta: CallArgMeta, funcId: number): void {
  if (funcId !== Func.TAIL_CALL) return
  const { mapPtr } = meta
  if (mapPtr?.type !== MapType.PROG_ARRAY) {
    const text = facts.leaksNamed
      ? 'expected prog array map for tail call'
      : 'kernel subsystem misconfigured verifier\n'
    refuse(env, Errno.EINVAL, text)
  }
  const reg = env.reg(3)
  const aux = env.curAux
  if (!isRegConst(reg, false) || reg.valHi !== 0 || reg.valLo >>> 0 >= mapPtr.maxEntries) {
    aux.mapKey = NaN
    return
  }
  markChainPrecision(env, 3)
  const key = reg.valLo >>> 0
  if (aux.mapKey === undefined) aux.mapKey = key
  else if (aux.mapKey !== key) aux.mapKey = NaN
}

/** An argument that the helper takes back. */
function release(env: VerifierEnv, meta: CallArgMeta, proto: CompiledProto): void {
  const regno = meta.releaseRegno
  const argType = proto.args[regno - 1]?.type ?? 0
  if (baseType(argType) === ArgType.PTR_TO_DYNPTR) {
    unmarkDynptr(env, env.reg(regno))
    return
  }
  const give = meta.funcId === Func.KPTR_XCHG ? releaseToKptr : releaseReference
  const ok = meta.refObjId ? give(env, meta.refObjId) : isNull(env.reg(regno))
  if (!ok) refuse(env, Errno.EINVAL, `func ${nameOf(env, meta.funcId)} reference has not been acquired before\n`)
}

/** What single helpers ask for, and the functions that they call. @returns whether the packet may have moved. */
function beforeReturn(env: VerifierEnv, meta: CallArgMeta, proto: CompiledProto, funcId: number): boolean {
  const { insnIdx } = env
  switch (funcId) {
    case Func.TAIL_CALL:
      checkResourceLeak(env, false, true, 'tail_call')
      break
    case Func.GET_LOCAL_STORAGE:
      if (isNull(env.reg(2))) break
      refuse(env, Errno.EINVAL, "get_local_storage() doesn't support non-zero flags\n")
      break
    case Func.FOR_EACH_MAP_ELEM:
      pushCallback(env, insnIdx, meta.subprogno, mapElementCallback)
      break
    case Func.TIMER_SET_CALLBACK:
      pushCallback(env, insnIdx, meta.subprogno, timerCallback)
      break
    case Func.FIND_VMA:
      pushCallback(env, insnIdx, meta.subprogno, findVmaCallback)
      break
    case Func.LOOP:
      checkLoop(env, meta)
      break
    case Func.DYNPTR_FROM_MEM:
      if (env.reg(1).type === RegType.PTR_TO_MAP_VALUE) break
      refuse(env, Errno.EACCES, `Unsupported reg type ${regTypeText(env.reg(1).type)} for bpf_dynptr_from_mem data\n`)
      break
    case Func.SET_RETVAL:
      checkSetRetval(env)
      break
    case Func.USER_RINGBUF_DRAIN:
      pushCallback(env, insnIdx, meta.subprogno, userRingbufCallback)
      break
    case Func.DYNPTR_DATA: {
      const reg = dynptrArg(env, proto)
      meta.dynptrId = dynptrId(env, reg)
      meta.refObjId = dynptrRefObjId(env, reg)
      break
    }
    case Func.DYNPTR_WRITE: {
      // Writing to a packet may move it: slices of it are gone.
      const type = dynptrGetType(env, dynptrArg(env, proto))
      if (type === DynptrType.INVALID) refuse(env, Errno.EFAULT)
      return type === DynptrType.SKB || type === DynptrType.SKB_META
    }
    case Func.SNPRINTF:
      checkSnprintf(env)
      break
    case Func.PER_CPU_PTR:
    case Func.THIS_CPU_PTR:
      checkPerCpuPtr(env, meta)
      break
  }
  return false
}

/** A hook of LSM that returns nothing has nothing that could be set. */
function checkSetRetval(env: VerifierEnv): void {
  const { resolvedType, expectedAttachType } = env.input
  if (resolvedType !== ProgType.LSM || expectedAttachType !== AttachType.LSM_CGROUP || !attachedToVoid(env)) return
  refuse(env, Errno.EINVAL, "BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!\n")
}

/** get_dynptr_arg_reg. */
function dynptrArg(env: VerifierEnv, proto: CompiledProto): Reg {
  return env.reg(1 + proto.args.findIndex(({ type }) => baseType(type) === ArgType.PTR_TO_DYNPTR))
}

/** bpf_loop: its callback is walked until nothing new comes of it, or the number of turns is reached. */
function checkLoop(env: VerifierEnv, meta: CallArgMeta): void {
  const aux = env.curAux
  const flagsAreZero = (): boolean => {
    const zero = isNull(env.reg(4))
    if (zero) markChainPrecision(env, 4)
    return zero
  }
  if (!aux.loopInitialized) {
    aux.loopInitialized = true
    aux.loopFitForInline = flagsAreZero()
    aux.loopCallbackSubprogno = meta.subprogno
  } else if (aux.loopFitForInline) {
    aux.loopFitForInline = flagsAreZero() && aux.loopCallbackSubprogno === meta.subprogno
  }
  markChainPrecision(env, 1)
  const turns = env.reg(1)
  const { frame } = env
  if (turns.umaxHi !== 0 || frame.callbackDepth < turns.umaxLo >>> 0) {
    pushCallback(env, env.insnIdx, meta.subprogno, loopCallback)
    return
  }
  frame.callbackDepth = 0
  if (env.log.level & LogLevel.LEVEL2) {
    env.verbose(`frame${env.curState.curframe} bpf_loop iteration limit reached\n`)
  }
}

/** What r0 is. */
function setResult(env: VerifierEnv, meta: CallArgMeta, proto: CompiledProto): void {
  const r0 = env.own(0)
  let flags = typeFlag(proto.ret)
  switch (baseType(proto.ret)) {
    case RetType.INTEGER:
      markUnknown(env, r0)
      break
    case RetType.VOID:
      r0.type = RegType.NOT_INIT
      break
    case RetType.PTR_TO_MAP_VALUE: {
      markKnownZero(r0)
      const { mapPtr, constMapKey } = meta
      if (!mapPtr) refuse(env, Errno.EFAULT, 'verifier bug: unexpected null map_ptr\n')
      const known = constMapKey >= 0 && constMapKey < mapPtr.maxEntries
      if (meta.funcId === Func.MAP_LOOKUP_ELEM && isArrayMap(mapPtr.type) && known) flags &= ~Flag.PTR_MAYBE_NULL
      r0.map = mapPtr
      r0.mapUid = meta.mapUid
      r0.type = RegType.PTR_TO_MAP_VALUE | flags
      if (!typeMayBeNull(flags) && mapPtr.fieldMask & LOCKS) r0.id = ++env.idGen
      break
    }
    case RetType.PTR_TO_SOCKET:
      markKnownZero(r0)
      r0.type = RegType.PTR_TO_SOCKET | flags
      break
    case RetType.PTR_TO_SOCK_COMMON:
      markKnownZero(r0)
      r0.type = RegType.PTR_TO_SOCK_COMMON | flags
      break
    case RetType.PTR_TO_TCP_SOCK:
      markKnownZero(r0)
      r0.type = RegType.PTR_TO_TCP_SOCK | flags
      break
    case RetType.PTR_TO_MEM:
      markKnownZero(r0)
      r0.type = RegType.PTR_TO_MEM | flags
      r0.memSize = meta.memSize
      break
    case RetType.PTR_TO_MEM_OR_BTF_ID:
      markKnownZero(r0)
      setMemOrBtf(env, r0, meta, flags)
      break
    case RetType.PTR_TO_BTF_ID: {
      markKnownZero(r0)
      if (meta.kptrField) {
        r0.type = RegType.PTR_TO_BTF_ID | flags | xchgResultFlags(env, meta.kptrField)
        r0.btf = meta.kptrField.btf
        r0.btfId = meta.kptrField.btfId
        break
      }
      r0.type = RegType.PTR_TO_BTF_ID | flags
      const id = proto.retBtf === undefined ? 0 : env.vmlinuxStruct(proto.retBtf)
      if (id === 0) {
        refuse(env, Errno.EINVAL, `invalid return type ${baseType(proto.ret)} of func ${nameOf(env, meta.funcId)}\n`)
      }
      r0.btf = env.vmlinux()
      r0.btfId = id
      break
    }
    default:
      refuse(env, Errno.EINVAL, `unknown return type ${baseType(proto.ret)} of func ${nameOf(env, meta.funcId)}\n`)
  }
  if (typeMayBeNull(r0.type)) r0.id = ++env.idGen
}

function setResultIds(env: VerifierEnv, meta: CallArgMeta, funcId: number): void {
  const r0 = env.own(0)
  if (funcId === Func.DYNPTR_DATA) r0.dynptrId = meta.dynptrId
  if (castsPointer.has(funcId) || funcId === Func.DYNPTR_DATA) {
    r0.refObjId = meta.refObjId
    return
  }
  const sockets = meta.mapPtr?.type === MapType.SOCKMAP || meta.mapPtr?.type === MapType.SOCKHASH
  if (!acquires.has(funcId) && !(funcId === Func.MAP_LOOKUP_ELEM && sockets)) return
  const id = acquireReference(env, env.insnIdx)
  r0.id = id
  r0.refObjId = id
}

/** do_refine_retval_range. */
function refineResult(env: VerifierEnv, meta: CallArgMeta, proto: CompiledProto, funcId: number): void {
  if (proto.ret !== RetType.INTEGER) return
  const r0 = env.own(0)
  if (returnsSize.has(funcId)) {
    r0.smaxHi = meta.msizeMaxHi
    r0.smaxLo = meta.msizeMaxLo
    r0.s32Max = meta.msizeMaxLo
    r0.sminHi = -1
    r0.sminLo = -MAX_ERRNO
    r0.s32Min = -MAX_ERRNO
    syncBounds(r0)
  } else if (funcId === Func.GET_SMP_PROCESSOR_ID) {
    const last = env.kernel.possibleCpus - 1
    r0.umaxHi = r0.smaxHi = r0.uminHi = r0.sminHi = 0
    r0.umaxLo = r0.smaxLo = r0.u32Max = r0.s32Max = last
    r0.uminLo = r0.sminLo = r0.u32Min = r0.s32Min = 0
    syncBounds(r0)
  }
  checkSane(env, r0, 'retval')
}

/** bpf_prog_has_trampoline, of tracing programs. */
const hasTrampoline: ReadonlySet<number> = new Set([
  AttachType.TRACE_FENTRY,
  AttachType.TRACE_FEXIT,
  AttachType.MODIFY_RETURN,
])

/** check_get_func_ip. */
function checkGetFuncIp(env: VerifierEnv): void {
  const { resolvedType } = env.input
  if (resolvedType === ProgType.TRACING) {
    if (hasTrampoline.has(env.input.expectedAttachType)) return
    refuse(
      env,
      Errno.ENOTSUPP,
      `func ${nameOf(env, Func.GET_FUNC_IP)} supported only for fentry/fexit/fmod_ret programs\n`,
    )
  }
  if (resolvedType !== ProgType.KPROBE) {
    refuse(
      env,
      Errno.ENOTSUPP,
      `func ${nameOf(env, Func.GET_FUNC_IP)} not supported for program type ${resolvedType}\n`,
    )
  }
  env.callGetFuncIp = true
}

/** A tail call in a function: the other program returns for it, or there was none. */
function afterTailCall(env: VerifierEnv): void {
  env.markRegScratched(0)
  if (!pushStack(env, env.insnIdx + 1, env.insnIdx, false)) refuse(env, Errno.ENOMEM)
  clearAllPacketPointers(env)
  markUnknown(env, env.own(0))
  leaveFunction(env)
  env.insnIdx--
}
