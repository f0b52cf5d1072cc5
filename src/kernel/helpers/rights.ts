import type { Versioned } from '../profile/release.ts'
import { isSince } from '../profile/release.ts'

/** What the families of helpers that most programs share ask of the one who loads. */

/** Rights that decide about helpers (bpf_token_capable). */
export interface HelperRights {
  readonly bpfCapable: boolean
  readonly perfmon: boolean
  readonly sysAdmin: boolean
}

function names(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}

/** bpf_base_func_proto, before it looks for CAP_BPF. */
const anybody = names(`
  map_lookup_elem map_update_elem map_delete_elem map_push_elem map_pop_elem map_peek_elem map_lookup_percpu_elem
  get_prandom_u32 get_smp_processor_id get_numa_node_id tail_call ktime_get_ns ktime_get_boot_ns ktime_get_tai_ns
  ringbuf_output ringbuf_reserve ringbuf_submit ringbuf_discard ringbuf_query strncmp strtol strtoul get_current_pid_tgid
  get_ns_current_pid_tgid get_current_uid_gid`)

/** And after it has looked for CAP_PERFMON. */
const perfmonOnly = names(`
  trace_printk get_current_task get_current_task_btf get_current_comm probe_read_user probe_read_kernel
  probe_read_user_str probe_read_kernel_str copy_from_user copy_from_user_task snprintf_btf snprintf task_pt_regs
  trace_vprintk perf_event_read_value perf_event_read send_signal send_signal_thread get_task_stack get_branch_snapshot
  find_vma`)

/** bpf_sk_base_func_proto: sockets of other types are kernel memory. */
const sockets = 'skc_to_'

/** Since then no other family lists these on its own (all come by bpf_base_func_proto). */
const BASE_ALONE = '6.16'

/** Whether the family gives a helper that it lists to programs of one with these rights. */
export function mayCall(kernel: Versioned, rights: HelperRights, family: string, helper: string): boolean {
  // bpf_get_probe_write_proto, bpf_tracing_func_proto.
  if (helper === 'probe_write_user') return rights.sysAdmin
  if (helper === 'sys_bpf') return rights.perfmon
  if (family === 'skBase') return rights.perfmon || !helper.startsWith(sockets)
  if (perfmonOnly.has(helper) && !rights.perfmon && isSince(kernel, BASE_ALONE)) return false
  if (family !== 'base' || anybody.has(helper)) return true
  return rights.bpfCapable && (rights.perfmon || !perfmonOnly.has(helper))
}
