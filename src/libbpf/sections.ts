import { AttachType } from '../uapi/attach-type.ts'
import { ProgType } from '../uapi/prog-type.ts'
import { LibbpfError } from './error.ts'
import type { Log } from './log.ts'
import { Errno } from '../uapi/errno.ts'

/** enum sec_def_flags, a letter each. */
const flagLetters = {
  expAttachOpt: 'O',
  attachable: 'A',
  attachBtf: 'B',
  sleepable: 'S',
  xdpFrags: 'X',
  usdt: 'U',
} as const

/** What a SEC() name says of its program. */
export interface SecDef {
  /** The name as libbpf lists it; a `+` at its end stands for nothing or `/` and a target. */
  pattern: string
  progType: number
  expectedAttachType: number
  /** The kernel may be too old for the expected attach type: it is then left out. */
  expAttachOpt: boolean
  attachable: boolean
  /** Loading needs the BTF id of the attach target. */
  attachBtf: boolean
  sleepable: boolean
  xdpFrags: boolean
  usdt: boolean
}

/** section_defs of libbpf 1.8, in its order: the first that matches counts. Pattern, program type, attach type, flags. */
const table: readonly (readonly [string, keyof typeof ProgType, keyof typeof AttachType | '', string])[] = [
  ['socket', 'SOCKET_FILTER', '', ''],
  ['sk_reuseport/migrate', 'SK_REUSEPORT', 'SK_REUSEPORT_SELECT_OR_MIGRATE', 'A'],
  ['sk_reuseport', 'SK_REUSEPORT', 'SK_REUSEPORT_SELECT', 'A'],
  ['kprobe+', 'KPROBE', '', ''],
  ['uprobe+', 'KPROBE', '', ''],
  ['uprobe.s+', 'KPROBE', '', 'S'],
  ['kretprobe+', 'KPROBE', '', ''],
  ['uretprobe+', 'KPROBE', '', ''],
  ['uretprobe.s+', 'KPROBE', '', 'S'],
  ['kprobe.multi+', 'KPROBE', 'TRACE_KPROBE_MULTI', ''],
  ['kretprobe.multi+', 'KPROBE', 'TRACE_KPROBE_MULTI', ''],
  ['kprobe.session+', 'KPROBE', 'TRACE_KPROBE_SESSION', ''],
  ['uprobe.multi+', 'KPROBE', 'TRACE_UPROBE_MULTI', ''],
  ['uretprobe.multi+', 'KPROBE', 'TRACE_UPROBE_MULTI', ''],
  ['uprobe.session+', 'KPROBE', 'TRACE_UPROBE_SESSION', ''],
  ['uprobe.multi.s+', 'KPROBE', 'TRACE_UPROBE_MULTI', 'S'],
  ['uretprobe.multi.s+', 'KPROBE', 'TRACE_UPROBE_MULTI', 'S'],
  ['uprobe.session.s+', 'KPROBE', 'TRACE_UPROBE_SESSION', 'S'],
  ['ksyscall+', 'KPROBE', '', ''],
  ['kretsyscall+', 'KPROBE', '', ''],
  ['usdt+', 'KPROBE', '', 'U'],
  ['usdt.s+', 'KPROBE', '', 'US'],
  ['tc/ingress', 'SCHED_CLS', 'TCX_INGRESS', ''],
  ['tc/egress', 'SCHED_CLS', 'TCX_EGRESS', ''],
  ['tcx/ingress', 'SCHED_CLS', 'TCX_INGRESS', ''],
  ['tcx/egress', 'SCHED_CLS', 'TCX_EGRESS', ''],
  ['tc', 'SCHED_CLS', '', ''],
  ['classifier', 'SCHED_CLS', '', ''],
  ['action', 'SCHED_ACT', '', ''],
  ['netkit/primary', 'SCHED_CLS', 'NETKIT_PRIMARY', ''],
  ['netkit/peer', 'SCHED_CLS', 'NETKIT_PEER', ''],
  ['tracepoint+', 'TRACEPOINT', '', ''],
  ['tp+', 'TRACEPOINT', '', ''],
  ['tracepoint.s+', 'TRACEPOINT', '', 'S'],
  ['tp.s+', 'TRACEPOINT', '', 'S'],
  ['raw_tracepoint+', 'RAW_TRACEPOINT', '', ''],
  ['raw_tp+', 'RAW_TRACEPOINT', '', ''],
  ['raw_tracepoint.s+', 'RAW_TRACEPOINT', '', 'S'],
  ['raw_tp.s+', 'RAW_TRACEPOINT', '', 'S'],
  ['raw_tracepoint.w+', 'RAW_TRACEPOINT_WRITABLE', '', ''],
  ['raw_tp.w+', 'RAW_TRACEPOINT_WRITABLE', '', ''],
  ['tp_btf+', 'TRACING', 'TRACE_RAW_TP', 'B'],
  ['tp_btf.s+', 'TRACING', 'TRACE_RAW_TP', 'BS'],
  ['fentry+', 'TRACING', 'TRACE_FENTRY', 'B'],
  ['fmod_ret+', 'TRACING', 'MODIFY_RETURN', 'B'],
  ['fexit+', 'TRACING', 'TRACE_FEXIT', 'B'],
  ['fentry.s+', 'TRACING', 'TRACE_FENTRY', 'BS'],
  ['fmod_ret.s+', 'TRACING', 'MODIFY_RETURN', 'BS'],
  ['fexit.s+', 'TRACING', 'TRACE_FEXIT', 'BS'],
  ['fsession+', 'TRACING', 'TRACE_FSESSION', 'B'],
  ['fsession.s+', 'TRACING', 'TRACE_FSESSION', 'BS'],
  ['fsession.multi+', 'TRACING', 'TRACE_FSESSION_MULTI', ''],
  ['fsession.multi.s+', 'TRACING', 'TRACE_FSESSION_MULTI', 'S'],
  ['fentry.multi+', 'TRACING', 'TRACE_FENTRY_MULTI', ''],
  ['fexit.multi+', 'TRACING', 'TRACE_FEXIT_MULTI', ''],
  ['fentry.multi.s+', 'TRACING', 'TRACE_FENTRY_MULTI', 'S'],
  ['fexit.multi.s+', 'TRACING', 'TRACE_FEXIT_MULTI', 'S'],
  ['freplace+', 'EXT', '', 'B'],
  ['lsm+', 'LSM', 'LSM_MAC', 'B'],
  ['lsm.s+', 'LSM', 'LSM_MAC', 'BS'],
  ['lsm_cgroup+', 'LSM', 'LSM_CGROUP', 'B'],
  ['iter+', 'TRACING', 'TRACE_ITER', 'B'],
  ['iter.s+', 'TRACING', 'TRACE_ITER', 'BS'],
  ['syscall', 'SYSCALL', '', 'S'],
  ['xdp.frags/devmap', 'XDP', 'XDP_DEVMAP', 'X'],
  ['xdp/devmap', 'XDP', 'XDP_DEVMAP', 'A'],
  ['xdp.frags/cpumap', 'XDP', 'XDP_CPUMAP', 'X'],
  ['xdp/cpumap', 'XDP', 'XDP_CPUMAP', 'A'],
  ['xdp.frags', 'XDP', 'XDP', 'X'],
  ['xdp', 'XDP', 'XDP', 'AO'],
  ['perf_event', 'PERF_EVENT', '', ''],
  ['lwt_in', 'LWT_IN', '', ''],
  ['lwt_out', 'LWT_OUT', '', ''],
  ['lwt_xmit', 'LWT_XMIT', '', ''],
  ['lwt_seg6local', 'LWT_SEG6LOCAL', '', ''],
  ['sockops', 'SOCK_OPS', 'CGROUP_SOCK_OPS', 'AO'],
  ['sk_skb/stream_parser', 'SK_SKB', 'SK_SKB_STREAM_PARSER', 'AO'],
  ['sk_skb/stream_verdict', 'SK_SKB', 'SK_SKB_STREAM_VERDICT', 'AO'],
  ['sk_skb/verdict', 'SK_SKB', 'SK_SKB_VERDICT', 'AO'],
  ['sk_skb', 'SK_SKB', '', ''],
  ['sk_msg', 'SK_MSG', 'SK_MSG_VERDICT', 'AO'],
  ['lirc_mode2', 'LIRC_MODE2', 'LIRC_MODE2', 'AO'],
  ['flow_dissector', 'FLOW_DISSECTOR', 'FLOW_DISSECTOR', 'AO'],
  ['cgroup_skb/ingress', 'CGROUP_SKB', 'CGROUP_INET_INGRESS', 'AO'],
  ['cgroup_skb/egress', 'CGROUP_SKB', 'CGROUP_INET_EGRESS', 'AO'],
  ['cgroup/skb', 'CGROUP_SKB', '', ''],
  ['cgroup/sock_create', 'CGROUP_SOCK', 'CGROUP_INET_SOCK_CREATE', 'A'],
  ['cgroup/sock_release', 'CGROUP_SOCK', 'CGROUP_INET_SOCK_RELEASE', 'A'],
  ['cgroup/sock', 'CGROUP_SOCK', 'CGROUP_INET_SOCK_CREATE', 'AO'],
  ['cgroup/post_bind4', 'CGROUP_SOCK', 'CGROUP_INET4_POST_BIND', 'A'],
  ['cgroup/post_bind6', 'CGROUP_SOCK', 'CGROUP_INET6_POST_BIND', 'A'],
  ['cgroup/bind4', 'CGROUP_SOCK_ADDR', 'CGROUP_INET4_BIND', 'A'],
  ['cgroup/bind6', 'CGROUP_SOCK_ADDR', 'CGROUP_INET6_BIND', 'A'],
  ['cgroup/connect4', 'CGROUP_SOCK_ADDR', 'CGROUP_INET4_CONNECT', 'A'],
  ['cgroup/connect6', 'CGROUP_SOCK_ADDR', 'CGROUP_INET6_CONNECT', 'A'],
  ['cgroup/connect_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_CONNECT', 'A'],
  ['cgroup/sendmsg4', 'CGROUP_SOCK_ADDR', 'CGROUP_UDP4_SENDMSG', 'A'],
  ['cgroup/sendmsg6', 'CGROUP_SOCK_ADDR', 'CGROUP_UDP6_SENDMSG', 'A'],
  ['cgroup/sendmsg_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_SENDMSG', 'A'],
  ['cgroup/recvmsg4', 'CGROUP_SOCK_ADDR', 'CGROUP_UDP4_RECVMSG', 'A'],
  ['cgroup/recvmsg6', 'CGROUP_SOCK_ADDR', 'CGROUP_UDP6_RECVMSG', 'A'],
  ['cgroup/recvmsg_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_RECVMSG', 'A'],
  ['cgroup/getpeername4', 'CGROUP_SOCK_ADDR', 'CGROUP_INET4_GETPEERNAME', 'A'],
  ['cgroup/getpeername6', 'CGROUP_SOCK_ADDR', 'CGROUP_INET6_GETPEERNAME', 'A'],
  ['cgroup/getpeername_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_GETPEERNAME', 'A'],
  ['cgroup/getsockname4', 'CGROUP_SOCK_ADDR', 'CGROUP_INET4_GETSOCKNAME', 'A'],
  ['cgroup/getsockname6', 'CGROUP_SOCK_ADDR', 'CGROUP_INET6_GETSOCKNAME', 'A'],
  ['cgroup/getsockname_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_GETSOCKNAME', 'A'],
  ['cgroup/sysctl', 'CGROUP_SYSCTL', 'CGROUP_SYSCTL', 'A'],
  ['cgroup/getsockopt', 'CGROUP_SOCKOPT', 'CGROUP_GETSOCKOPT', 'A'],
  ['cgroup/setsockopt', 'CGROUP_SOCKOPT', 'CGROUP_SETSOCKOPT', 'A'],
  ['cgroup/dev', 'CGROUP_DEVICE', 'CGROUP_DEVICE', 'AO'],
  ['struct_ops+', 'STRUCT_OPS', '', ''],
  ['struct_ops.s+', 'STRUCT_OPS', '', 'S'],
  ['sk_lookup', 'SK_LOOKUP', 'SK_LOOKUP', 'A'],
  ['netfilter', 'NETFILTER', 'NETFILTER', ''],
]

let defs: readonly SecDef[] | undefined

function all(): readonly SecDef[] {
  return (defs ??= table.map(([pattern, progType, attachType, flags]) => ({
    pattern,
    progType: ProgType[progType],
    expectedAttachType: attachType === '' ? 0 : AttachType[attachType],
    expAttachOpt: flags.includes(flagLetters.expAttachOpt),
    attachable: flags.includes(flagLetters.attachable),
    attachBtf: flags.includes(flagLetters.attachBtf),
    sleepable: flags.includes(flagLetters.sleepable),
    xdpFrags: flags.includes(flagLetters.xdpFrags),
    usdt: flags.includes(flagLetters.usdt),
  })))
}

function matches(pattern: string, name: string): boolean {
  if (!pattern.endsWith('+')) return pattern === name
  const stem = pattern.slice(0, -1)
  return name.startsWith(stem) && (name.length === stem.length || name[stem.length] === '/')
}

/** find_sec_def. */
export function findSecDef(name: string): SecDef | undefined {
  return all().find((def) => matches(def.pattern, name))
}

/** libbpf_prog_type_by_name. @throws LibbpfError ESRCH after listing, for debuggers, the names that there are. */
export function progTypeBySection(name: string, log: Log): { progType: number; expectedAttachType: number } {
  const def = findSecDef(name)
  if (def !== undefined) return { progType: def.progType, expectedAttachType: def.expectedAttachType }
  log.debug(() => `failed to guess program type from ELF section '${name}'`)
  log.debug(
    () =>
      `supported section(type) names are:${all()
        .map((each) => ` ${each.pattern}`)
        .join('')}`,
  )
  throw new LibbpfError(Errno.ESRCH)
}

/** libbpf_attach_type_by_name: the attach type of an attachable section's name. @throws LibbpfError EINVAL. */
export function attachTypeBySection(name: string, log: Log): number {
  const def = findSecDef(name)
  if (def?.attachable === true) return def.expectedAttachType
  log.debug(() => `failed to guess attach type based on ELF section name '${name}'`)
  const attachable = all().filter((each) => each.attachable)
  log.debug(() => `attachable section(type) names are:${attachable.map((each) => ` ${each.pattern}`).join('')}`)
  throw new LibbpfError(Errno.EINVAL)
}
