import { ProgType as T } from '../../../uapi/prog-type.ts'
import { sockopt, sysctl } from './cgroup.ts'
import type { Context } from './convert.ts'
import { flowDissector, skSkb, skb, tcSkb } from './skb.ts'
import { skLookup, skMsg, skReuseport, sock, sockAddr } from './sock.ts'
import { sockOps } from './sock-ops.ts'
import { perfEvent } from './tracing.ts'
import { xdp } from './xdp.ts'

/** Contexts that are converted, by program type (bpf_verifier_ops.convert_ctx_access). */
const contexts: Readonly<Record<number, Context>> = {
  [T.SOCKET_FILTER]: skb,
  [T.SCHED_CLS]: tcSkb,
  [T.SCHED_ACT]: tcSkb,
  [T.XDP]: xdp,
  [T.PERF_EVENT]: perfEvent,
  [T.CGROUP_SKB]: skb,
  [T.CGROUP_SOCK]: sock,
  [T.LWT_IN]: skb,
  [T.LWT_OUT]: skb,
  [T.LWT_XMIT]: skb,
  [T.LWT_SEG6LOCAL]: skb,
  [T.SOCK_OPS]: sockOps,
  [T.SK_SKB]: skSkb,
  [T.SK_MSG]: skMsg,
  [T.CGROUP_SOCK_ADDR]: sockAddr,
  [T.SK_REUSEPORT]: skReuseport,
  [T.FLOW_DISSECTOR]: flowDissector,
  [T.CGROUP_SYSCTL]: sysctl,
  [T.CGROUP_SOCKOPT]: sockopt,
  [T.SK_LOOKUP]: skLookup,
}

export function contextOf(progType: number): Context | undefined {
  return contexts[progType]
}
