import { ProgType as T } from '../../uapi/prog-type.ts'
import type { KfuncSet } from './set.ts'

/** Sets of kernel/sched (schedulers made of programs) and drivers/hid/bpf. */

/** scx_kfunc_ids_enqueue_dispatch, _dispatch and _cpu_release of kernel/sched/ext.c. */
const schedulerOps: KfuncSet = {
  types: [T.STRUCT_OPS],
  rows: `
    scx_bpf_dsq_insert RCU
    scx_bpf_dsq_insert_vtime RCU
    scx_bpf_dispatch_nr_slots
    scx_bpf_dispatch_cancel
    scx_bpf_dsq_move_to_local
    scx_bpf_reenqueue_local`,
}

/** scx_kfunc_ids_unlocked. */
const schedulerUnlocked: KfuncSet = {
  types: [T.STRUCT_OPS, T.SYSCALL],
  rows: `
    scx_bpf_create_dsq SLEEPABLE
    scx_bpf_dsq_move_set_slice RCU
    scx_bpf_dsq_move_set_vtime RCU
    scx_bpf_dsq_move RCU
    scx_bpf_dsq_move_vtime RCU`,
}

/** scx_kfunc_ids_any of kernel/sched/ext.c, and scx_kfunc_ids_idle of ext_idle.c. */
const scheduler: KfuncSet = {
  types: [T.STRUCT_OPS, T.TRACING, T.SYSCALL],
  rows: `
    scx_bpf_kick_cpu
    scx_bpf_dsq_nr_queued
    scx_bpf_destroy_dsq
    bpf_iter_scx_dsq_new ITER_NEW RCU_PROTECTED
    bpf_iter_scx_dsq_next ITER_NEXT RET_NULL
    bpf_iter_scx_dsq_destroy ITER_DESTROY
    scx_bpf_exit_bstr TRUSTED_ARGS
    scx_bpf_error_bstr TRUSTED_ARGS
    scx_bpf_dump_bstr TRUSTED_ARGS
    scx_bpf_cpuperf_cap
    scx_bpf_cpuperf_cur
    scx_bpf_cpuperf_set
    scx_bpf_nr_node_ids
    scx_bpf_nr_cpu_ids
    scx_bpf_get_possible_cpumask ACQUIRE
    scx_bpf_get_online_cpumask ACQUIRE
    scx_bpf_put_cpumask RELEASE
    scx_bpf_task_running RCU
    scx_bpf_task_cpu RCU
    scx_bpf_cpu_rq
    scx_bpf_locked_rq RET_NULL
    scx_bpf_cpu_curr RET_NULL RCU_PROTECTED
    scx_bpf_task_cgroup RCU ACQUIRE
    scx_bpf_now
    scx_bpf_events TRUSTED_ARGS
    scx_bpf_cpu_node
    scx_bpf_get_idle_cpumask_node ACQUIRE
    scx_bpf_get_idle_cpumask ACQUIRE
    scx_bpf_get_idle_smtmask_node ACQUIRE
    scx_bpf_get_idle_smtmask ACQUIRE
    scx_bpf_put_idle_cpumask RELEASE
    scx_bpf_test_and_clear_cpu_idle
    scx_bpf_pick_idle_cpu_node RCU
    scx_bpf_pick_idle_cpu RCU
    scx_bpf_pick_any_cpu_node RCU
    scx_bpf_pick_any_cpu RCU
    scx_bpf_select_cpu_and RCU
    scx_bpf_select_cpu_dfl RCU`,
}

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

export const driverSets: readonly KfuncSet[] = [schedulerOps, schedulerUnlocked, scheduler, hid, hidSyscall]
