import { Class, Jmp } from '../../isa/opcode.ts'
import { Kind } from '../../btf/btf.ts'
import { PseudoCall } from '../../uapi/flags.ts'
import type { VerifierEnv } from './env.ts'
import { Func, callsBackAtOnce } from './func-ids.ts'
import { helperOf } from './helper-protos.ts'
import { KfFlag, apiName, kfuncName, kfuncOf } from './kfuncs.ts'
import { ArgType, RetType } from './types.ts'

/** What kind of call an instruction is. */

const CALL = Class.JMP | Jmp.CALL

/** bpf_pseudo_call. */
export function isPseudoCall(env: VerifierEnv, i: number): boolean {
  return env.insns.code(i) === CALL && env.insns.src(i) === PseudoCall.CALL
}

export function isHelperCall(env: VerifierEnv, i: number): boolean {
  return env.insns.code(i) === CALL && env.insns.src(i) === PseudoCall.HELPER
}

export function isKfuncCall(env: VerifierEnv, i: number): boolean {
  return env.insns.code(i) === CALL && env.insns.src(i) === PseudoCall.KFUNC_CALL
}

const asyncKfuncs: ReadonlySet<string> = new Set([
  'bpf_wq_set_callback',
  'bpf_task_work_schedule_signal',
  'bpf_task_work_schedule_resume',
])

/** is_sync_callback_calling_insn. */
export function isSyncCallbackCall(env: VerifierEnv, i: number): boolean {
  if (isHelperCall(env, i)) return callsBackAtOnce.has(env.insns.imm(i))
  return isKfuncCall(env, i) && apiName(kfuncName(env, i)) === 'bpf_rbtree_add'
}

/** is_async_callback_calling_insn. */
export function isAsyncCallbackCall(env: VerifierEnv, i: number): boolean {
  if (isHelperCall(env, i)) return env.insns.imm(i) === Func.TIMER_SET_CALLBACK
  return isKfuncCall(env, i) && asyncKfuncs.has(apiName(kfuncName(env, i)))
}

/** is_bpf_throw_kfunc. */
export function isThrow(env: VerifierEnv, i: number): boolean {
  return isKfuncCall(env, i) && kfuncName(env, i) === 'bpf_throw'
}

/** struct call_summary. */
export interface CallSummary {
  readonly params: number
  readonly isVoid: boolean
  readonly fastcall: boolean
}

/** Helpers that the x86-64 JIT inlines (bpf_jit_inlines_helper_call, verifier_inlines_helper_call). */
function isInlined(env: VerifierEnv, id: number): boolean {
  return id === Func.GET_SMP_PROCESSOR_ID && env.input.jitRequested
}

/** get_call_summary; undefined for a call that isn't known, which is refused later. */
export function callSummary(env: VerifierEnv, i: number): CallSummary | undefined {
  if (isHelperCall(env, i)) {
    const proto = helperOf(env, env.insns.imm(i))
    if (!proto) return undefined
    const unused = proto.args.findIndex(({ type }) => type === ArgType.DONTCARE)
    return {
      params: unused < 0 ? 5 : unused,
      isVoid: proto.ret === RetType.VOID,
      fastcall: proto.allowFastcall && isInlined(env, env.insns.imm(i)),
    }
  }
  if (!isKfuncCall(env, i)) return undefined
  const kfunc = kfuncOf(env, i)
  if (!kfunc) return undefined
  const { btf, proto, flags } = kfunc
  return {
    params: btf.vlen(proto),
    isVoid: btf.kind(btf.type(proto)) === Kind.UNKN,
    fastcall: (flags & KfFlag.FASTCALL) !== 0,
  }
}
