import { ArgType, Flag } from './types.ts'

const { PTR_TO_MEM } = ArgType

/**
 * Memory arguments whose prototypes didn't say, or said wrongly, what the helper does to them: by function and argument,
 * as they are since `helperMemoryTold` (versions.ts). Without it, the walk thinks that memory keeps what it held.
 */
export const toldMemory: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  bpf_get_stack_raw_tp: { 1: PTR_TO_MEM | Flag.MEM_UNINIT | Flag.MEM_WRITE },
  bpf_kallsyms_lookup_name: { 0: PTR_TO_MEM | Flag.MEM_RDONLY },
  bpf_read_branch_records: { 1: PTR_TO_MEM | Flag.PTR_MAYBE_NULL | Flag.MEM_WRITE },
  bpf_skb_fib_lookup: { 1: PTR_TO_MEM | Flag.MEM_WRITE },
  bpf_snprintf: { 0: PTR_TO_MEM | Flag.PTR_MAYBE_NULL | Flag.MEM_WRITE },
  bpf_snprintf_btf: { 0: PTR_TO_MEM | Flag.MEM_WRITE },
  bpf_tcp_raw_gen_syncookie_ipv4: { 1: PTR_TO_MEM | Flag.MEM_RDONLY },
  bpf_tcp_raw_gen_syncookie_ipv6: { 1: PTR_TO_MEM | Flag.MEM_RDONLY },
  bpf_xdp_fib_lookup: { 1: PTR_TO_MEM | Flag.MEM_WRITE },
}
