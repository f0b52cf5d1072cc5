import { ProgType as T } from '../../uapi/prog-type.ts'

/** What a program's type asks of the one who loads it (bpf_prog_load). */

/** All that one without CAP_BPF may load. */
const anybody: ReadonlySet<number> = new Set([T.SOCKET_FILTER, T.CGROUP_SKB])

/** is_net_admin_prog_type. */
const network: ReadonlySet<number> = new Set([
  T.SCHED_CLS,
  T.SCHED_ACT,
  T.XDP,
  T.LWT_IN,
  T.LWT_OUT,
  T.LWT_XMIT,
  T.LWT_SEG6LOCAL,
  T.SK_SKB,
  T.SK_MSG,
  T.FLOW_DISSECTOR,
  T.CGROUP_DEVICE,
  T.CGROUP_SOCK,
  T.CGROUP_SOCK_ADDR,
  T.CGROUP_SOCKOPT,
  T.CGROUP_SYSCTL,
  T.SOCK_OPS,
  T.EXT,
  T.NETFILTER,
])

/** is_perfmon_prog_type. */
const tracing: ReadonlySet<number> = new Set([
  T.KPROBE,
  T.TRACEPOINT,
  T.PERF_EVENT,
  T.RAW_TRACEPOINT,
  T.RAW_TRACEPOINT_WRITABLE,
  T.TRACING,
  T.LSM,
  T.STRUCT_OPS,
  T.EXT,
])

/** @param has whether the one who loads has a capability. */
export function mayLoad(type: number, has: (capability: string) => boolean): boolean {
  if (!anybody.has(type) && !has('CAP_BPF')) return false
  if (network.has(type) && !has('CAP_NET_ADMIN')) return false
  return !tracing.has(type) || has('CAP_PERFMON')
}
