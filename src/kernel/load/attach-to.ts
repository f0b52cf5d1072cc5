import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { AttachType } from '../../uapi/attach-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { vmlinuxTypes } from '../btf/vmlinux.ts'
import type { AttachTo } from '../verifier/input.ts'
import type { LoadEnv } from './env.ts'

/** What check_attach_btf_id keeps of a program's target. */

/** resolve_prog_type: an extension has its target's type. */
export function resolvedType({ type, dstProg }: Pick<LoadEnv, 'type' | 'dstProg'>): number {
  return type === ProgType.EXT && dstProg ? dstProg.type : type
}

/** prog->expected_attach_type while the program is followed: an extension's is its target's as well. */
export function resolvedAttachType({ type, dstProg, expectedAttachType }: LoadEnv): number {
  return type === ProgType.EXT && dstProg ? dstProg.expectedAttachType : expectedAttachType
}

export function attachTo(env: LoadEnv): AttachTo {
  const { attachFuncName: funcName, opsName, expectedAttachType, dstProg } = env
  const btfId = env.attr.attachBtfId ?? 0
  const trace = resolvedAttachType(env) === AttachType.TRACE_RAW_TP && resolvedType(env) === ProgType.TRACING
  const common = { btfId, funcName, opsName, trace, targetType: undefined }
  if (dstProg) {
    const btf = env.kernel.btfById?.(dstProg.btfId)
    const targetType = dstProg.type === ProgType.EXT ? dstProg.dstProgType : dstProg.type
    return { ...common, btf, funcProto: env.attachProgProto, targetType }
  }
  if (!btfId || !env.attachToKernel) return { ...common, btf: undefined, funcProto: 0 }
  const btf = vmlinuxTypes(env.kernel)
  return { ...common, btf, funcProto: protoOf(btf, btfId, expectedAttachType) }
}

/** Types of one BTF object. */
const TYPE_IDS = 1 << 20

/** One number for attach_func_proto, which the kernel compares as a pointer. */
export function attachFuncProtoId(env: LoadEnv, btfObjId: number): number {
  const { funcProto } = attachTo(env)
  return funcProto ? btfObjId * TYPE_IDS + funcProto : 0
}

/** attach_func_proto: of a function, of a tracepoint's typedef, or of an operation. */
function protoOf(btf: Btf, id: number, member: number): number {
  switch (btf.kind(id)) {
    case Kind.FUNC:
      return btf.type(id)
    case Kind.TYPEDEF: {
      const pointer = btf.type(id)
      return btf.kind(pointer) === Kind.PTR ? btf.type(pointer) : 0
    }
    case Kind.STRUCT: {
      const pointer = btf.skipModsAndTypedefs(btf.memberType(id, member))
      return btf.kind(pointer) === Kind.PTR ? btf.skipModsAndTypedefs(btf.type(pointer)) : 0
    }
    default:
      return 0
  }
}
