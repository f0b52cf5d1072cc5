import type { Insns } from '../../isa/insn.ts'
import { Class, Jmp, LD_IMM64 } from '../../isa/opcode.ts'
import { AttachType } from '../../uapi/attach-type.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoCall, PseudoLdImm64 } from '../../uapi/flags.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { isThrow } from './call-kinds.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { MAX_CALL_FRAMES, MAX_STACK } from './types.ts'
import { facts } from './versions.ts'

/** Stack of functions that call each other together (check_max_stack_depth). */

const CALL = Class.JMP | Jmp.CALL

/** enum priv_stack_mode. */
export const PrivStack = { UNKNOWN: 0, NO: 1, ADAPTIVE: 2 } as const
const PRIV_STACK_MIN_SIZE = 64
const MAX_TAIL_CALLER_STACK = 256

/** round_up_stack_depth. */
function roundUp(env: VerifierEnv, depth: number): number {
  return env.input.jitRequested ? Math.ceil(depth / 16) * 16 : Math.ceil(Math.max(depth, 1) / 32) * 32
}

/** bpf_enable_priv_stack: programs that may run inside themselves get a stack of their own. */
function privStackMode(env: VerifierEnv): number {
  if (!env.input.jitRequested) return PrivStack.NO
  const { type, expectedAttachType } = env.input
  switch (type) {
    case ProgType.KPROBE:
    case ProgType.TRACEPOINT:
    case ProgType.PERF_EVENT:
    case ProgType.RAW_TRACEPOINT:
      return PrivStack.ADAPTIVE
    case ProgType.TRACING:
      return expectedAttachType !== AttachType.TRACE_ITER ? PrivStack.ADAPTIVE : PrivStack.NO
    default:
      return PrivStack.NO
  }
}

/** Where functions are called, or their addresses taken, and where exceptions are thrown. */
function callPoints(env: VerifierEnv): number[] {
  const { insns } = env
  const points: number[] = []
  for (let i = 0; i < insns.length; i++) {
    const code = insns.code(i)
    if (code === CALL ? insns.src(i) === PseudoCall.CALL || isThrow(env, i) : isFuncAddress(insns, i, code))
      points.push(i)
  }
  return points
}

function isFuncAddress(insns: Insns, i: number, code: number): boolean {
  return code === LD_IMM64 && insns.src(i) === PseudoLdImm64.FUNC
}

/** Index of the first point that is not before an instruction. */
function pointFrom(points: readonly number[], insn: number): number {
  let [low, high] = [0, points.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((points[middle] as number) < insn) low = middle + 1
    else high = middle
  }
  return low
}

export function checkMaxStackDepth(env: VerifierEnv): void {
  const tailCalls = env.subprogs.some(({ hasTailCall }) => hasTailCall)
  const mode = tailCalls || !facts.privateStacks ? PrivStack.NO : privStackMode(env)
  const points = callPoints(env)
  for (let i = env.subprogs.length - 1; i >= 0; i--) {
    if (i === 0 || env.subprog(i).isAsyncCb) checkFrom(env, points, i, i === 0 && mode === PrivStack.ADAPTIVE)
  }
  env.jitsUsePrivStack = env.subprogs.some(({ privStackMode: m }) => m === PrivStack.ADAPTIVE)
}

/** check_max_stack_depth_subprog: all that one function calls, without recursion. */
function checkFrom(env: VerifierEnv, points: readonly number[], first: number, privSupported: boolean): void {
  const { insns } = env
  const returns: { point: number; prog: number }[] = []
  let idx = first
  let depth = 0
  let tailCallReachable = false
  let point = pointFrom(points, env.subprog(idx).start)
  const enter = () => {
    const subprog = env.subprog(idx)
    if (!privSupported) subprog.privStackMode = PrivStack.NO
    if (idx && subprog.hasTailCall && depth >= MAX_TAIL_CALLER_STACK) {
      const what = `when call stack of previous frames is ${depth} bytes`
      refuse(env, Errno.EACCES, `tail_calls are not allowed ${what}. Too large\n`)
    }
    const own = roundUp(env, subprog.stackDepth)
    if (privSupported && subprog.privStackMode === PrivStack.UNKNOWN && own >= PRIV_STACK_MIN_SIZE) {
      subprog.privStackMode = PrivStack.ADAPTIVE
    }
    if (subprog.privStackMode === PrivStack.ADAPTIVE) {
      if (own > MAX_STACK) refuse(env, Errno.EACCES, `stack size of subprog ${idx} is ${own}. Too large\n`)
      return
    }
    depth += own
    if (depth > MAX_STACK) {
      const what = `combined stack size of ${returns.length + 1} calls is ${depth}`
      refuse(env, Errno.EACCES, `${what}. Too large\n`)
    }
  }
  enter()
  for (;;) {
    const { end } = env.subprog(idx)
    let called = false
    for (; point < points.length && (points[point] as number) < end; point++) {
      const i = points[point] as number
      const call = insns.code(i) === CALL
      if (call && insns.src(i) !== PseudoCall.CALL) {
        if (insns.off(i) !== 0) continue
        const inCallback = env.subprog(idx).isCb || returns.some(({ prog }) => env.subprog(prog).isCb)
        if (inCallback) {
          const text = `bpf_throw kfunc (insn ${i}) cannot be called from callback subprog ${idx}\n`
          refuse(env, Errno.EINVAL, text)
        }
        continue
      }
      const next = i + insns.imm(i) + 1
      const callee = env.findSubprog(next)
      if (callee < 0) {
        refuse(env, Errno.EFAULT, `verifier bug: callee not found at insn ${next} (sidx < 0)\n`)
      }
      const info = env.subprog(callee)
      if (info.isAsyncCb) {
        if (info.hasTailCall) refuse(env, Errno.EFAULT, 'verifier bug: subprog has tail_call and async cb\n')
        if (!call) continue
        if (info.isExceptionCb) refuse(env, Errno.EINVAL, `insn ${i} cannot call exception cb directly`)
      }
      returns.push({ point: point + 1, prog: idx })
      point = pointFrom(points, next)
      idx = callee
      if (info.hasTailCall) tailCallReachable = true
      if (returns.length >= MAX_CALL_FRAMES) {
        refuse(env, Errno.E2BIG, `the call stack of ${returns.length} frames is too deep !\n`)
      }
      enter()
      called = true
      break
    }
    if (called) continue
    if (tailCallReachable) {
      for (const { prog } of returns) {
        const info = env.subprog(prog)
        if (info.isExceptionCb) refuse(env, Errno.EINVAL, 'cannot tail call within exception cb\n')
        info.tailCallReachable = true
      }
    }
    if (env.subprog(0).tailCallReachable) env.tailCallReachable = true
    const back = returns.pop()
    if (!back) return
    const left = env.subprog(idx)
    if (left.privStackMode !== PrivStack.ADAPTIVE) depth -= roundUp(env, left.stackDepth)
    point = back.point
    idx = back.prog
  }
}
