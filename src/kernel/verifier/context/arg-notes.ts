import type { Btf } from '../../../btf/btf.ts'
import { Kind } from '../../../btf/btf.ts'
import { AttachType } from '../../../uapi/attach-type.ts'
import { ProgType } from '../../../uapi/prog-type.ts'
import { iteratorTarget } from '../../progs/iterators.ts'
import type { VerifierEnv } from '../env.ts'
import type { AttachTo } from '../input.ts'
import { acquireReference } from '../references.ts'
import { Flag, RegType } from '../types.ts'

/** Arguments of which the kernel knows more than their types (struct bpf_ctx_arg_aux): of iterators and operations. */
export interface ContextArg {
  readonly offset: number
  readonly regType: number
  /** It's memory, not a struct. */
  readonly buffer: boolean
  readonly btf: Btf | undefined
  readonly btfId: number
  /** A reference that the program is given. */
  readonly refcounted: boolean
  refObjId: number
}

const noteTypes: Readonly<Record<string, number>> = {
  maybe: RegType.PTR_TO_BTF_ID | Flag.PTR_MAYBE_NULL,
  trusted: RegType.PTR_TO_BTF_ID | Flag.PTR_MAYBE_NULL | Flag.PTR_TRUSTED,
  buffer: RegType.PTR_TO_BUF | Flag.PTR_MAYBE_NULL,
  readonly: RegType.PTR_TO_BUF | Flag.PTR_MAYBE_NULL | Flag.MEM_RDONLY,
}

const perEnv = new WeakMap<VerifierEnv, readonly ContextArg[]>()

/** prog->aux->ctx_arg_info. */
export function contextArgs(env: VerifierEnv): readonly ContextArg[] {
  let args = perEnv.get(env)
  if (!args) {
    const { type, expectedAttachType, attach } = env.input
    args =
      type === ProgType.STRUCT_OPS
        ? operationArgs(attach)
        : type === ProgType.TRACING && expectedAttachType === AttachType.TRACE_ITER
          ? iteratorArgs(env, attach)
          : []
    perEnv.set(env, args)
  }
  return args
}

function iteratorArgs(env: VerifierEnv, { funcName }: AttachTo): ContextArg[] {
  return (iteratorTarget(funcName ?? '') ?? []).map(({ offset, is, struct }) => ({
    offset,
    regType: noteTypes[is] ?? 0,
    buffer: struct === '',
    btf: struct === '' ? undefined : env.vmlinux(),
    btfId: struct === '' ? 0 : env.vmlinuxStruct(struct),
    refcounted: false,
    refObjId: 0,
  }))
}

/** prepare_arg_info: a stub of the operation says by its arguments' names which may be NULL, and which are references. */
function operationArgs({ btf, opsName, funcName, funcProto }: AttachTo): ContextArg[] {
  const stub = btf?.findByNameKind(`${opsName}__${funcName}`, Kind.FUNC)
  if (!btf || stub === undefined || funcProto === 0) return []
  const stubProto = btf.type(stub)
  const args: ContextArg[] = []
  let offset = 0
  for (let i = 0; i < btf.vlen(funcProto); i++) {
    const type = btf.skipModsAndTypedefs(btf.paramType(funcProto, i))
    const name = btf.paramName(stubProto, i)
    const refcounted = name.endsWith('__ref')
    if (refcounted || name.endsWith('__nullable')) {
      const regType = RegType.PTR_TO_BTF_ID | Flag.PTR_TRUSTED | (refcounted ? 0 : Flag.PTR_MAYBE_NULL)
      const btfId = btf.skipModsAndTypedefs(btf.type(type))
      args.push({ offset, regType, buffer: false, btf, btfId, refcounted, refObjId: 0 })
    }
    offset += btf.kind(type) === Kind.PTR ? 8 : (btf.size(type) + 7) & ~7
  }
  return args
}

/** References that the program has from its beginning. */
export function acquireContextArgs(env: VerifierEnv): void {
  if (env.input.type !== ProgType.STRUCT_OPS) return
  for (const arg of contextArgs(env)) arg.refObjId = arg.refcounted ? acquireReference(env, 0) : 0
}

/**
 * The prototype of what a program is attached to. A tracepoint's type has no names of arguments: a function that is
 * named after it has, where events share none (bpf_get_raw_tracepoint).
 */
export function tracepointProto(btf: Btf, { funcName, funcProto, trace }: AttachTo): number {
  if (!trace) return funcProto
  const named = btf.findByNameKind(`__bpf_trace_${funcName ?? ''}`, Kind.FUNC)
  return named === undefined ? funcProto : btf.type(named)
}
