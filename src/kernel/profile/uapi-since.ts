import { AttachType } from '../../uapi/attach-type.ts'
import { LinkType } from '../../uapi/link-type.ts'
import type { Versioned } from './release.ts'
import { isSince } from './release.ts'

/**
 * How many of a kind each version has: enumerations of the ABI only grow, so the last one of each version that brought
 * some tells of all. What is older than Linux 5.10 is there always.
 */
type Lasts = readonly (readonly [since: string, last: number])[]

const attachTypes: Lasts = [
  ['7.2', AttachType.TRACE_FSESSION_MULTI],
  ['7.0', AttachType.TRACE_FSESSION],
  ['6.13', AttachType.TRACE_UPROBE_SESSION],
  ['6.10', AttachType.TRACE_KPROBE_SESSION],
  ['6.7', AttachType.NETKIT_PEER],
  ['6.6', AttachType.TRACE_UPROBE_MULTI],
  ['6.4', AttachType.NETFILTER],
  ['6.0', AttachType.LSM_CGROUP],
  ['5.18', AttachType.TRACE_KPROBE_MULTI],
  ['5.15', AttachType.PERF_EVENT],
  ['5.14', AttachType.SK_REUSEPORT_SELECT_OR_MIGRATE],
  ['5.13', AttachType.SK_SKB_VERDICT],
  ['5.10', AttachType.XDP],
]

const linkTypes: Lasts = [
  ['7.2', LinkType.TRACING_MULTI],
  ['6.10', LinkType.SOCKMAP],
  ['6.7', LinkType.NETKIT],
  ['6.6', LinkType.UPROBE_MULTI],
  ['6.4', LinkType.NETFILTER],
  ['5.19', LinkType.STRUCT_OPS],
  ['5.18', LinkType.KPROBE_MULTI],
  ['5.15', LinkType.PERF_EVENT],
  ['5.10', LinkType.XDP],
]

function has(lasts: Lasts, kernel: Versioned, value: number): boolean {
  const last = lasts.find(([since]) => isSince(kernel, since)) ?? lasts.at(-1)
  return last !== undefined && value <= last[1]
}

export function hasAttachType(kernel: Versioned, type: number): boolean {
  return has(attachTypes, kernel, type)
}

export function hasLinkType(kernel: Versioned, type: number): boolean {
  return has(linkTypes, kernel, type)
}
