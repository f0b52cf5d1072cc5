import { ProgType as T } from '../../uapi/prog-type.ts'
import type { KfuncSet } from './set.ts'

/** Sets of kernel/bpf, and what it has taken over from others. Functions that a kernel was built without aren't in its BTF. */

/** generic_btf_ids of kernel/bpf/helpers.c. */
const generic: KfuncSet = {
  types: [T.TRACING, T.SCHED_CLS, T.XDP, T.STRUCT_OPS, T.SYSCALL, T.CGROUP_SKB],
  rows: `
    crash_kexec DESTRUCTIVE 6.12+
    bpf_obj_new ACQUIRE RET_NULL IMPLICIT_ARGS
    bpf_obj_new_impl ACQUIRE RET_NULL
    bpf_percpu_obj_new ACQUIRE RET_NULL IMPLICIT_ARGS
    bpf_percpu_obj_new_impl ACQUIRE RET_NULL
    bpf_obj_drop RELEASE IMPLICIT_ARGS
    bpf_obj_drop_impl RELEASE
    bpf_percpu_obj_drop RELEASE IMPLICIT_ARGS
    bpf_percpu_obj_drop_impl RELEASE
    bpf_refcount_acquire ACQUIRE RET_NULL RCU IMPLICIT_ARGS
    bpf_refcount_acquire_impl ACQUIRE RET_NULL RCU
    bpf_list_push_front IMPLICIT_ARGS
    bpf_list_push_front_impl
    bpf_list_push_back IMPLICIT_ARGS
    bpf_list_push_back_impl
    bpf_list_add IMPLICIT_ARGS
    bpf_list_pop_front ACQUIRE RET_NULL
    bpf_list_pop_back ACQUIRE RET_NULL
    bpf_list_del ACQUIRE RET_NULL
    bpf_list_front RET_NULL
    bpf_list_back RET_NULL
    bpf_list_is_first
    bpf_list_is_last
    bpf_list_empty
    bpf_task_acquire ACQUIRE RCU RET_NULL
    bpf_task_release RELEASE
    bpf_rbtree_remove ACQUIRE RET_NULL
    bpf_rbtree_add IMPLICIT_ARGS
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
    bpf_send_signal_task TRUSTED_ARGS`,
}

/** tracing_btf_ids of kernel/kexec_core.c, which generic_btf_ids has taken over. */
const crash: KfuncSet = { types: [T.TRACING], rows: 'crash_kexec DESTRUCTIVE', kernels: '<6.12' }

/** key_sig_kfunc_set of kernel/trace/bpf_trace.c, which generic_btf_ids has taken over. */
const keys = `
    bpf_lookup_user_key ACQUIRE RET_NULL SLEEPABLE
    bpf_lookup_system_key ACQUIRE RET_NULL
    bpf_key_put RELEASE
    bpf_verify_pkcs7_signature SLEEPABLE`
const keySets: readonly KfuncSet[] = [
  { types: [T.TRACING], rows: keys, kernels: '<6.18' },
  { ...generic, rows: keys, kernels: '6.18+' },
]

/** common_btf_ids of kernel/bpf/helpers.c. */
const common: KfuncSet = {
  types: [T.UNSPEC],
  rows: `
    bpf_cast_to_kern_ctx FASTCALL 6.13+
    bpf_cast_to_kern_ctx <6.13
    bpf_rdonly_cast FASTCALL 6.13+
    bpf_rdonly_cast <6.13
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
    bpf_wq_set_callback IMPLICIT_ARGS
    bpf_wq_set_callback_impl <7.2
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
    bpf_strncasecmp
    bpf_strchr
    bpf_strchrnul
    bpf_strnchr
    bpf_strrchr
    bpf_strlen
    bpf_strnlen
    bpf_strspn
    bpf_strcspn
    bpf_strstr
    bpf_strcasestr
    bpf_strnstr
    bpf_strncasestr
    bpf_cgroup_read_xattr RCU
    bpf_stream_vprintk IMPLICIT_ARGS
    bpf_stream_vprintk_impl TRUSTED_ARGS <7.2
    bpf_stream_print_stack IMPLICIT_ARGS
    bpf_task_work_schedule_signal IMPLICIT_ARGS
    bpf_task_work_schedule_signal_impl TRUSTED_ARGS <7.2
    bpf_task_work_schedule_resume IMPLICIT_ARGS
    bpf_task_work_schedule_resume_impl TRUSTED_ARGS <7.2
    bpf_dynptr_from_file
    bpf_dynptr_file_discard RELEASE
    bpf_timer_cancel_async`,
}

/** arena_kfuncs of kernel/bpf/arena.c. */
const arena: KfuncSet = {
  types: [T.UNSPEC],
  rows: `
    bpf_arena_alloc_pages TRUSTED_ARGS SLEEPABLE ARENA_RET ARENA_ARG2 <7.2
    bpf_arena_alloc_pages ARENA_RET ARENA_ARG2 7.2+
    bpf_arena_free_pages TRUSTED_ARGS SLEEPABLE ARENA_ARG2 <7.2
    bpf_arena_free_pages ARENA_ARG2 7.2+
    bpf_arena_reserve_pages TRUSTED_ARGS SLEEPABLE ARENA_ARG2 <7.2
    bpf_arena_reserve_pages ARENA_ARG2 7.2+`,
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

export const coreSets: readonly KfuncSet[] = [
  generic,
  crash,
  ...keySets,
  common,
  arena,
  mapIter,
  resilientLocks,
  cpumask,
  cryptoContexts,
  crypto,
]
