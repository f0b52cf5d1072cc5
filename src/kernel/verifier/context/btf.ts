import type { Btf } from '../../../btf/btf.ts'
import { Kind, isModifierOrTypedef } from '../../../btf/btf.ts'
import { kindNames } from '../../../btf/kinds.ts'
import { AttachType } from '../../../uapi/attach-type.ts'
import { ProgType } from '../../../uapi/prog-type.ts'
import { untrustedHooks } from '../../progs/lsm-hooks.ts'
import type { VerifierEnv } from '../env.ts'
import { isProgContext, kernelContext } from '../prog-context.ts'
import { Access, Flag, RegType } from '../types.ts'
import type { AccessInfo, ContextOps } from './access.ts'
import type { ContextArg } from './arg-notes.ts'
import { contextArgs, tracepointProto } from './arg-notes.ts'
import { rawTpArgs } from './raw-tp-args.ts'

/**
 * Contexts that are the arguments of a kernel function, eight bytes each, with what its BTF says of them
 * (btf_ctx_access).
 */

const MAX_FUNC_REG_ARGS = 5
const MAX_FUNC_ARGS = 12

/** bpf_tracing_ctx_access: an argument is eight bytes. */
export function isArgument(off: number, size: number, access: number): boolean {
  return off >= 0 && off < 8 * MAX_FUNC_ARGS && access === Access.READ && off % size === 0
}

/** btf_ctx_arg_idx: the argument at an offset; one that is greater than their number by one is the result. */
export function argIndex(btf: Btf | undefined, proto: number, off: number): number {
  if (!btf || proto === 0) return off >> 3
  const count = btf.vlen(proto)
  let end = 0
  for (let i = 0; i < count; i++) {
    end += argSize(btf, btf.paramType(proto, i))
    if (off < end) return i
  }
  return off < end + argSize(btf, btf.type(proto)) ? count : count + 1
}

function argSize(btf: Btf, type: number): number {
  const id = btf.skipModsAndTypedefs(type)
  if (id === 0) return 0
  return btf.kind(id) === Kind.PTR ? 8 : (btf.size(id) + 7) & ~7
}

function skipModifiers(btf: Btf, id: number): number {
  while (isModifierOrTypedef(btf.kind(id))) id = btf.type(id)
  return id
}

/** btf_type_is_small_int. */
function isSmallInt(btf: Btf, id: number): boolean {
  return btf.kind(id) === Kind.INT && btf.size(id) <= 8
}

function isStruct(btf: Btf, id: number): boolean {
  const kind = btf.kind(id)
  return kind === Kind.STRUCT || kind === Kind.UNION
}

function isScalar(btf: Btf, id: number): boolean {
  const kind = btf.kind(id)
  return isSmallInt(btf, id) || kind === Kind.ENUM || kind === Kind.ENUM64 || isStruct(btf, id)
}

function typeName(btf: Btf, id: number): string {
  return btf.nameOff(id) === 0 ? '(anon)' : btf.name(id)
}

function kindText(btf: Btf, id: number): string {
  return kindNames[btf.kind(id)] ?? 'UNKNOWN'
}

/** prog_args_trusted: whether pointers among the arguments are valid for sure. */
function argsTrusted({ input }: VerifierEnv): boolean {
  const { type, expectedAttachType: attach } = input
  switch (type) {
    case ProgType.TRACING:
      return attach === AttachType.TRACE_RAW_TP || attach === AttachType.TRACE_ITER
    case ProgType.LSM:
      return !untrustedHooks.has(input.attach.funcName ?? '')
    default:
      return type === ProgType.STRUCT_OPS
  }
}

/** btf_ctx_access. */
export function btfCtxAccess(env: VerifierEnv, off: number, size: number, info: AccessInfo): boolean {
  const { attach, expectedAttachType } = env.input
  const { btf, trace } = attach
  const name = attach.funcName ?? '(null)'
  const no = (text: string): false => {
    env.verbose(`func '${name}' ${text}\n`)
    return false
  }
  if (off % 8 !== 0) return no(`offset ${off} is not multiple of 8`)
  const proto = btf ? tracepointProto(btf, attach) : 0
  const arg = argIndex(btf, proto, off)
  // The first argument of a tracepoint's function is none of the program's.
  const first = trace ? 1 : 0
  const known = btf !== undefined && proto !== 0
  const count = (known ? btf.vlen(proto) : MAX_FUNC_REG_ARGS) - first
  const isResult = arg === count
  if (arg > count || (isResult && !hasResult(expectedAttachType))) return no(`doesn't have ${arg + 1}-th argument`)
  if (isResult && expectedAttachType === AttachType.LSM_MAC) info.isRetval = true
  if (!known) return !isResult || expectedAttachType !== AttachType.MODIFY_RETURN
  const type = skipModifiers(btf, isResult ? btf.type(proto) : btf.paramType(proto, arg + first))
  if (isResult && expectedAttachType === AttachType.MODIFY_RETURN && !isSmallInt(btf, type)) {
    env.verbose(`ret type ${kindText(btf, type)} not allowed for fmod_ret\n`)
    return false
  }
  if (isScalar(btf, type)) return true
  if (btf.kind(type) !== Kind.PTR) {
    const what = `arg${arg} '${typeName(btf, type)}' has type ${kindText(btf, type)}`
    return no(`${what}. Only pointer access is allowed`)
  }
  if (size !== 8) return no(`size ${size} must be 8`)
  const note = contextArgs(env).find(({ offset }) => offset === off)
  if (note?.buffer) {
    info.regType = note.regType
    return true
  }
  const target = skipModifiers(btf, btf.type(type))
  if (target === 0 || btf.kind(target) === Kind.INT) return true
  if (note) return giveNoted(env, note, info)
  const param = isResult ? '' : btf.paramName(proto, arg + first)
  return givePointer(env, btf, type, arg, param, info)
}

/** Attach types whose programs see what the function returned. */
function hasResult(attach: number): boolean {
  return (
    attach === AttachType.LSM_MAC ||
    attach === AttachType.LSM_CGROUP ||
    attach === AttachType.TRACE_FEXIT ||
    attach === AttachType.MODIFY_RETURN
  )
}

function giveNoted(env: VerifierEnv, note: ContextArg, info: AccessInfo): boolean {
  if (note.btfId === 0) {
    env.verbose(`invalid btf_id for context argument offset ${note.offset}\n`)
    return false
  }
  info.regType = note.regType
  info.btf = note.btf
  info.btfId = note.btfId
  info.refObjId = note.refObjId
  return true
}

/** A pointer to a struct, by the function's prototype alone. */
function givePointer(
  env: VerifierEnv,
  btf: Btf,
  pointer: number,
  arg: number,
  param: string,
  info: AccessInfo,
): boolean {
  const { attach, expectedAttachType } = env.input
  const name = attach.funcName ?? '(null)'
  info.regType = RegType.PTR_TO_BTF_ID | (argsTrusted(env) ? Flag.PTR_TRUSTED : 0)
  if (param.length > NULLABLE.length && param.endsWith(NULLABLE)) info.regType |= Flag.PTR_MAYBE_NULL
  let mayBeError = false
  if (expectedAttachType === AttachType.TRACE_RAW_TP) {
    const notes = rawTpArgs(name)
    if (notes && notes.mayBeNull & (1 << arg)) info.regType |= Flag.PTR_MAYBE_NULL
    mayBeError = notes !== undefined && (notes.mayBeError & (1 << arg)) !== 0
  }
  if (attach.targetType !== undefined) {
    // btf_translate_to_vmlinux: of a program's arguments only the context means anything.
    info.btf = env.vmlinux()
    info.btfId = isProgContext(btf, pointer, attach.targetType) ? kernelContext(env.vmlinux(), attach.targetType) : 0
    return info.btfId !== 0
  }
  let id = btf.type(pointer)
  if (btf.kind(id) === Kind.TYPE_TAG && !btf.kflag(id)) {
    const tag = btf.name(id)
    if (tag === 'user') info.regType |= Flag.MEM_USER
    if (tag === 'percpu') info.regType |= Flag.MEM_PERCPU
  }
  id = skipModifiers(btf, id)
  info.btf = btf
  info.btfId = id
  const kind = kindText(btf, id)
  if (!isStruct(btf, id)) {
    env.verbose(`func '${name}' arg${arg} type ${kind} is not a struct\n`)
    return false
  }
  env.verbose(`func '${name}' arg${arg} has btf_id ${id} type ${kind} '${typeName(btf, id)}'\n`)
  if (mayBeError) {
    env.verbose(`marking pointer arg${arg} as scalar as it may encode error`)
    info.regType = RegType.SCALAR_VALUE
  }
  return true
}

const NULLABLE = '__nullable'

/** tracing_prog_is_valid_access. */
export const tracing: ContextOps = {
  converts: false,
  isValidAccess: (env, off, size, access, info) => isArgument(off, size, access) && btfCtxAccess(env, off, size, info),
}

/** lsm_verifier_ops: btf_ctx_access itself. */
export const lsm: ContextOps = {
  converts: false,
  isValidAccess: (env, off, size, _access, info) => btfCtxAccess(env, off, size, info),
}
