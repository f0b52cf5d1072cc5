import { Kind } from '../../btf/btf.ts'
import { AttachType as A } from '../../uapi/attach-type.ts'
import { Errno } from '../../uapi/errno.ts'
import { ProgType as T } from '../../uapi/prog-type.ts'
import { isWithin, leaveFunction, writeInvalidScalar } from './calls.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { regTypeText } from './log.ts'
import { markChainPrecision } from './precision.ts'
import { checkResourceLeak } from './references.ts'
import { attachedToVoid, lsmRetvalRange } from './return-ranges.ts'
import { ArgUse, checkPtrOffReg, checkRegArg, leaksPointer } from './regs.ts'
import type { RetvalRange } from './state.ts'
import { makeTnum, tnumIn } from './tnum.ts'
import { RegType } from './types.ts'
import { facts } from './versions.ts'

/** The end of a function, and what a program may return (process_bpf_exit_full, check_return_code). */

/** @returns whether the path ends here. */
export function processExit(env: VerifierEnv, exception: boolean): boolean {
  const throws = exception && facts.throwsHoldNothing
  const what = throws ? 'bpf_throw' : 'BPF_EXIT instruction in main prog'
  checkResourceLeak(env, exception, throws || env.curState.curframe === 0, what)
  if (exception) return true
  if (env.curState.curframe > 0) {
    leaveFunction(env)
    return false
  }
  checkReturnCode(env, 0, 'R0')
  return true
}

const oneOnly: ReadonlySet<number> = new Set([
  A.CGROUP_UDP4_RECVMSG,
  A.CGROUP_UDP6_RECVMSG,
  A.CGROUP_UNIX_RECVMSG,
  A.CGROUP_INET4_GETPEERNAME,
  A.CGROUP_INET6_GETPEERNAME,
  A.CGROUP_UNIX_GETPEERNAME,
  A.CGROUP_INET4_GETSOCKNAME,
  A.CGROUP_INET6_GETSOCKNAME,
  A.CGROUP_UNIX_GETSOCKNAME,
])

const BOOL: RetvalRange = { min: 0, max: 1 }
const ZERO: RetvalRange = { min: 0, max: 0 }
const ONE: RetvalRange = { min: 1, max: 1 }
const ZERO_TO_THREE: RetvalRange = { min: 0, max: 3 }

/** A program's range by type and attach type; undefined where it may return anything. */
function programRange(env: VerifierEnv, retStruct: boolean): RetvalRange | undefined {
  const { resolvedType, expectedAttachType: attach } = env.input
  switch (resolvedType) {
    case T.CGROUP_SOCK_ADDR:
      if (oneOnly.has(attach)) return ONE
      if (!facts.bindRaisesPorts) return BOOL
      return attach === A.CGROUP_INET4_BIND || attach === A.CGROUP_INET6_BIND ? ZERO_TO_THREE : BOOL
    case T.CGROUP_SKB:
      return attach === A.CGROUP_INET_EGRESS ? ZERO_TO_THREE : BOOL
    case T.CGROUP_SOCK:
    case T.SOCK_OPS:
    case T.CGROUP_DEVICE:
    case T.CGROUP_SYSCTL:
    case T.CGROUP_SOCKOPT:
    case T.SK_LOOKUP:
    case T.NETFILTER:
      return BOOL
    case T.RAW_TRACEPOINT:
      return env.input.attach.btfId ? ZERO : undefined
    case T.TRACING:
      if (attach === A.TRACE_FENTRY || attach === A.TRACE_FEXIT) return ZERO
      if (attach === A.TRACE_RAW_TP || attach === A.MODIFY_RETURN) return undefined
      if (attach === A.TRACE_ITER) return BOOL
      return refuse(env, Errno.ENOTSUPP)
    case T.KPROBE:
      return attach === A.TRACE_KPROBE_SESSION || attach === A.TRACE_UPROBE_SESSION ? BOOL : undefined
    case T.LSM:
      if (attach === A.LSM_CGROUP) return attachedToVoid(env) ? ONE : BOOL
      return lsmRetvalRange(env)
    case T.STRUCT_OPS:
      return retStruct ? ZERO : undefined
    default:
      return undefined
  }
}

/** check_return_code. */
export function checkReturnCode(env: VerifierEnv, regno: number, name: string): void {
  const { input } = env
  const frame = env.curState.frameAt(0)
  const isSubprog = frame.subprogno > 0
  let retStruct = false
  if (!isSubprog || frame.inExceptionCallbackFn) {
    if (input.resolvedType === T.LSM && input.expectedAttachType !== A.LSM_CGROUP && attachedToVoid(env)) return
    if (input.resolvedType === T.STRUCT_OPS) {
      if (attachedToVoid(env)) return
      if (!frame.inExceptionCallbackFn) {
        const returned = returnedStruct(env)
        retStruct = returned !== undefined
        const reg = env.reg(regno)
        if (retStruct && reg.btf === input.attach.btf && reg.btfId === returned && reg.refObjId) {
          checkPtrOffReg(env, reg, regno)
          return
        }
      }
    }
  }
  checkRegArg(env, regno, ArgUse.SRC_OP)
  if (leaksPointer(env, regno)) refuse(env, Errno.EACCES, `R${regno} leaks addr as return value\n`)
  const reg = env.reg(regno)
  let where = 'At program exit'
  let range: RetvalRange | undefined
  if (frame.inAsyncCallbackFn) {
    where = 'At async callback return'
    range = frame.callbackRetRange
  } else if (isSubprog && !frame.inExceptionCallbackFn) {
    if (reg.type === RegType.SCALAR_VALUE) return
    const type = regTypeText(reg.type)
    refuse(env, Errno.EINVAL, `At subprogram exit the register R${regno} is not a scalar value (${type})\n`)
  } else {
    range = programRange(env, retStruct)
    if (!range) return
  }
  if (reg.type !== RegType.SCALAR_VALUE) {
    refuse(env, Errno.EINVAL, `${where} the register R${regno} is not a known value (${regTypeText(reg.type)})\n`)
  }
  if (facts.returnsByBounds) markChainPrecision(env, regno)
  const narrow = input.resolvedType === T.LSM && input.expectedAttachType !== A.LSM_CGROUP
  if (!isWithin(range, env.reg(regno), narrow && !frame.inAsyncCallbackFn)) {
    writeInvalidScalar(env, env.reg(regno), range, where, name)
    const toVoid = input.expectedAttachType === A.LSM_CGROUP && input.resolvedType === T.LSM && attachedToVoid(env)
    if (!isSubprog && toVoid) {
      env.verbose("Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!\n")
    }
    refuse(env, Errno.EINVAL)
  }
  if (input.resolvedType === T.CGROUP_SKB && input.expectedAttachType === A.CGROUP_INET_EGRESS) {
    // Verdicts 2 and 3 mean something only there.
    if (!frame.inAsyncCallbackFn && tnumIn(makeTnum(0, 2, 0, 1), env.reg(regno))) env.enforceExpectedAttachType = true
  }
}

/** The struct that an operation returns a pointer to. */
function returnedStruct(env: VerifierEnv): number | undefined {
  const { btf, funcProto } = env.input.attach
  if (!btf || !funcProto) return undefined
  const type = btf.skipModsAndTypedefs(btf.type(funcProto))
  return btf.kind(type) === Kind.PTR ? btf.skipModsAndTypedefs(btf.type(type)) : undefined
}
