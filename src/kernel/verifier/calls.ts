import { Errno } from '../../uapi/errno.ts'
import type { VerifierEnv } from './env.ts'
import { LogLevel, refuse } from './env.ts'
import { widenImpreciseScalars } from './equal.ts'
import { checkFuncArgMatch } from './func-args.ts'
import { printState } from './log.ts'
import { markChainPrecision } from './precision.ts'
import { findPrevEntry } from './prune.ts'
import { markInvalid, markKnownZero, markNotInit, markUnknown } from './ranges.ts'
import { clearCallerSaved } from './regs.ts'
import { isPacketPointerAny } from './branch-taken.ts'
import type { Reg, RetvalRange, VerifierState } from './state.ts'
import { FuncState, changeRegs } from './state.ts'
import { decimalS64, ltS64 } from './int64.ts'
import { Flag, FP, MAX_BPF_REG, MAX_CALL_FRAMES, RegType, baseType } from './types.ts'
import { KernelError } from '../error.ts'
import { makeTnum, tnumIn, tnumIsUnknown, tnumRange, tnumText } from './tnum.ts'
import { facts } from './versions.ts'

/** Calls of the program's own functions, and what comes back (check_func_call, prepare_func_exit). */

/** init_func_state. */
export function makeFrame(env: VerifierEnv, callsite: number, frameno: number, subprogno: number): FuncState {
  const frame = FuncState.make(callsite, frameno, subprogno)
  for (let i = 0; i < MAX_BPF_REG; i++) {
    const reg = frame.own(i)
    markNotInit(env, reg)
    reg.subregDef = 0
  }
  const fp = frame.own(FP)
  fp.type = RegType.PTR_TO_STACK
  markKnownZero(fp)
  fp.frameno = frameno
  env.markStateScratched()
  return frame
}

/** How a function's registers follow from its caller's (set_callee_state_fn). */
export type SetCallee = (env: VerifierEnv, caller: FuncState, callee: FuncState, insnIdx: number) => void

/** set_callee_state: arguments are passed on. */
const passArguments: SetCallee = (_env, caller, callee) => {
  for (let i = 1; i <= 5; i++) callee.put(i, caller.reg(i))
  callee.writtenRegs = caller.writtenRegs & 0b111110
}

/** setup_func_entry: the state gets one frame more. */
export function enterFunction(
  env: VerifierEnv,
  subprog: number,
  callsite: number,
  setCallee: SetCallee,
  state: VerifierState,
): void {
  if (state.curframe + 1 >= MAX_CALL_FRAMES) {
    refuse(env, Errno.E2BIG, `the call stack of ${state.curframe + 2} frames is too deep\n`)
  }
  const caller = state.frame
  const callee = makeFrame(env, callsite, state.curframe + 1, subprog)
  state.frames.length = state.curframe + 1
  state.frames.push(callee)
  setCallee(env, caller, callee, callsite)
  state.curframe++
}

/**
 * btf_check_subprog_call. @returns 0, or why the arguments don't fit; then the function's BTF isn't trusted any more.
 */
export function checkSubprogCall(env: VerifierEnv, subprog: number): number {
  if (env.input.funcInfo.length === 0) return Errno.EINVAL
  if (!env.input.funcInfo[subprog]?.typeId) refuse(env, Errno.EFAULT)
  const info = env.subprog(subprog)
  if (info.unreliable) return Errno.EINVAL
  try {
    checkFuncArgMatch(env, subprog)
    return 0
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    info.unreliable = true
    if (error.errno === Errno.EFAULT) throw error
    return error.errno
  }
}

/** check_func_call. The walk goes on at the function's first instruction, or behind the call of a global one. */
export function checkFuncCall(env: VerifierEnv): void {
  const { insnIdx } = env
  const target = insnIdx + env.insns.imm(insnIdx) + 1
  const subprog = env.findSubprog(target)
  if (subprog < 0) {
    const text = `verifier bug: target of func call at insn ${target} is not a program (subprog < 0)\n`
    refuse(env, Errno.EFAULT, text)
  }
  const errno = checkSubprogCall(env, subprog)
  const info = env.subprog(subprog)
  if (info.isGlobal) {
    checkGlobalCall(env, subprog, errno)
    return
  }
  const state = env.curState
  const caller = state.frame
  enterFunction(env, subprog, insnIdx, passArguments, state)
  clearCallerSaved(env, caller)
  env.insnIdx = info.start - 1
  env.liveness.resetCallchain()
  if (env.log.level & LogLevel.LEVEL) {
    env.verbose('caller:\n')
    printState(env, state, caller.frameno, true)
    env.verbose('callee:\n')
    printState(env, state, state.curframe, true)
  }
}

/** A global function is checked by itself, for all arguments that its prototype allows. */
function checkGlobalCall(env: VerifierEnv, subprog: number, errno: number): void {
  const state = env.curState
  const info = env.subprog(subprog)
  const name = env.subprogName(subprog)
  if (state.activeLocks) {
    const text = 'global function calls are not allowed while holding a lock,\nuse static function instead\n'
    refuse(env, Errno.EINVAL, text)
  }
  const atomic = state.activeRcuLocks || state.activePreemptLocks || state.activeIrqId || !env.inSleepable
  if (info.mightSleep && atomic) {
    const text = [
      'global functions that may sleep are not allowed in non-sleepable context,',
      'i.e., in a RCU/IRQ/preempt-disabled section, or in',
      'a non-sleepable BPF program context',
    ]
    refuse(env, Errno.EINVAL, `${text.join('\n')}\n`)
  }
  const named = facts.globalsWhenCalled ? ` ('${name}')` : ''
  if (errno) refuse(env, errno, `Caller passes invalid args into func#${subprog}${named}\n`)
  env.verbose(
    `Func#${subprog}${named} is global and ${facts.globalsWhenCalled ? 'assumed valid.' : 'valid. Skipping.'}\n`,
  )
  if (info.changesPktData) clearAllPacketPointers(env)
  info.called = true
  clearCallerSaved(env, state.frame)
  const r0 = state.frame.own(0)
  markUnknown(env, r0)
  r0.subregDef = 0
}

const PACKET_DYNPTRS = Flag.DYNPTR_TYPE_SKB | Flag.DYNPTR_TYPE_XDP | Flag.DYNPTR_TYPE_SKB_META

/** clear_all_pkt_pointers: the packet may have moved. */
export function clearAllPacketPointers(env: VerifierEnv): void {
  changeRegs(
    env.curState,
    (reg) =>
      isPacketPointerAny(reg) || (baseType(reg.type) === RegType.PTR_TO_MEM && (reg.type & PACKET_DYNPTRS) !== 0),
    (reg) => {
      markInvalid(env, reg)
    },
  )
}

const rangeBits = makeTnum()

/** retval_range_within. */
export function isWithin({ min, max }: RetvalRange, reg: Reg, narrow: boolean): boolean {
  if (!facts.returnsByBounds) {
    tnumRange(rangeBits, min >> 31, min, max >> 31, max)
    return tnumIn(rangeBits, reg)
  }
  if (narrow) return min <= reg.s32Min && reg.s32Max <= max
  return !ltS64(reg.sminHi, reg.sminLo, min >> 31, min) && !ltS64(max >> 31, max, reg.smaxHi, reg.smaxLo)
}

/** verbose_invalid_scalar. */
export function writeInvalidScalar(env: VerifierEnv, reg: Reg, range: RetvalRange, where: string, name: string): void {
  if (!facts.returnsByBounds) {
    const { min, max } = range
    tnumRange(rangeBits, min >> 31, min, max >> 31, max)
    const value = tnumIsUnknown(reg) ? 'unknown scalar value' : `value ${tnumText(reg)}`
    env.verbose(`${where} the register ${name} has ${value} should have been in ${tnumText(rangeBits)}\n`)
    return
  }
  env.verbose(`${where} the register ${name} has`)
  let unknown = true
  if (reg.sminHi !== -0x80000000 || reg.sminLo !== 0) {
    env.verbose(` smin=${decimalS64(reg.sminHi, reg.sminLo)}`)
    unknown = false
  }
  if (reg.smaxHi !== 0x7fffffff || reg.smaxLo !== -1) {
    env.verbose(` smax=${decimalS64(reg.smaxHi, reg.smaxLo)}`)
    unknown = false
  }
  if (unknown) env.verbose(' unknown scalar value')
  env.verbose(` should have been in [${range.min}, ${range.max}]\n`)
}

/** prepare_func_exit: back to the caller, or to the call again that calls back. */
export function leaveFunction(env: VerifierEnv): void {
  env.liveness.update()
  const state = env.curState
  const callee = state.frame
  const r0 = callee.reg(0)
  if (r0.type === RegType.PTR_TO_STACK) {
    refuse(env, Errno.EINVAL, 'cannot return stack pointer to the caller\n')
  }
  const caller = state.frameAt(state.curframe - 1)
  if (callee.inCallbackFn) {
    if (r0.type !== RegType.SCALAR_VALUE) refuse(env, Errno.EACCES, 'R0 not a scalar value\n')
    markChainPrecision(env, 0)
    if (!isWithin(callee.callbackRetRange, r0, false)) {
      writeInvalidScalar(env, r0, callee.callbackRetRange, 'At callback return', 'R0')
      refuse(env, Errno.EINVAL)
    }
    if (!env.auxAt(callee.callsite).callsCallback) {
      const where = `in callback at ${env.insnIdx}, callsite ${callee.callsite}`
      refuse(env, Errno.EFAULT, `verifier bug: ${where} !calls_callback\n`)
    }
    env.insnIdx = callee.callsite
  } else {
    caller.put(0, r0)
    caller.writtenRegs = (caller.writtenRegs & ~1) | (callee.writtenRegs & 1)
    env.insnIdx = callee.callsite + 1
  }
  if (env.log.level & LogLevel.LEVEL) {
    env.verbose('returning from callee:\n')
    printState(env, state, callee.frameno, true)
    env.verbose(`to caller at ${env.insnIdx}:\n`)
    printState(env, state, caller.frameno, true)
  }
  state.frames.length = state.curframe
  state.curframe--
  if (!callee.inCallbackFn) return
  const previous = findPrevEntry(env, state, env.insnIdx)
  if (previous) widenImpreciseScalars(env, previous, state)
}
