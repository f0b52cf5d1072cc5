import { AttachType as A } from '../../uapi/attach-type.ts'
import { ProgType as T } from '../../uapi/prog-type.ts'
import type { ProgRecord } from '../objects/records.ts'

/** attach_type_to_prog_type: the attach types that one program type has to itself. */
const progTypeOf: ReadonlyMap<number, number> = new Map(
  (
    [
      [T.CGROUP_SKB, A.CGROUP_INET_INGRESS, A.CGROUP_INET_EGRESS],
      [T.SOCK_OPS, A.CGROUP_SOCK_OPS],
      [T.CGROUP_DEVICE, A.CGROUP_DEVICE],
      [T.SK_MSG, A.SK_MSG_VERDICT],
      [T.SK_SKB, A.SK_SKB_STREAM_PARSER, A.SK_SKB_STREAM_VERDICT, A.SK_SKB_VERDICT],
      [T.LIRC_MODE2, A.LIRC_MODE2],
      [T.FLOW_DISSECTOR, A.FLOW_DISSECTOR],
      [T.CGROUP_SYSCTL, A.CGROUP_SYSCTL],
      [T.TRACING, A.TRACE_ITER, A.TRACE_RAW_TP, A.TRACE_FENTRY, A.TRACE_FEXIT, A.MODIFY_RETURN],
      [T.LSM, A.LSM_MAC, A.LSM_CGROUP],
      [T.XDP, A.XDP],
    ] as const
  ).flatMap(([type, ...attachTypes]) => attachTypes.map((attach): [number, number] => [attach, type])),
)

const perfEvent: readonly number[] = [A.PERF_EVENT]
const multi: readonly number[] = [
  A.TRACE_KPROBE_MULTI,
  A.TRACE_KPROBE_SESSION,
  A.TRACE_UPROBE_MULTI,
  A.TRACE_UPROBE_SESSION,
]

/** Program types with several attach types, whichever the program was loaded for. */
const attachTypesOf: Readonly<Record<number, readonly number[]>> = {
  [T.NETFILTER]: [A.NETFILTER],
  [T.PERF_EVENT]: perfEvent,
  [T.TRACEPOINT]: perfEvent,
  [T.SCHED_CLS]: [A.TCX_INGRESS, A.TCX_EGRESS, A.NETKIT_PRIMARY, A.NETKIT_PEER],
}

/** bpf_prog_attach_check_attach_type: whether a program may be attached so. */
export function mayAttachAs({ type, expectedAttachType }: ProgRecord, attach: number): boolean {
  switch (type) {
    case T.CGROUP_SOCK:
    case T.CGROUP_SOCK_ADDR:
    case T.CGROUP_SOCKOPT:
    case T.SK_LOOKUP:
      return attach === expectedAttachType
    case T.EXT:
      return true
    case T.KPROBE:
      return multi.includes(expectedAttachType)
        ? attach === expectedAttachType
        : [A.PERF_EVENT, ...multi].includes(attach)
    default:
      return attachTypesOf[type]?.includes(attach) ?? progTypeOf.get(attach) === type
  }
}
