import { AttachType } from '../../uapi/attach-type.ts'
import { ProgType as T } from '../../uapi/prog-type.ts'
import type { KfuncSet } from './set.ts'

/** Sets of kernel/bpf, kernel/trace, kernel/cgroup and fs. Functions that a kernel was built without aren't in its BTF. */

/** generic_btf_ids of kernel/bpf/helpers.c. */
const generic: KfuncSet = {
  types: [T.TRACING, T.SCHED_CLS, T.XDP, T.STRUCT_OPS, T.SYSCALL, T.CGROUP_SKB],
  rows: `
    crash_kexec DESTRUCTIVE
    bpf_obj_new_impl ACQUIRE RET_NULL
    bpf_percpu_obj_new_impl ACQUIRE RET_NULL
    bpf_obj_drop_impl RELEASE
    bpf_percpu_obj_drop_impl RELEASE
    bpf_refcount_acquire_impl ACQUIRE RET_NULL RCU
    bpf_list_push_front_impl
    bpf_list_push_back_impl
    bpf_list_pop_front ACQUIRE RET_NULL
    bpf_list_pop_back ACQUIRE RET_NULL
    bpf_list_front RET_NULL
    bpf_list_back RET_NULL
    bpf_task_acquire ACQUIRE RCU RET_NULL
    bpf_task_release RELEASE
    bpf_rbtree_remove ACQUIRE RET_NULL
    bpf_rbtree_add_impl
    bpf_rbtree_first RET_NULL
    bpf_rbtree_root RET_NULL
    bpf_rbtree_left RET_NULL
    bpf_rbtree_right RET_NULL
    bpf_cgroup_acquire ACQUIRE RCU RET_NULL
    bpf_cgroup_release RELEASE
    bpf_cgroup_ancestor ACQUIRE RCU RET_NULL
    bpf_cgroup_from_id ACQUIRE RET_NULL
    bpf_task_under_cgroup RCU
    bpf_task_get_cgroup1 ACQUIRE RCU RET_NULL
    bpf_task_from_pid ACQUIRE RET_NULL
    bpf_task_from_vpid ACQUIRE RET_NULL
    bpf_throw
    bpf_send_signal_task TRUSTED_ARGS
    bpf_lookup_user_key ACQUIRE RET_NULL SLEEPABLE
    bpf_lookup_system_key ACQUIRE RET_NULL
    bpf_key_put RELEASE
    bpf_verify_pkcs7_signature SLEEPABLE`,
}

/** common_btf_ids of kernel/bpf/helpers.c. */
const common: KfuncSet = {
  types: [T.UNSPEC],
  rows: `
    bpf_cast_to_kern_ctx FASTCALL
    bpf_rdonly_cast FASTCALL
    bpf_rcu_read_lock
    bpf_rcu_read_unlock
    bpf_dynptr_slice RET_NULL
    bpf_dynptr_slice_rdwr RET_NULL
    bpf_iter_num_new ITER_NEW
    bpf_iter_num_next ITER_NEXT RET_NULL
    bpf_iter_num_destroy ITER_DESTROY
    bpf_iter_task_vma_new ITER_NEW RCU
    bpf_iter_task_vma_next ITER_NEXT RET_NULL
    bpf_iter_task_vma_destroy ITER_DESTROY
    bpf_iter_css_task_new ITER_NEW TRUSTED_ARGS
    bpf_iter_css_task_next ITER_NEXT RET_NULL
    bpf_iter_css_task_destroy ITER_DESTROY
    bpf_iter_css_new ITER_NEW TRUSTED_ARGS RCU_PROTECTED
    bpf_iter_css_next ITER_NEXT RET_NULL
    bpf_iter_css_destroy ITER_DESTROY
    bpf_iter_task_new ITER_NEW TRUSTED_ARGS RCU_PROTECTED
    bpf_iter_task_next ITER_NEXT RET_NULL
    bpf_iter_task_destroy ITER_DESTROY
    bpf_dynptr_adjust
    bpf_dynptr_is_null
    bpf_dynptr_is_rdonly
    bpf_dynptr_size
    bpf_dynptr_clone
    bpf_dynptr_copy
    bpf_dynptr_memset
    bpf_modify_return_test_tp
    bpf_wq_init
    bpf_wq_set_callback_impl
    bpf_wq_start
    bpf_preempt_disable
    bpf_preempt_enable
    bpf_iter_bits_new ITER_NEW
    bpf_iter_bits_next ITER_NEXT RET_NULL
    bpf_iter_bits_destroy ITER_DESTROY
    bpf_copy_from_user_str SLEEPABLE
    bpf_copy_from_user_task_str SLEEPABLE
    bpf_get_kmem_cache
    bpf_iter_kmem_cache_new ITER_NEW SLEEPABLE
    bpf_iter_kmem_cache_next ITER_NEXT RET_NULL SLEEPABLE
    bpf_iter_kmem_cache_destroy ITER_DESTROY SLEEPABLE
    bpf_local_irq_save
    bpf_local_irq_restore
    bpf_probe_read_user_dynptr
    bpf_probe_read_kernel_dynptr
    bpf_probe_read_user_str_dynptr
    bpf_probe_read_kernel_str_dynptr
    bpf_copy_from_user_dynptr SLEEPABLE
    bpf_copy_from_user_str_dynptr SLEEPABLE
    bpf_copy_from_user_task_dynptr SLEEPABLE TRUSTED_ARGS
    bpf_copy_from_user_task_str_dynptr SLEEPABLE TRUSTED_ARGS
    bpf_iter_dmabuf_new ITER_NEW SLEEPABLE
    bpf_iter_dmabuf_next ITER_NEXT RET_NULL SLEEPABLE
    bpf_iter_dmabuf_destroy ITER_DESTROY SLEEPABLE
    __bpf_trap
    bpf_strcmp
    bpf_strcasecmp
    bpf_strchr
    bpf_strchrnul
    bpf_strnchr
    bpf_strrchr
    bpf_strlen
    bpf_strnlen
    bpf_strspn
    bpf_strcspn
    bpf_strstr
    bpf_strnstr
    bpf_cgroup_read_xattr RCU
    bpf_stream_vprintk_impl TRUSTED_ARGS
    bpf_task_work_schedule_signal_impl TRUSTED_ARGS
    bpf_task_work_schedule_resume_impl TRUSTED_ARGS`,
}

/** arena_kfuncs of kernel/bpf/arena.c. */
const arena: KfuncSet = {
  types: [T.UNSPEC],
  rows: `
    bpf_arena_alloc_pages TRUSTED_ARGS SLEEPABLE ARENA_RET ARENA_ARG2
    bpf_arena_free_pages TRUSTED_ARGS SLEEPABLE ARENA_ARG2
    bpf_arena_reserve_pages TRUSTED_ARGS SLEEPABLE ARENA_ARG2`,
}

/** bpf_map_iter_kfunc_ids of kernel/bpf/map_iter.c. */
const mapIter: KfuncSet = { types: [T.UNSPEC], rows: 'bpf_map_sum_elem_count TRUSTED_ARGS' }

/** rqspinlock_kfunc_ids of kernel/bpf/rqspinlock.c. */
const resilientLocks: KfuncSet = {
  types: [T.UNSPEC],
  rows: `
    bpf_res_spin_lock RET_NULL
    bpf_res_spin_unlock
    bpf_res_spin_lock_irqsave RET_NULL
    bpf_res_spin_unlock_irqrestore`,
}

/** cpumask_kfunc_btf_ids of kernel/bpf/cpumask.c. */
const cpumask: KfuncSet = {
  types: [T.TRACING, T.STRUCT_OPS, T.SYSCALL],
  rows: `
    bpf_cpumask_create ACQUIRE RET_NULL
    bpf_cpumask_release RELEASE
    bpf_cpumask_acquire ACQUIRE TRUSTED_ARGS
    bpf_cpumask_first RCU
    bpf_cpumask_first_zero RCU
    bpf_cpumask_first_and RCU
    bpf_cpumask_set_cpu RCU
    bpf_cpumask_clear_cpu RCU
    bpf_cpumask_test_cpu RCU
    bpf_cpumask_test_and_set_cpu RCU
    bpf_cpumask_test_and_clear_cpu RCU
    bpf_cpumask_setall RCU
    bpf_cpumask_clear RCU
    bpf_cpumask_and RCU
    bpf_cpumask_or RCU
    bpf_cpumask_xor RCU
    bpf_cpumask_equal RCU
    bpf_cpumask_intersects RCU
    bpf_cpumask_subset RCU
    bpf_cpumask_empty RCU
    bpf_cpumask_full RCU
    bpf_cpumask_copy RCU
    bpf_cpumask_any_distribute RCU
    bpf_cpumask_any_and_distribute RCU
    bpf_cpumask_weight RCU
    bpf_cpumask_populate RCU`,
}

/** crypt_init_kfunc_btf_ids and crypt_kfunc_btf_ids of kernel/bpf/crypto.c. */
const cryptoContexts: KfuncSet = {
  types: [T.SYSCALL],
  rows: `
    bpf_crypto_ctx_create ACQUIRE RET_NULL SLEEPABLE
    bpf_crypto_ctx_release RELEASE
    bpf_crypto_ctx_acquire ACQUIRE RCU RET_NULL`,
}
const crypto: KfuncSet = {
  types: [T.SCHED_CLS, T.SCHED_ACT, T.XDP],
  rows: `
    bpf_crypto_decrypt RCU
    bpf_crypto_encrypt RCU`,
}

/** bpf_rstat_kfunc_ids of kernel/cgroup/rstat.c. */
const rstat: KfuncSet = {
  types: [T.TRACING],
  rows: `
    css_rstat_updated
    css_rstat_flush SLEEPABLE`,
}

/** kprobe_multi_kfunc_set_ids of kernel/trace/bpf_trace.c: of sessions, which see a function's end too. */
const sessions: KfuncSet = {
  types: [T.KPROBE],
  rows: `
    bpf_session_is_return
    bpf_session_cookie`,
  filter: ({ type, expectedAttachType: attach }) =>
    type === T.KPROBE && (attach === AttachType.TRACE_KPROBE_SESSION || attach === AttachType.TRACE_UPROBE_SESSION),
}

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
    bpf_get_fsverity_digest TRUSTED_ARGS`,
  filter: ({ type }) => type === T.LSM,
}

export const coreSets: readonly KfuncSet[] = [
  generic,
  common,
  arena,
  mapIter,
  resilientLocks,
  cpumask,
  cryptoContexts,
  crypto,
  rstat,
  sessions,
  files,
]
