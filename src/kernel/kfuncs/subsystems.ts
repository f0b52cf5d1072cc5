import { AttachType } from '../../uapi/attach-type.ts'
import { ProgType as T } from '../../uapi/prog-type.ts'
import type { KfuncSet } from './set.ts'

/** Sets of kernel/cgroup, kernel/trace, mm, io_uring and fs. */

/** bpf_rstat_kfunc_ids of kernel/cgroup/rstat.c. */
const rstat: KfuncSet = {
  types: [T.TRACING],
  rows: `
    cgroup_rstat_updated
    cgroup_rstat_flush SLEEPABLE
    css_rstat_updated
    css_rstat_flush SLEEPABLE`,
}

/** bpf_memcontrol_kfuncs of mm/bpf_memcontrol.c. */
const memoryGroups: KfuncSet = {
  types: [T.UNSPEC],
  rows: `
    bpf_get_root_mem_cgroup ACQUIRE RET_NULL
    bpf_get_mem_cgroup ACQUIRE RET_NULL RCU
    bpf_put_mem_cgroup RELEASE
    bpf_mem_cgroup_vm_events
    bpf_mem_cgroup_memory_events
    bpf_mem_cgroup_usage
    bpf_mem_cgroup_page_state
    bpf_mem_cgroup_flush_stats SLEEPABLE`,
}

const { TRACE_KPROBE_SESSION, TRACE_UPROBE_SESSION, TRACE_FSESSION, TRACE_FSESSION_MULTI } = AttachType
const sessionNames = `
    bpf_session_is_return
    bpf_session_cookie`

/** session_kfunc_set_ids of kernel/trace/bpf_trace.c: of sessions, which see a function's end too. */
const sessions: readonly KfuncSet[] = [
  {
    types: [T.KPROBE],
    rows: sessionNames,
    filter: ({ type, expectedAttachType: attach }) =>
      type === T.KPROBE && (attach === TRACE_KPROBE_SESSION || attach === TRACE_UPROBE_SESSION),
  },
  {
    types: [T.TRACING],
    rows: sessionNames,
    kernels: '7.2+',
    filter: ({ type, expectedAttachType: attach }) =>
      type === T.TRACING && (attach === TRACE_FSESSION || attach === TRACE_FSESSION_MULTI),
  },
]

/** bpf_fs_kfunc_set_ids of fs/bpf_fs_kfuncs.c, fsverity_set_ids of fs/verity/measure.c: for LSM programs alone. */
const files: KfuncSet = {
  types: [T.LSM],
  rows: `
    bpf_get_task_exe_file ACQUIRE TRUSTED_ARGS RET_NULL
    bpf_put_file RELEASE
    bpf_path_d_path TRUSTED_ARGS
    bpf_get_dentry_xattr SLEEPABLE TRUSTED_ARGS
    bpf_get_file_xattr SLEEPABLE TRUSTED_ARGS
    bpf_set_dentry_xattr SLEEPABLE TRUSTED_ARGS
    bpf_remove_dentry_xattr SLEEPABLE TRUSTED_ARGS
    bpf_real_data_inode SLEEPABLE RET_NULL
    bpf_get_fsverity_digest TRUSTED_ARGS`,
  filter: ({ type }) => type === T.LSM,
}

/** io_uring_kfunc_set of io_uring/bpf-ops.c. */
const ioUring: KfuncSet = {
  types: [T.STRUCT_OPS],
  rows: `
    bpf_io_uring_submit_sqes SLEEPABLE
    bpf_io_uring_get_region RET_NULL`,
}

export const subsystemSets: readonly KfuncSet[] = [rstat, memoryGroups, ...sessions, ioUring, files]
