import { AttachType as A } from '../../../uapi/attach-type.ts'
import type { Field } from '../../progs/context-fields.ts'
import { byByte, sockFields, tcpSockFields, xdpSockFields } from '../../progs/context-fields.ts'
import { Access, RegType } from '../types.ts'
import type { AccessInfo, ContextOps } from './access.ts'
import { narrowOk } from './access.ts'

/** Sockets: what pointers to them point to, and the context of programs that are asked about one. */

const sockBytes = byByte(sockFields)
const tcpSockBytes = byByte(tcpSockFields)
const xdpSockBytes = byByte(xdpSockFields)

/** Fields of which a load of a part must begin where they do. */
const fromStart: ReadonlySet<string> = new Set(['state', 'family', 'type', 'protocol', 'src_port', 'rx_queue_mapping'])
const anyPart: ReadonlySet<string> = new Set(['src_ip4', 'src_ip6', 'dst_ip4', 'dst_ip6'])

/** bpf_sock_is_valid_access. */
function sockOk(off: number, size: number, info: AccessInfo): boolean {
  const field = sockBytes[off]
  if (!field || off % size !== 0 || field.name === '-') return false
  if (field.name === 'dst_port') {
    // It was a word once, and may still be loaded as one.
    info.ctxFieldSize = size === 4 ? 4 : 2
    return narrowOk(size, info.ctxFieldSize)
  }
  if (anyPart.has(field.name) || (fromStart.has(field.name) && off === field.offset)) {
    info.ctxFieldSize = 4
    return narrowOk(size, 4)
  }
  return size === 4
}

const onlyFull: ReadonlySet<string> = new Set(['type', 'protocol', 'mark', 'priority'])

/** Whole fields alone, but the upper half of a long one too (bpf_tcp_sock_is_valid_access and its like). */
function wholeOk(bytes: readonly Field[], off: number, size: number): boolean {
  const field = bytes[off]
  return field !== undefined && off % size === 0 && size === (off === field.offset ? field.size : 4)
}

/** Whether a field of what a socket pointer points to may be loaded (check_sock_access). */
export function isValidSockAccess(type: number, off: number, size: number, info: AccessInfo): boolean {
  switch (type) {
    case RegType.PTR_TO_SOCK_COMMON:
      // bpf_sock_common_is_valid_access: it may be no full socket.
      return !onlyFull.has(sockBytes[off]?.name ?? '') && sockOk(off, size, info)
    case RegType.PTR_TO_SOCKET:
      return sockOk(off, size, info)
    case RegType.PTR_TO_TCP_SOCK:
      return wholeOk(tcpSockBytes, off, size)
    case RegType.PTR_TO_XDP_SOCK:
      return wholeOk(xdpSockBytes, off, size)
    default:
      return false
  }
}

const writable: ReadonlySet<string> = new Set(['bound_dev_if', 'mark', 'priority'])

/** Fields that some attach types alone have (__sock_filter_check_attach_type). */
const attachTypes: Readonly<Record<string, readonly number[]>> = {
  bound_dev_if: [A.CGROUP_INET_SOCK_CREATE, A.CGROUP_INET_SOCK_RELEASE],
  mark: [A.CGROUP_INET_SOCK_CREATE, A.CGROUP_INET_SOCK_RELEASE],
  priority: [A.CGROUP_INET_SOCK_CREATE, A.CGROUP_INET_SOCK_RELEASE],
  src_ip4: [A.CGROUP_INET4_POST_BIND],
  src_ip6: [A.CGROUP_INET6_POST_BIND],
  src_port: [A.CGROUP_INET4_POST_BIND, A.CGROUP_INET6_POST_BIND],
}

/** sock_filter_is_valid_access. */
export const cgroupSock: ContextOps = {
  converts: true,
  isValidAccess(env, off, size, access, info) {
    if (!sockOk(off, size, info)) return false
    const name = sockBytes[off]?.name ?? ''
    if (attachTypes[name]?.includes(env.input.expectedAttachType) === false) return false
    return access === Access.READ || writable.has(name)
  },
}
