import { ProgType as T } from '../../uapi/prog-type.ts'
import type { KfuncProg, KfuncSet } from './set.ts'

/** Sets of kernel/sched: schedulers made of programs (sched_ext). */

/** scx_kfunc_ids_enqueue_dispatch. */
const enqueue = `
    scx_bpf_dsq_insert RCU IMPLICIT_ARGS
    scx_bpf_dsq_insert___v2 RCU IMPLICIT_ARGS 7.2+
    __scx_bpf_dsq_insert_vtime RCU IMPLICIT_ARGS 7.2+
    scx_bpf_dsq_insert_vtime RCU`

/** scx_kfunc_ids_dispatch. */
const dispatch = `
    scx_bpf_dispatch_nr_slots IMPLICIT_ARGS
    scx_bpf_dispatch_cancel IMPLICIT_ARGS
    scx_bpf_dsq_move_to_local IMPLICIT_ARGS
    scx_bpf_dsq_move_to_local___v2 IMPLICIT_ARGS 7.2+
    scx_bpf_dsq_move_set_slice RCU
    scx_bpf_dsq_move_set_vtime RCU
    scx_bpf_dsq_move RCU
    scx_bpf_dsq_move_vtime RCU
    scx_bpf_sub_dispatch IMPLICIT_ARGS 7.2+`

/** scx_kfunc_ids_cpu_release. */
const cpuRelease = 'scx_bpf_reenqueue_local IMPLICIT_ARGS'

/** scx_kfunc_ids_select_cpu. */
const selectCpu = `
    __scx_bpf_select_cpu_and RCU IMPLICIT_ARGS 7.2+
    scx_bpf_select_cpu_and RCU
    scx_bpf_select_cpu_dfl RCU IMPLICIT_ARGS`

/** scx_kfunc_ids_unlocked. */
const unlocked = `
    scx_bpf_create_dsq SLEEPABLE IMPLICIT_ARGS
    scx_bpf_dsq_move_set_slice RCU
    scx_bpf_dsq_move_set_vtime RCU
    scx_bpf_dsq_move RCU
    scx_bpf_dsq_move_vtime RCU
    __scx_bpf_select_cpu_and RCU IMPLICIT_ARGS 7.2+
    scx_bpf_select_cpu_and RCU 7.2+
    scx_bpf_select_cpu_dfl RCU IMPLICIT_ARGS 7.2+`

/** scx_kfunc_ids_init. */
const init = 'scx_bpf_cid_override SLEEPABLE IMPLICIT_ARGS'

/** Which functions only some operations may call. */
const groups = { enqueue, dispatch, cpuRelease, selectCpu, unlocked, init }
type Group = keyof typeof groups

/** scx_kf_allow_flags: which of them an operation may. */
const opGroups: Readonly<Record<string, readonly Group[]>> = {
  select_cpu: ['selectCpu', 'enqueue'],
  enqueue: ['selectCpu', 'enqueue'],
  dispatch: ['enqueue', 'dispatch'],
  cpu_release: ['cpuRelease'],
  init_task: ['unlocked'],
  dump: ['unlocked'],
  cgroup_init: ['unlocked'],
  cgroup_exit: ['unlocked'],
  cgroup_prep_move: ['unlocked'],
  cgroup_cancel_move: ['unlocked'],
  cgroup_set_weight: ['unlocked'],
  cgroup_set_bandwidth: ['unlocked'],
  cgroup_set_idle: ['unlocked'],
  sub_attach: ['unlocked'],
  sub_detach: ['unlocked'],
  cpu_online: ['unlocked'],
  cpu_offline: ['unlocked'],
  init: ['unlocked', 'init'],
  exit: ['unlocked'],
}

/** Operations that sched_ext_ops_cid has in the place of others. */
const cidOps: Readonly<Record<string, string>> = {
  select_cid: 'select_cpu',
  cid_online: 'cpu_online',
  cid_offline: 'cpu_offline',
}

/** scx_kfunc_ids_cpu_only: not for schedulers that know CPUs by their cid, beside those that select one. */
const cpuOnly: ReadonlySet<string> = new Set([
  'scx_bpf_kick_cpu',
  'scx_bpf_task_cpu',
  'scx_bpf_cpu_rq',
  'scx_bpf_cpu_curr',
  'scx_bpf_cpu_node',
  'scx_bpf_cpuperf_cap',
  'scx_bpf_cpuperf_cur',
  'scx_bpf_cpuperf_set',
  'scx_bpf_get_possible_cpumask',
  'scx_bpf_get_online_cpumask',
  'scx_bpf_put_cpumask',
  'scx_bpf_get_idle_cpumask',
  'scx_bpf_get_idle_cpumask_node',
  'scx_bpf_get_idle_smtmask',
  'scx_bpf_get_idle_smtmask_node',
  'scx_bpf_put_idle_cpumask',
  'scx_bpf_test_and_clear_cpu_idle',
  'scx_bpf_pick_idle_cpu',
  'scx_bpf_pick_idle_cpu_node',
  'scx_bpf_pick_any_cpu',
  'scx_bpf_pick_any_cpu_node',
])

function isOf(group: Group, name: string): boolean {
  return groups[group].split('\n').some((row) => row.trim().split(' ', 1)[0] === name)
}

/** scx_kfunc_context_filter. @param anywhere whether all operations may call the function. */
function inContext({ type, opsName, opsMember = '' }: KfuncProg, name: string, anywhere: boolean): boolean {
  if (type === T.SYSCALL) return anywhere || isOf('unlocked', name) || isOf('selectCpu', name)
  if (type !== T.STRUCT_OPS) return anywhere
  const isCid = opsName === 'sched_ext_ops_cid'
  if (opsName !== 'sched_ext_ops' && !isCid) return false
  if (isCid && (cpuOnly.has(name) || isOf('selectCpu', name))) return false
  const op = isCid ? (cidOps[opsMember] ?? opsMember) : opsMember
  return anywhere || (opGroups[op] ?? []).some((group) => isOf(group, name))
}

/** Since the filter is there: not later than this. */
const filtered = {
  filter: (prog: KfuncProg, name: string) => inContext(prog, name, false),
  filterSince: '7.2',
} as const

const grouped: readonly KfuncSet[] = [
  { types: [T.STRUCT_OPS], rows: enqueue, ...filtered },
  { types: [T.STRUCT_OPS], rows: dispatch, ...filtered },
  { types: [T.STRUCT_OPS], rows: cpuRelease, ...filtered },
  { types: [T.STRUCT_OPS, T.SYSCALL], rows: unlocked, ...filtered },
  { types: [T.STRUCT_OPS, T.SYSCALL], rows: selectCpu, ...filtered },
  // Tracing programs had them with those of idle CPUs.
  { types: [T.TRACING], rows: selectCpu, kernels: '<7.2' },
  { types: [T.STRUCT_OPS], rows: init, kernels: '7.2+', ...filtered },
]

/** scx_kfunc_ids_any of kernel/sched/ext.c, and scx_kfunc_ids_idle of ext_idle.c. */
const anywhere: KfuncSet = {
  types: [T.STRUCT_OPS, T.TRACING, T.SYSCALL],
  filter: (prog, name) => inContext(prog, name, true),
  filterSince: '7.2',
  rows: `
    scx_bpf_task_set_slice RCU IMPLICIT_ARGS 7.2+
    scx_bpf_task_set_dsq_vtime RCU IMPLICIT_ARGS 7.2+
    scx_bpf_kick_cpu IMPLICIT_ARGS
    scx_bpf_kick_cid IMPLICIT_ARGS 7.2+
    scx_bpf_dsq_nr_queued IMPLICIT_ARGS
    scx_bpf_destroy_dsq IMPLICIT_ARGS
    scx_bpf_dsq_peek RET_NULL RCU_PROTECTED IMPLICIT_ARGS 7.2+
    scx_bpf_dsq_reenq IMPLICIT_ARGS 7.2+
    scx_bpf_reenqueue_local___v2 IMPLICIT_ARGS 7.2+
    bpf_iter_scx_dsq_new ITER_NEW RCU_PROTECTED IMPLICIT_ARGS
    bpf_iter_scx_dsq_next ITER_NEXT RET_NULL
    bpf_iter_scx_dsq_destroy ITER_DESTROY
    scx_bpf_exit_bstr TRUSTED_ARGS IMPLICIT_ARGS
    scx_bpf_error_bstr TRUSTED_ARGS IMPLICIT_ARGS
    scx_bpf_dump_bstr TRUSTED_ARGS IMPLICIT_ARGS
    scx_bpf_cpuperf_cap IMPLICIT_ARGS
    scx_bpf_cpuperf_cur IMPLICIT_ARGS
    scx_bpf_cpuperf_set IMPLICIT_ARGS
    scx_bpf_cidperf_cap IMPLICIT_ARGS 7.2+
    scx_bpf_cidperf_cur IMPLICIT_ARGS 7.2+
    scx_bpf_cidperf_set IMPLICIT_ARGS 7.2+
    scx_bpf_nr_node_ids
    scx_bpf_nr_cpu_ids
    scx_bpf_nr_cids 7.2+
    scx_bpf_nr_online_cids 7.2+
    scx_bpf_this_cid 7.2+
    scx_bpf_get_possible_cpumask ACQUIRE
    scx_bpf_get_online_cpumask ACQUIRE
    scx_bpf_put_cpumask RELEASE
    scx_bpf_task_running RCU
    scx_bpf_task_cpu RCU
    scx_bpf_task_cid RCU 7.2+
    scx_bpf_cpu_rq IMPLICIT_ARGS
    scx_bpf_locked_rq RET_NULL IMPLICIT_ARGS
    scx_bpf_cpu_curr RET_NULL RCU_PROTECTED IMPLICIT_ARGS
    scx_bpf_cid_curr RET_NULL RCU_PROTECTED IMPLICIT_ARGS 7.2+
    scx_bpf_tid_to_task RET_NULL RCU_PROTECTED 7.2+
    scx_bpf_task_cgroup RCU ACQUIRE IMPLICIT_ARGS
    scx_bpf_now
    scx_bpf_events TRUSTED_ARGS
    scx_bpf_cpu_node IMPLICIT_ARGS
    scx_bpf_get_idle_cpumask_node ACQUIRE IMPLICIT_ARGS
    scx_bpf_get_idle_cpumask ACQUIRE IMPLICIT_ARGS
    scx_bpf_get_idle_smtmask_node ACQUIRE IMPLICIT_ARGS
    scx_bpf_get_idle_smtmask ACQUIRE IMPLICIT_ARGS
    scx_bpf_put_idle_cpumask RELEASE
    scx_bpf_test_and_clear_cpu_idle IMPLICIT_ARGS
    scx_bpf_pick_idle_cpu_node RCU IMPLICIT_ARGS
    scx_bpf_pick_idle_cpu RCU IMPLICIT_ARGS
    scx_bpf_pick_any_cpu_node RCU IMPLICIT_ARGS
    scx_bpf_pick_any_cpu RCU IMPLICIT_ARGS`,
}

/** scx_kfunc_ids_cid of kernel/sched/ext/cid.c, which asks no filter. */
const cids: KfuncSet = {
  types: [T.STRUCT_OPS, T.TRACING, T.SYSCALL],
  kernels: '7.2+',
  rows: `
    scx_bpf_cid_to_cpu IMPLICIT_ARGS
    scx_bpf_cpu_to_cid IMPLICIT_ARGS
    scx_bpf_cid_topo IMPLICIT_ARGS`,
}

export const schedulerSets: readonly KfuncSet[] = [...grouped, anywhere, cids]
