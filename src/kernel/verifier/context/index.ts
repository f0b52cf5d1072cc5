import { ProgType } from '../../../uapi/prog-type.ts'
import type { ContextOps } from './access.ts'
import { cgroupDevice, sockAddr, sockopt, sysctl } from './cgroup.ts'
import { lsm, tracing } from './btf.ts'
import { lirc, netfilter, syscall } from './own.ts'
import { cgroupSock } from './sock.ts'
import { cgroupSkb, flowDissector, lwt, skSkb, socketFilter, tcClsAct } from './skb.ts'
import { skLookup, skMsg, skReuseport, sockOps } from './sockets.ts'
import { structOps } from './struct-ops.ts'
import { kprobe, perfEvent, rawTracepoint, rawTracepointWritable, tracepoint } from './tracing.ts'
import { xdp } from './xdp.ts'

/** The context of each program type (bpf_verifier_ops); of operations each kind has its own. */
const contexts: Readonly<Record<number, ContextOps>> = {
  [ProgType.SOCKET_FILTER]: socketFilter,
  [ProgType.KPROBE]: kprobe,
  [ProgType.SCHED_CLS]: tcClsAct,
  [ProgType.SCHED_ACT]: tcClsAct,
  [ProgType.TRACEPOINT]: tracepoint,
  [ProgType.XDP]: xdp,
  [ProgType.PERF_EVENT]: perfEvent,
  [ProgType.CGROUP_SKB]: cgroupSkb,
  [ProgType.LWT_IN]: lwt,
  [ProgType.LWT_OUT]: lwt,
  [ProgType.LWT_XMIT]: lwt,
  [ProgType.LWT_SEG6LOCAL]: lwt,
  [ProgType.SK_SKB]: skSkb,
  [ProgType.CGROUP_SOCK]: cgroupSock,
  [ProgType.SOCK_OPS]: sockOps,
  [ProgType.CGROUP_DEVICE]: cgroupDevice,
  [ProgType.SK_MSG]: skMsg,
  [ProgType.CGROUP_SOCK_ADDR]: sockAddr,
  [ProgType.LIRC_MODE2]: lirc,
  [ProgType.SK_REUSEPORT]: skReuseport,
  [ProgType.FLOW_DISSECTOR]: flowDissector,
  [ProgType.CGROUP_SYSCTL]: sysctl,
  [ProgType.CGROUP_SOCKOPT]: sockopt,
  [ProgType.SK_LOOKUP]: skLookup,
  [ProgType.SYSCALL]: syscall,
  [ProgType.NETFILTER]: netfilter,
  [ProgType.TRACING]: tracing,
  [ProgType.LSM]: lsm,
  [ProgType.RAW_TRACEPOINT]: rawTracepoint,
  [ProgType.RAW_TRACEPOINT_WRITABLE]: rawTracepointWritable,
}

/** @param opsName the struct of a program that is one of its operations. */
export function contextOf(progType: number, opsName = ''): ContextOps | undefined {
  return progType === ProgType.STRUCT_OPS ? (structOps[opsName] ?? tracing) : contexts[progType]
}
