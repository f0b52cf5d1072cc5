/** What iterators go over, and what their programs are given beside the arguments' types (struct bpf_iter_reg). */

export interface IteratorArg {
  readonly offset: number
  /**
   * A pointer to a struct, which may be NULL and may be walked, or is valid for sure; or memory that may be written,
   * or not.
   */
  readonly is: 'maybe' | 'trusted' | 'buffer' | 'readonly'
  /** Whose struct; empty for memory. */
  readonly struct: string
}

/** Arguments at offsets of the context, by target; memory has no struct. */
const targets: Readonly<Record<string, string>> = {
  ksym: '8:maybe:kallsym_iter',
  cgroup: '8:trusted:cgroup',
  dmabuf: '8:maybe:dma_buf',
  kmem_cache: '8:trusted:kmem_cache',
  bpf_link: '8:maybe:bpf_link',
  bpf_map: '8:trusted:bpf_map',
  bpf_map_elem: '16:readonly: 24:buffer:',
  bpf_prog: '8:maybe:bpf_prog',
  task: '8:trusted:task_struct',
  task_file: '8:maybe:task_struct 24:maybe:file',
  task_vma: '8:maybe:task_struct 16:maybe:vm_area_struct',
  netlink: '8:maybe:netlink_sock',
  ipv6_route: '8:maybe:fib6_info',
  sockmap: '16:readonly: 24:maybe:sock',
  bpf_sk_storage_map: '16:maybe:sock 24:buffer:',
  unix: '8:maybe:unix_sock',
  tcp: '8:trusted:sock_common',
  udp: '8:trusted:udp_sock',
}

const PREFIX = 'bpf_iter_'

/** @param funcName of the function that programs are attached to. @returns undefined where it's no iterator's. */
export function iteratorTarget(funcName: string): IteratorArg[] | undefined {
  const target = funcName.slice(PREFIX.length)
  if (!funcName.startsWith(PREFIX) || !Object.hasOwn(targets, target)) return undefined
  return (targets[target] ?? '').split(' ').map((arg) => {
    const [offset = '', is, struct = ''] = arg.split(':')
    return { offset: Number(offset), is: is as IteratorArg['is'], struct }
  })
}
