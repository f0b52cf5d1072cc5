import { ProgType as T } from '../../uapi/prog-type.ts'
import type { KfuncSet } from './set.ts'

/** Sets of drivers/. */

/** hid_bpf_kfunc_ids and hid_bpf_syscall_kfunc_ids of drivers/hid/bpf/hid_bpf_dispatch.c. */
const hid: KfuncSet = {
  types: [T.STRUCT_OPS],
  rows: `
    hid_bpf_get_data RET_NULL
    hid_bpf_allocate_context ACQUIRE RET_NULL SLEEPABLE
    hid_bpf_release_context RELEASE SLEEPABLE
    hid_bpf_hw_request SLEEPABLE
    hid_bpf_hw_output_report SLEEPABLE
    hid_bpf_input_report SLEEPABLE
    hid_bpf_try_input_report`,
}
const hidSyscall: KfuncSet = {
  types: [T.SYSCALL],
  rows: `
    hid_bpf_allocate_context ACQUIRE RET_NULL
    hid_bpf_release_context RELEASE
    hid_bpf_hw_request
    hid_bpf_hw_output_report
    hid_bpf_input_report`,
}

/** wakeup_source_kfunc_ids of drivers/base/power/wakeup.c. */
const wakeupSources: KfuncSet = {
  types: [T.SYSCALL],
  kernels: '7.2+',
  rows: `
    bpf_wakeup_sources_read_lock ACQUIRE
    bpf_wakeup_sources_read_unlock RELEASE
    bpf_wakeup_sources_get_head`,
}

export const driverSets: readonly KfuncSet[] = [hid, hidSyscall, wakeupSources]
