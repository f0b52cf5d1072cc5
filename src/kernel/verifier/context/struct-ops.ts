import { Kind } from '../../../btf/btf.ts'
import { hasUnsafeModifiers } from '../regs.ts'
import { Access, Flag, RegType, baseType } from '../types.ts'
import type { ContextOps } from './access.ts'
import { argIndex, tracing } from './btf.ts'

/**
 * Contexts of operations of a struct (bpf_struct_ops): arguments of the operation. Kinds of operations that aren't here
 * see what their prototypes say. What each may write to is `../btf-writes.ts`.
 */

/** bpf_tcp_ca_is_valid_access: sockets are TCP's. */
const tcpCongestion: ContextOps = {
  converts: false,
  isValidAccess(env, off, size, access, info) {
    if (!tracing.isValidAccess(env, off, size, access, info)) return false
    const pointer = baseType(info.regType) === RegType.PTR_TO_BTF_ID && !hasUnsafeModifiers(info.regType)
    if (pointer && info.btfId === env.vmlinuxStruct('sock')) info.btfId = env.vmlinuxStruct('tcp_sock')
    return true
  },
}

/** bpf_qdisc_is_valid_access: what is dropped goes through a pointer of its own. */
const qdisc: ContextOps = {
  converts: false,
  isValidAccess(env, off, size, access, info) {
    const { btf, funcName, funcProto } = env.input.attach
    if (funcName === 'enqueue' && argIndex(btf, funcProto, off) === 2 && access === Access.READ) {
      info.regType = RegType.PTR_TO_BTF_ID | Flag.PTR_TRUSTED
      info.btf = btf
      info.btfId = btf?.findByNameKind('bpf_sk_buff_ptr', Kind.STRUCT) ?? 0
      return true
    }
    return tracing.isValidAccess(env, off, size, access, info)
  },
}

/** By the operations' struct. */
export const structOps: Readonly<Record<string, ContextOps>> = {
  tcp_congestion_ops: tcpCongestion,
  Qdisc_ops: qdisc,
}
