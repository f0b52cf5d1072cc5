import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { kindName } from './func-args.ts'
import type { Kfunc } from './kfuncs.ts'
import { KfFlag } from './kfuncs.ts'
import { isProgContext } from './prog-context.ts'
import { isNull } from './ranges.ts'
import { argText, trustedStructs } from './regs.ts'
import type { Reg } from './state.ts'
import { RegType, baseType } from './types.ts'
import { facts } from './versions.ts'

/** What a kernel function wants in a pointer argument, by its type, its name and what the register holds. */

/** enum kfunc_ptr_arg_type. */
export const KfArg = {
  CTX: 0,
  /** An object of the program's own. */
  ALLOC_BTF_ID: 1,
  REFCOUNTED_KPTR: 2,
  DYNPTR: 3,
  ITER: 4,
  LIST_HEAD: 5,
  LIST_NODE: 6,
  BTF_ID: 7,
  MEM: 8,
  /** Memory whose size the next argument is. */
  MEM_SIZE: 9,
  CALLBACK: 10,
  RB_ROOT: 11,
  RB_NODE: 12,
  NULL: 13,
  CONST_STR: 14,
  MAP: 15,
  WORKQUEUE: 16,
  IRQ_FLAG: 17,
  RES_SPIN_LOCK: 18,
  TASK_WORK: 19,
  TIMER: 20,
} as const
export type KfArgKind = (typeof KfArg)[keyof typeof KfArg]

/** btf_type_is_scalar. */
export function isScalarType(btf: Btf, type: number): boolean {
  const kind = btf.kind(type)
  return kind === Kind.INT || kind === Kind.ENUM || kind === Kind.ENUM64
}

/** btf_type_is_struct: a union is one too. */
export function isStructType(btf: Btf, type: number): boolean {
  const kind = btf.kind(type)
  return kind === Kind.STRUCT || kind === Kind.UNION
}

/** btf_param_match_suffix: the name says what the type doesn't. */
export function hasSuffix(name: string, suffix: string): boolean {
  return name.length > suffix.length && name.endsWith(suffix)
}

/** One argument of a kernel function. */
export interface KfuncParam {
  readonly name: string
  /** Its type, past modifiers and typedefs. */
  readonly type: number
  /** For pointers, what they point to; else 0. */
  readonly target: number
}

const params = new WeakMap<Btf, Map<number, readonly KfuncParam[]>>()

/** The arguments of a prototype. */
export function paramsOf({ btf, proto }: Pick<Kfunc, 'btf' | 'proto'>): readonly KfuncParam[] {
  let byProto = params.get(btf)
  if (!byProto) params.set(btf, (byProto = new Map<number, readonly KfuncParam[]>()))
  let found = byProto.get(proto)
  if (!found) {
    found = Array.from({ length: btf.vlen(proto) }, (_, i) => {
      const type = btf.skipModsAndTypedefs(btf.paramType(proto, i))
      const target = btf.kind(type) === Kind.PTR ? btf.skipModsAndTypedefs(btf.type(type)) : 0
      return { name: btf.paramName(proto, i), type, target }
    })
    byProto.set(proto, found)
  }
  return found
}

/** is_kfunc_arg_mem_size, is_kfunc_arg_const_mem_size. */
export function isMemSize(btf: Btf, param: KfuncParam, reg: Reg, suffix: '__sz' | '__szk'): boolean {
  return isScalarType(btf, param.type) && reg.type === RegType.SCALAR_VALUE && hasSuffix(param.name, suffix)
}

/** Structs of the kernel that are an argument kind of their own (kf_arg_btf_ids), in the order that they're tried. */
const graphStructs: Readonly<Record<string, KfArgKind>> = {
  bpf_list_head: KfArg.LIST_HEAD,
  bpf_list_node: KfArg.LIST_NODE,
  bpf_rb_root: KfArg.RB_ROOT,
  bpf_rb_node: KfArg.RB_NODE,
}

const ITER = KfFlag.ITER_NEW | KfFlag.ITER_NEXT | KfFlag.ITER_DESTROY

/** Whether the next argument is the size of what one points to. */
function isSized(env: VerifierEnv, kfunc: Kfunc, argno: number): boolean {
  const next = paramsOf(kfunc)[argno + 1]
  if (!next) return false
  const reg = env.reg(argno + 2)
  return isMemSize(kfunc.btf, next, reg, '__sz') || isMemSize(kfunc.btf, next, reg, '__szk')
}

/** Functions that take the context, whatever their prototypes say. */
const ofContext: ReadonlySet<string> = new Set(['bpf_cast_to_kern_ctx', 'bpf_session_is_return', 'bpf_session_cookie'])

/** get_kfunc_ptr_arg_type. */
export function pointerArgKind(env: VerifierEnv, kfunc: Kfunc, argno: number): KfArgKind {
  const { btf, name } = kfunc
  if (ofContext.has(name)) return KfArg.CTX
  const param = paramsOf(kfunc)[argno] as KfuncParam
  const reg = env.reg(argno + 1)
  if (isProgContext(btf, param.type, env.input.resolvedType)) return KfArg.CTX
  // A size is looked at even where the memory is left out.
  const sized = isSized(env, kfunc, argno)
  if (hasSuffix(param.name, '__nullable') && isNull(reg) && !(sized && facts.kfuncsTrusted)) return KfArg.NULL
  if (hasSuffix(param.name, '__alloc')) return KfArg.ALLOC_BTF_ID
  if (hasSuffix(param.name, '__refcounted_kptr')) return KfArg.REFCOUNTED_KPTR
  const special = kindOfSpecial(env, kfunc, param, argno)
  if (special !== undefined) return special
  const { target } = param
  if (baseType(reg.type) === RegType.PTR_TO_BTF_ID || trustedStructs[baseType(reg.type)] !== undefined) {
    if (!isStructType(btf, target)) {
      const what = `${kindName(btf, target)} ${btf.name(target)}`
      refuse(
        env,
        Errno.EINVAL,
        `kernel function ${name} ${argText(argno + 1, 'args#')} pointer type ${what} is not supported\n`,
      )
    }
    return KfArg.BTF_ID
  }
  if (btf.kind(target) === Kind.FUNC_PROTO) return KfArg.CALLBACK
  const plain = isScalarType(btf, target) || isScalarStruct(env, btf, target, 0)
  if (!plain && !(sized && target === 0)) {
    const what = `${kindName(btf, target)} ${btf.name(target)}`
    const may = sized ? 'void, ' : ''
    refuse(
      env,
      Errno.EINVAL,
      `${argText(argno + 1)} pointer type ${what} must point to ${may}scalar, or struct with scalar\n`,
    )
  }
  return sized ? KfArg.MEM_SIZE : KfArg.MEM
}

/** Kinds that a struct's or an argument's name makes, in the kernel's order. */
function kindOfSpecial(env: VerifierEnv, kfunc: Kfunc, param: KfuncParam, argno: number): KfArgKind | undefined {
  const { btf, flags } = kfunc
  // btf_types_are_same: these are the kernel's own structs.
  const struct = btf === env.vmlinux() && btf.kind(param.target) === Kind.STRUCT ? btf.name(param.target) : ''
  if (struct === 'bpf_dynptr') return KfArg.DYNPTR
  if (flags & ITER ? argno === 0 : hasSuffix(param.name, '__iter')) return KfArg.ITER
  const graph = graphStructs[struct]
  if (graph !== undefined) return graph
  if (hasSuffix(param.name, '__str')) return KfArg.CONST_STR
  if (hasSuffix(param.name, '__map')) return KfArg.MAP
  if (struct === 'bpf_timer' && facts.timersForKfuncs) return KfArg.TIMER
  if (struct === 'bpf_wq') return KfArg.WORKQUEUE
  if (struct === 'bpf_task_work') return KfArg.TASK_WORK
  if (hasSuffix(param.name, '__irq_flag')) return KfArg.IRQ_FLAG
  return struct === 'bpf_res_spin_lock' ? KfArg.RES_SPIN_LOCK : undefined
}

/** __btf_type_is_scalar_struct: numbers alone, four levels deep. */
export function isScalarStruct(env: VerifierEnv, btf: Btf, type: number, depth: number): boolean {
  if (!isStructType(btf, type)) return false
  for (let i = 0; i < btf.vlen(type); i++) {
    let member = btf.skipModsAndTypedefs(btf.memberType(type, i))
    if (isStructType(btf, member)) {
      if (depth >= 3) {
        env.verbose('max struct nesting depth exceeded\n')
        return false
      }
      if (!isScalarStruct(env, btf, member, depth + 1)) return false
      continue
    }
    if (btf.kind(member) === Kind.ARRAY) {
      if (btf.arrayLength(member) === 0) return false
      member = btf.skipModsAndTypedefs(btf.arrayElem(member))
    }
    if (!isScalarType(btf, member)) return false
  }
  return true
}
