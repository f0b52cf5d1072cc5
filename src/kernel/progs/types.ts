import { AttachType as A } from '../../uapi/attach-type.ts'
import { ProgType as T } from '../../uapi/prog-type.ts'

/** One program type, as a kernel that has it treats it. */
export interface ProgTypeRow {
  readonly type: number
  /** Its context as programs see it (include/linux/bpf_types.h), and as the kernel has it. */
  readonly context: string
  readonly kernelContext: string
  /** BPF_PROG_TEST_RUN runs it (struct bpf_prog_ops.test_run). */
  readonly testRun: boolean
  /** The first release that had it. */
  readonly since: string
  /** Build options that it needs, all of them. */
  readonly options: readonly string[]
  /** The expected attach types that a load may have; any where this is left out (bpf_prog_load_check_attach). */
  readonly attachTypes?: readonly number[]
  /** The first release that looked at the expected attach type, where it's later than the type. */
  readonly attachTypesSince?: string
  /** The expected attach type of a load that gives none (bpf_prog_load_fixup_attach_type). */
  readonly defaultAttachType?: number
  /** May be attached to a function, by its type id. */
  readonly attachesToBtf?: boolean
  /** Must have a GPL compatible license. */
  readonly gplOnly?: boolean
}

const NET = ['CONFIG_NET']
const CGROUP_NET = ['CONFIG_NET', 'CONFIG_CGROUP_BPF']
const CGROUP = ['CONFIG_CGROUP_BPF']
const EVENTS = ['CONFIG_BPF_EVENTS']
const INET = ['CONFIG_INET']
const JIT = ['CONFIG_BPF_JIT']

const skb = ['struct __sk_buff', 'struct sk_buff'] as const
const anything = ['void *', 'void *'] as const

function row(
  type: number,
  [context, kernelContext]: readonly [string, string],
  since: string,
  options: readonly string[],
  testRun: boolean,
  more: Partial<ProgTypeRow> = {},
): ProgTypeRow {
  return { type, context, kernelContext, since, options, testRun, ...more }
}

/** All program types, by number. */
export const progTypes: readonly ProgTypeRow[] = [
  row(T.SOCKET_FILTER, skb, '3.19', NET, true),
  row(T.KPROBE, ['bpf_user_pt_regs_t', 'struct pt_regs'], '4.1', EVENTS, false),
  row(T.SCHED_CLS, skb, '4.1', NET, true),
  row(T.SCHED_ACT, skb, '4.1', NET, true),
  row(T.TRACEPOINT, ['__u64', 'u64'], '4.7', EVENTS, false),
  row(T.XDP, ['struct xdp_md', 'struct xdp_buff'], '4.8', NET, true),
  row(T.PERF_EVENT, ['struct bpf_perf_event_data', 'struct bpf_perf_event_data_kern'], '4.9', EVENTS, false),
  row(T.CGROUP_SKB, skb, '4.10', CGROUP_NET, true, {
    attachTypes: [A.CGROUP_INET_INGRESS, A.CGROUP_INET_EGRESS],
  }),
  row(T.CGROUP_SOCK, ['struct bpf_sock', 'struct sock'], '4.10', CGROUP_NET, false, {
    attachTypes: [
      A.CGROUP_INET_SOCK_CREATE,
      A.CGROUP_INET_SOCK_RELEASE,
      A.CGROUP_INET4_POST_BIND,
      A.CGROUP_INET6_POST_BIND,
    ],
    defaultAttachType: A.CGROUP_INET_SOCK_CREATE,
  }),
  row(T.LWT_IN, skb, '4.10', NET, true),
  row(T.LWT_OUT, skb, '4.10', NET, true),
  row(T.LWT_XMIT, skb, '4.10', NET, true),
  row(T.SOCK_OPS, ['struct bpf_sock_ops', 'struct bpf_sock_ops_kern'], '4.13', NET, false),
  row(T.SK_SKB, skb, '4.14', NET, false),
  row(T.CGROUP_DEVICE, ['struct bpf_cgroup_dev_ctx', 'struct bpf_cgroup_dev_ctx'], '4.15', CGROUP, false),
  row(T.SK_MSG, ['struct sk_msg_md', 'struct sk_msg'], '4.17', NET, false),
  row(T.RAW_TRACEPOINT, ['struct bpf_raw_tracepoint_args', 'u64'], '4.17', EVENTS, true),
  row(T.CGROUP_SOCK_ADDR, ['struct bpf_sock_addr', 'struct bpf_sock_addr_kern'], '4.17', CGROUP_NET, false, {
    attachTypes: [
      A.CGROUP_INET4_BIND,
      A.CGROUP_INET6_BIND,
      A.CGROUP_INET4_CONNECT,
      A.CGROUP_INET6_CONNECT,
      A.CGROUP_UNIX_CONNECT,
      A.CGROUP_INET4_GETPEERNAME,
      A.CGROUP_INET6_GETPEERNAME,
      A.CGROUP_UNIX_GETPEERNAME,
      A.CGROUP_INET4_GETSOCKNAME,
      A.CGROUP_INET6_GETSOCKNAME,
      A.CGROUP_UNIX_GETSOCKNAME,
      A.CGROUP_UDP4_SENDMSG,
      A.CGROUP_UDP6_SENDMSG,
      A.CGROUP_UNIX_SENDMSG,
      A.CGROUP_UDP4_RECVMSG,
      A.CGROUP_UDP6_RECVMSG,
      A.CGROUP_UNIX_RECVMSG,
    ],
  }),
  row(T.LWT_SEG6LOCAL, skb, '4.18', NET, false),
  row(T.LIRC_MODE2, ['__u32', 'u32'], '4.18', ['CONFIG_BPF_LIRC_MODE2'], false),
  row(T.SK_REUSEPORT, ['struct sk_reuseport_md', 'struct sk_reuseport_kern'], '4.19', INET, false, {
    attachTypes: [A.SK_REUSEPORT_SELECT, A.SK_REUSEPORT_SELECT_OR_MIGRATE],
    defaultAttachType: A.SK_REUSEPORT_SELECT,
    attachTypesSince: '5.14',
  }),
  row(T.FLOW_DISSECTOR, ['struct __sk_buff', 'struct bpf_flow_dissector'], '4.20', NET, true),
  row(T.CGROUP_SYSCTL, ['struct bpf_sysctl', 'struct bpf_sysctl_kern'], '5.2', CGROUP, false),
  row(T.RAW_TRACEPOINT_WRITABLE, ['struct bpf_raw_tracepoint_args', 'u64'], '5.2', EVENTS, false),
  row(T.CGROUP_SOCKOPT, ['struct bpf_sockopt', 'struct bpf_sockopt_kern'], '5.3', CGROUP, false, {
    attachTypes: [A.CGROUP_SETSOCKOPT, A.CGROUP_GETSOCKOPT],
  }),
  row(T.TRACING, anything, '5.5', EVENTS, true, { attachesToBtf: true }),
  row(T.STRUCT_OPS, anything, '5.6', JIT, true, { attachesToBtf: true, gplOnly: true }),
  row(T.EXT, anything, '5.6', JIT, false, { attachTypes: [0], attachesToBtf: true }),
  row(T.LSM, anything, '5.7', ['CONFIG_BPF_JIT', 'CONFIG_BPF_LSM'], false, { attachesToBtf: true, gplOnly: true }),
  row(T.SK_LOOKUP, ['struct bpf_sk_lookup', 'struct bpf_sk_lookup_kern'], '5.9', INET, true, {
    attachTypes: [A.SK_LOOKUP],
  }),
  row(T.SYSCALL, anything, '5.14', [], true, { attachTypes: [0] }),
  row(T.NETFILTER, ['struct bpf_nf_ctx', 'struct bpf_nf_ctx'], '6.4', ['CONFIG_NETFILTER_BPF_LINK'], true, {
    attachTypes: [A.NETFILTER],
  }),
]

/** A type's row, or undefined for one that no kernel knows. */
export function progTypeRow(type: number): ProgTypeRow | undefined {
  return progTypes[type - 1]
}
