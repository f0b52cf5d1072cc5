import { AttachType as A } from '../../../uapi/attach-type.ts'
import { cgroupDeviceFields, sockAddrFields, sockoptFields, sysctlFields } from '../../progs/context-fields.ts'
import { RegType } from '../types.ts'
import { tableOps } from './table.ts'

/** Contexts of programs that a cgroup asks: about addresses, socket options, devices and sysctls. */

const v4 = [
  A.CGROUP_INET4_BIND,
  A.CGROUP_INET4_CONNECT,
  A.CGROUP_INET4_GETPEERNAME,
  A.CGROUP_INET4_GETSOCKNAME,
  A.CGROUP_UDP4_SENDMSG,
  A.CGROUP_UDP4_RECVMSG,
]
const v6 = [
  A.CGROUP_INET6_BIND,
  A.CGROUP_INET6_CONNECT,
  A.CGROUP_INET6_GETPEERNAME,
  A.CGROUP_INET6_GETSOCKNAME,
  A.CGROUP_UDP6_SENDMSG,
  A.CGROUP_UDP6_RECVMSG,
]

/** sock_addr_is_valid_access. */
export const sockAddr = tableOps(sockAddrFields, {
  user_ip4: { read: 'narrow', write: true, only: v4 },
  user_ip6: { read: 'wide', write: true, only: v6 },
  msg_src_ip4: { read: 'narrow', write: true, only: [A.CGROUP_UDP4_SENDMSG] },
  msg_src_ip6: { read: 'wide', write: true, only: [A.CGROUP_UDP6_SENDMSG] },
  user_port: { read: 'narrow', write: true },
  'user_family family type protocol': { read: 'whole' },
  sk: { read: 'whole', gives: RegType.PTR_TO_SOCKET },
})

/** cg_sockopt_is_valid_access. */
export const sockopt = tableOps(sockoptFields, {
  sk: { read: 'whole', gives: RegType.PTR_TO_SOCKET },
  optval: { read: 'whole', gives: RegType.PTR_TO_PACKET },
  optval_end: { read: 'whole', gives: RegType.PTR_TO_PACKET_END },
  'level optname': { read: 'whole', write: true, writers: [A.CGROUP_SETSOCKOPT] },
  optlen: { read: 'whole', write: true },
  retval: { read: 'whole', write: true, only: [A.CGROUP_GETSOCKOPT] },
})

/** cgroup_dev_is_valid_access. Nothing is rewritten: the kernel fills this very struct. */
export const cgroupDevice = {
  ...tableOps(cgroupDeviceFields, {
    access_type: { read: 'narrow' },
    'major minor': { read: 'whole' },
  }),
  converts: false,
}

/** sysctl_is_valid_access. */
export const sysctl = tableOps(sysctlFields, {
  write: { read: 'narrow' },
  file_pos: { read: 'narrow', write: true },
})
