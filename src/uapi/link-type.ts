/** Link types. Source: enum bpf_link_type of include/uapi/linux/bpf.h (Linux 7.2). */
export const LinkType = {
  UNSPEC: 0,
  RAW_TRACEPOINT: 1,
  TRACING: 2,
  CGROUP: 3,
  ITER: 4,
  NETNS: 5,
  XDP: 6,
  PERF_EVENT: 7,
  KPROBE_MULTI: 8,
  STRUCT_OPS: 9,
  NETFILTER: 10,
  TCX: 11,
  UPROBE_MULTI: 12,
  NETKIT: 13,
  SOCKMAP: 14,
  TRACING_MULTI: 15,
} as const

const names: readonly string[] = Object.keys(LinkType).map((name) => name.toLowerCase())

/** The name that libbpf and bpftool give a link type (libbpf_bpf_link_type_str), or undefined for one not known. */
export function linkTypeName(type: number): string | undefined {
  return names[type]
}
