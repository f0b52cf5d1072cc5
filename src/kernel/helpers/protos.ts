/**
 * What the verifier knows of each helper function: struct bpf_func_proto, of Linux 6.18 from its release 6.18.14 on. A
 * helper has several where it means something else to other program types, or where it may be called differently.
 *
 * A row reads `function flags: RETURN (ARGUMENTS)`. The function is the kernel's symbol (`-`: the call is no call).
 * Flags: `gpl` only for GPL programs; `pkt` may be given packet memory; `sleep` may sleep; `fast` keeps to the contract
 * of bpf_fastcall; `allowed=` the kernel's own check. Returns are RET_*, arguments ARG_*, with their MEM_*, PTR_* and
 * OBJ_* flags; in brackets, a type's name in the kernel's BTF, or the bytes of memory of a fixed size.
 */
export const protoRows: Readonly<Record<string, string>> = {
  bind: 'bpf_bind: INTEGER (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  bprm_opts_set: 'bpf_bprm_opts_set: INTEGER (PTR_TO_BTF_ID[linux_binprm], ANYTHING)',
  btf_find_by_name_kind: 'bpf_btf_find_by_name_kind: INTEGER (PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, ANYTHING, ANYTHING)',
  cgrp_storage_delete: 'bpf_cgrp_storage_delete: INTEGER (CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL[cgroup])',
  cgrp_storage_get:
    'bpf_cgrp_storage_get: PTR_TO_MAP_VALUE_OR_NULL (CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL[cgroup], PTR_TO_MAP_VALUE_OR_NULL, ANYTHING)',
  clone_redirect: 'bpf_clone_redirect: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING)',
  copy_from_user: 'bpf_copy_from_user sleep: INTEGER (PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
  copy_from_user_task:
    'bpf_copy_from_user_task gpl sleep: INTEGER (PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING, PTR_TO_BTF_ID[task_struct], ANYTHING)',
  csum_diff:
    'bpf_csum_diff pkt: INTEGER (PTR_TO_MEM|PTR_MAYBE_NULL|MEM_RDONLY, CONST_SIZE_OR_ZERO, PTR_TO_MEM|PTR_MAYBE_NULL|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING)',
  csum_level: 'bpf_csum_level: INTEGER (PTR_TO_CTX, ANYTHING)',
  csum_update: 'bpf_csum_update: INTEGER (PTR_TO_CTX, ANYTHING)',
  current_task_under_cgroup: 'bpf_current_task_under_cgroup: INTEGER (CONST_MAP_PTR, ANYTHING)',
  d_path:
    'bpf_d_path allowed=bpf_d_path_allowed: INTEGER (PTR_TO_BTF_ID[path], PTR_TO_MEM|MEM_WRITE, CONST_SIZE_OR_ZERO)',
  dynptr_data:
    'bpf_dynptr_data: PTR_TO_DYNPTR_MEM_OR_NULL (PTR_TO_DYNPTR|MEM_RDONLY, ANYTHING, CONST_ALLOC_SIZE_OR_ZERO)',
  dynptr_from_mem:
    'bpf_dynptr_from_mem: INTEGER (PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING, PTR_TO_DYNPTR|DYNPTR_TYPE_LOCAL|MEM_UNINIT|MEM_WRITE)',
  dynptr_read:
    'bpf_dynptr_read: INTEGER (PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, PTR_TO_DYNPTR|MEM_RDONLY, ANYTHING, ANYTHING)',
  dynptr_write:
    'bpf_dynptr_write: INTEGER (PTR_TO_DYNPTR|MEM_RDONLY, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING)',
  event_output_data:
    'bpf_event_output_data gpl: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO)',
  find_vma: 'bpf_find_vma: INTEGER (PTR_TO_BTF_ID[task_struct], ANYTHING, PTR_TO_FUNC, PTR_TO_STACK_OR_NULL, ANYTHING)',
  flow_dissector_load_bytes:
    'bpf_flow_dissector_load_bytes: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
  for_each_map_elem: 'bpf_for_each_map_elem: INTEGER (CONST_MAP_PTR, PTR_TO_FUNC, PTR_TO_STACK_OR_NULL, ANYTHING)',
  get_attach_cookie: 'bpf_get_attach_cookie: INTEGER (PTR_TO_CTX)',
  get_attach_cookie_kmulti: 'bpf_get_attach_cookie_kprobe_multi: INTEGER (PTR_TO_CTX)',
  get_attach_cookie_pe: 'bpf_get_attach_cookie_pe: INTEGER (PTR_TO_CTX)',
  get_attach_cookie_trace: 'bpf_get_attach_cookie_trace: INTEGER (PTR_TO_CTX)',
  get_attach_cookie_tracing: 'bpf_get_attach_cookie_tracing: INTEGER (PTR_TO_CTX)',
  get_attach_cookie_umulti: 'bpf_get_attach_cookie_uprobe_multi: INTEGER (PTR_TO_CTX)',
  get_branch_snapshot: 'bpf_get_branch_snapshot gpl: INTEGER (PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO)',
  get_cgroup_classid: 'bpf_get_cgroup_classid: INTEGER (PTR_TO_CTX)',
  get_cgroup_classid_curr: 'bpf_get_cgroup_classid_curr: INTEGER ()',
  get_current_ancestor_cgroup_id: 'bpf_get_current_ancestor_cgroup_id: INTEGER (ANYTHING)',
  get_current_cgroup_id: 'bpf_get_current_cgroup_id: INTEGER ()',
  get_current_comm: 'bpf_get_current_comm: INTEGER (PTR_TO_UNINIT_MEM, CONST_SIZE)',
  get_current_pid_tgid: 'bpf_get_current_pid_tgid: INTEGER ()',
  get_current_task: 'bpf_get_current_task gpl: INTEGER ()',
  get_current_task_btf: 'bpf_get_current_task_btf gpl: PTR_TO_BTF_ID_TRUSTED[task_struct] ()',
  get_current_uid_gid: 'bpf_get_current_uid_gid: INTEGER ()',
  get_func_arg:
    'get_func_arg: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_FIXED_SIZE_MEM|MEM_UNINIT|MEM_WRITE|MEM_ALIGNED[8])',
  get_func_arg_cnt: 'get_func_arg_cnt: INTEGER (PTR_TO_CTX)',
  get_func_ip_kprobe: 'bpf_get_func_ip_kprobe gpl: INTEGER (PTR_TO_CTX)',
  get_func_ip_kprobe_multi: 'bpf_get_func_ip_kprobe_multi: INTEGER (PTR_TO_CTX)',
  get_func_ip_tracing: 'bpf_get_func_ip_tracing gpl: INTEGER (PTR_TO_CTX)',
  get_func_ip_uprobe_multi: 'bpf_get_func_ip_uprobe_multi: INTEGER (PTR_TO_CTX)',
  get_func_ret: 'get_func_ret: INTEGER (PTR_TO_CTX, PTR_TO_FIXED_SIZE_MEM|MEM_UNINIT|MEM_WRITE|MEM_ALIGNED[8])',
  get_hash_recalc: 'bpf_get_hash_recalc: INTEGER (PTR_TO_CTX)',
  get_listener_sock: 'bpf_get_listener_sock: PTR_TO_SOCKET_OR_NULL (PTR_TO_SOCK_COMMON)',
  get_local_storage: 'bpf_get_local_storage: PTR_TO_MAP_VALUE (CONST_MAP_PTR, ANYTHING)',
  get_netns_cookie: 'bpf_get_netns_cookie: INTEGER (PTR_TO_CTX_OR_NULL)',
  get_netns_cookie_sk_msg: 'bpf_get_netns_cookie_sk_msg: INTEGER (PTR_TO_CTX_OR_NULL)',
  get_netns_cookie_sock: 'bpf_get_netns_cookie_sock: INTEGER (PTR_TO_CTX_OR_NULL)',
  get_netns_cookie_sock_addr: 'bpf_get_netns_cookie_sock_addr: INTEGER (PTR_TO_CTX_OR_NULL)',
  get_netns_cookie_sock_ops: 'bpf_get_netns_cookie_sock_ops: INTEGER (PTR_TO_CTX_OR_NULL)',
  get_netns_cookie_sockopt: 'bpf_get_netns_cookie_sockopt: INTEGER (PTR_TO_CTX_OR_NULL)',
  get_ns_current_pid_tgid: 'bpf_get_ns_current_pid_tgid: INTEGER (ANYTHING, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
  get_numa_node_id: 'bpf_get_numa_node_id: INTEGER ()',
  get_prandom_u32: 'bpf_user_rnd_u32: INTEGER ()',
  get_raw_smp_processor_id: 'bpf_get_raw_cpu_id: INTEGER ()',
  get_retval: 'bpf_get_retval: INTEGER ()',
  get_route_realm: 'bpf_get_route_realm: INTEGER (PTR_TO_CTX)',
  get_smp_processor_id: 'bpf_get_smp_processor_id fast: INTEGER ()',
  get_socket_cookie: 'bpf_get_socket_cookie: INTEGER (PTR_TO_CTX)',
  get_socket_cookie_sock: 'bpf_get_socket_cookie_sock: INTEGER (PTR_TO_CTX)',
  get_socket_cookie_sock_addr: 'bpf_get_socket_cookie_sock_addr: INTEGER (PTR_TO_CTX)',
  get_socket_cookie_sock_ops: 'bpf_get_socket_cookie_sock_ops: INTEGER (PTR_TO_CTX)',
  get_socket_ptr_cookie: 'bpf_get_socket_ptr_cookie: INTEGER (PTR_TO_BTF_ID_SOCK_COMMON|PTR_MAYBE_NULL)',
  get_socket_uid: 'bpf_get_socket_uid: INTEGER (PTR_TO_CTX)',
  get_stack: 'bpf_get_stack gpl: INTEGER (PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
  get_stack_pe: 'bpf_get_stack_pe gpl: INTEGER (PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
  get_stack_raw_tp: 'bpf_get_stack_raw_tp gpl: INTEGER (PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
  get_stack_sleepable:
    'bpf_get_stack_sleepable gpl: INTEGER (PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
  get_stack_tp: 'bpf_get_stack_tp gpl: INTEGER (PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
  get_stackid: 'bpf_get_stackid gpl: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, ANYTHING)',
  get_stackid_pe: 'bpf_get_stackid_pe: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, ANYTHING)',
  get_stackid_raw_tp: 'bpf_get_stackid_raw_tp gpl: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, ANYTHING)',
  get_stackid_tp: 'bpf_get_stackid_tp gpl: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, ANYTHING)',
  get_task_stack:
    'bpf_get_task_stack: INTEGER (PTR_TO_BTF_ID[task_struct], PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
  get_task_stack_sleepable:
    'bpf_get_task_stack_sleepable: INTEGER (PTR_TO_BTF_ID[task_struct], PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
  ima_file_hash:
    'bpf_ima_file_hash sleep allowed=bpf_ima_inode_hash_allowed: INTEGER (PTR_TO_BTF_ID[file], PTR_TO_UNINIT_MEM, CONST_SIZE)',
  ima_inode_hash:
    'bpf_ima_inode_hash sleep allowed=bpf_ima_inode_hash_allowed: INTEGER (PTR_TO_BTF_ID[inode], PTR_TO_UNINIT_MEM, CONST_SIZE)',
  inode_storage_delete: 'bpf_inode_storage_delete: INTEGER (CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL[inode])',
  inode_storage_get:
    'bpf_inode_storage_get: PTR_TO_MAP_VALUE_OR_NULL (CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL[inode], PTR_TO_MAP_VALUE_OR_NULL, ANYTHING)',
  jiffies64: 'bpf_jiffies64: INTEGER ()',
  kallsyms_lookup_name:
    'bpf_kallsyms_lookup_name: INTEGER (PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, PTR_TO_FIXED_SIZE_MEM|MEM_UNINIT|MEM_WRITE|MEM_ALIGNED[8])',
  kptr_xchg: 'bpf_kptr_xchg: PTR_TO_BTF_ID_OR_NULL (KPTR_XCHG_DEST, PTR_TO_BTF_ID_OR_NULL|OBJ_RELEASE)',
  ktime_get_boot_ns: 'bpf_ktime_get_boot_ns: INTEGER ()',
  ktime_get_coarse_ns: 'bpf_ktime_get_coarse_ns: INTEGER ()',
  ktime_get_ns: 'bpf_ktime_get_ns: INTEGER ()',
  ktime_get_tai_ns: 'bpf_ktime_get_tai_ns: INTEGER ()',
  l3_csum_replace: 'bpf_l3_csum_replace: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING, ANYTHING)',
  l4_csum_replace: 'bpf_l4_csum_replace: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING, ANYTHING)',
  loop: 'bpf_loop: INTEGER (ANYTHING, PTR_TO_FUNC, PTR_TO_STACK_OR_NULL, ANYTHING)',
  lwt_in_push_encap: 'bpf_lwt_in_push_encap: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  lwt_seg6_action: 'bpf_lwt_seg6_action: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  lwt_seg6_adjust_srh: 'bpf_lwt_seg6_adjust_srh: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING)',
  lwt_seg6_store_bytes: 'bpf_lwt_seg6_store_bytes: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  lwt_xmit_push_encap: 'bpf_lwt_xmit_push_encap: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  map_delete_elem: 'bpf_map_delete_elem pkt: INTEGER (CONST_MAP_PTR, PTR_TO_MAP_KEY)',
  map_lookup_elem: 'bpf_map_lookup_elem pkt: PTR_TO_MAP_VALUE_OR_NULL (CONST_MAP_PTR, PTR_TO_MAP_KEY)',
  map_lookup_percpu_elem:
    'bpf_map_lookup_percpu_elem pkt: PTR_TO_MAP_VALUE_OR_NULL (CONST_MAP_PTR, PTR_TO_MAP_KEY, ANYTHING)',
  map_peek_elem: 'bpf_map_peek_elem: INTEGER (CONST_MAP_PTR, PTR_TO_MAP_VALUE|MEM_UNINIT|MEM_WRITE)',
  map_pop_elem: 'bpf_map_pop_elem: INTEGER (CONST_MAP_PTR, PTR_TO_MAP_VALUE|MEM_UNINIT|MEM_WRITE)',
  map_push_elem: 'bpf_map_push_elem pkt: INTEGER (CONST_MAP_PTR, PTR_TO_MAP_VALUE, ANYTHING)',
  map_update_elem: 'bpf_map_update_elem pkt: INTEGER (CONST_MAP_PTR, PTR_TO_MAP_KEY, PTR_TO_MAP_VALUE, ANYTHING)',
  msg_apply_bytes: 'bpf_msg_apply_bytes: INTEGER (PTR_TO_CTX, ANYTHING)',
  msg_cork_bytes: 'bpf_msg_cork_bytes: INTEGER (PTR_TO_CTX, ANYTHING)',
  msg_pop_data: 'bpf_msg_pop_data: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING)',
  msg_pull_data: 'bpf_msg_pull_data: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING)',
  msg_push_data: 'bpf_msg_push_data: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING)',
  msg_redirect_hash: 'bpf_msg_redirect_hash: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, PTR_TO_MAP_KEY, ANYTHING)',
  msg_redirect_map: 'bpf_msg_redirect_map: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, ANYTHING)',
  override_return: 'bpf_override_return gpl: INTEGER (PTR_TO_CTX, ANYTHING)',
  per_cpu_ptr: 'bpf_per_cpu_ptr: PTR_TO_MEM_OR_BTF_ID|PTR_MAYBE_NULL|MEM_RDONLY (PTR_TO_PERCPU_BTF_ID, ANYTHING)',
  perf_event_output:
    'bpf_perf_event_output gpl: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO)',
  perf_event_output_raw_tp:
    'bpf_perf_event_output_raw_tp gpl: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO)',
  perf_event_output_tp:
    'bpf_perf_event_output_tp gpl: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO)',
  perf_event_read: 'bpf_perf_event_read gpl: INTEGER (CONST_MAP_PTR, ANYTHING)',
  perf_event_read_value:
    'bpf_perf_event_read_value gpl: INTEGER (CONST_MAP_PTR, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
  perf_prog_read_value: 'bpf_perf_prog_read_value gpl: INTEGER (PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE)',
  probe_read_compat: 'bpf_probe_read_compat gpl: INTEGER (PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
  probe_read_compat_str: 'bpf_probe_read_compat_str gpl: INTEGER (PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
  probe_read_kernel: 'bpf_probe_read_kernel gpl: INTEGER (PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
  probe_read_kernel_str: 'bpf_probe_read_kernel_str gpl: INTEGER (PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
  probe_read_user: 'bpf_probe_read_user gpl: INTEGER (PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
  probe_read_user_str: 'bpf_probe_read_user_str gpl: INTEGER (PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
  probe_write_user: 'bpf_probe_write_user gpl: INTEGER (ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  rc_keydown: 'bpf_rc_keydown gpl: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING)',
  rc_pointer_rel: 'bpf_rc_pointer_rel gpl: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING)',
  rc_repeat: 'bpf_rc_repeat gpl: INTEGER (PTR_TO_CTX)',
  read_branch_records:
    'bpf_read_branch_records gpl: INTEGER (PTR_TO_CTX, PTR_TO_MEM_OR_NULL|MEM_WRITE, CONST_SIZE_OR_ZERO, ANYTHING)',
  redirect: 'bpf_redirect: INTEGER (ANYTHING, ANYTHING)',
  redirect_neigh:
    'bpf_redirect_neigh: INTEGER (ANYTHING, PTR_TO_MEM|PTR_MAYBE_NULL|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING)',
  redirect_peer: 'bpf_redirect_peer: INTEGER (ANYTHING, ANYTHING)',
  ringbuf_discard: 'bpf_ringbuf_discard: VOID (PTR_TO_RINGBUF_MEM|OBJ_RELEASE, ANYTHING)',
  ringbuf_discard_dynptr: 'bpf_ringbuf_discard_dynptr: VOID (PTR_TO_DYNPTR|DYNPTR_TYPE_RINGBUF|OBJ_RELEASE, ANYTHING)',
  ringbuf_output: 'bpf_ringbuf_output: INTEGER (CONST_MAP_PTR, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING)',
  ringbuf_query: 'bpf_ringbuf_query: INTEGER (CONST_MAP_PTR, ANYTHING)',
  ringbuf_reserve:
    'bpf_ringbuf_reserve: PTR_TO_RINGBUF_MEM_OR_NULL (CONST_MAP_PTR, CONST_ALLOC_SIZE_OR_ZERO, ANYTHING)',
  ringbuf_reserve_dynptr:
    'bpf_ringbuf_reserve_dynptr: INTEGER (CONST_MAP_PTR, ANYTHING, ANYTHING, PTR_TO_DYNPTR|DYNPTR_TYPE_RINGBUF|MEM_UNINIT|MEM_WRITE)',
  ringbuf_submit: 'bpf_ringbuf_submit: VOID (PTR_TO_RINGBUF_MEM|OBJ_RELEASE, ANYTHING)',
  ringbuf_submit_dynptr: 'bpf_ringbuf_submit_dynptr: VOID (PTR_TO_DYNPTR|DYNPTR_TYPE_RINGBUF|OBJ_RELEASE, ANYTHING)',
  send_signal: 'bpf_send_signal: INTEGER (ANYTHING)',
  send_signal_thread: 'bpf_send_signal_thread: INTEGER (ANYTHING)',
  seq_printf:
    'bpf_seq_printf gpl: INTEGER (PTR_TO_BTF_ID[seq_file], PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, PTR_TO_MEM|PTR_MAYBE_NULL|MEM_RDONLY, CONST_SIZE_OR_ZERO)',
  seq_printf_btf:
    'bpf_seq_printf_btf gpl: INTEGER (PTR_TO_BTF_ID[seq_file], PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING)',
  seq_write: 'bpf_seq_write gpl: INTEGER (PTR_TO_BTF_ID[seq_file], PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO)',
  set_hash: 'bpf_set_hash: INTEGER (PTR_TO_CTX, ANYTHING)',
  set_hash_invalid: 'bpf_set_hash_invalid: INTEGER (PTR_TO_CTX)',
  set_retval: 'bpf_set_retval: INTEGER (ANYTHING)',
  sk_ancestor_cgroup_id: 'bpf_sk_ancestor_cgroup_id: INTEGER (PTR_TO_BTF_ID_SOCK_COMMON, ANYTHING)',
  sk_assign: 'bpf_sk_assign: INTEGER (PTR_TO_CTX, PTR_TO_BTF_ID_SOCK_COMMON, ANYTHING)',
  sk_cgroup_id: 'bpf_sk_cgroup_id: INTEGER (PTR_TO_BTF_ID_SOCK_COMMON)',
  sk_fullsock: 'bpf_sk_fullsock: PTR_TO_SOCKET_OR_NULL (PTR_TO_SOCK_COMMON)',
  sk_getsockopt:
    'bpf_sk_getsockopt: INTEGER (PTR_TO_BTF_ID_SOCK_COMMON, ANYTHING, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
  sk_lookup_assign: 'bpf_sk_lookup_assign: INTEGER (PTR_TO_CTX, PTR_TO_SOCKET_OR_NULL, ANYTHING)',
  sk_lookup_tcp:
    'bpf_sk_lookup_tcp pkt: PTR_TO_SOCKET_OR_NULL (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
  sk_lookup_udp:
    'bpf_sk_lookup_udp pkt: PTR_TO_SOCKET_OR_NULL (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
  sk_redirect_hash: 'bpf_sk_redirect_hash: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, PTR_TO_MAP_KEY, ANYTHING)',
  sk_redirect_map: 'bpf_sk_redirect_map: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, ANYTHING)',
  sk_release: 'bpf_sk_release: INTEGER (PTR_TO_BTF_ID_SOCK_COMMON|OBJ_RELEASE)',
  sk_reuseport_load_bytes: 'sk_reuseport_load_bytes: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
  sk_reuseport_load_bytes_relative:
    'sk_reuseport_load_bytes_relative: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE, ANYTHING)',
  sk_select_reuseport: 'sk_select_reuseport: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, PTR_TO_MAP_KEY, ANYTHING)',
  sk_setsockopt:
    'bpf_sk_setsockopt: INTEGER (PTR_TO_BTF_ID_SOCK_COMMON, ANYTHING, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  sk_skb_adjust_room: 'sk_skb_adjust_room: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING)',
  sk_skb_change_head: 'sk_skb_change_head: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING)',
  sk_skb_change_tail: 'sk_skb_change_tail: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING)',
  sk_skb_pull_data: 'sk_skb_pull_data: INTEGER (PTR_TO_CTX, ANYTHING)',
  sk_storage_delete: 'bpf_sk_storage_delete: INTEGER (CONST_MAP_PTR, PTR_TO_BTF_ID_SOCK_COMMON)',
  sk_storage_delete_tracing:
    'bpf_sk_storage_delete_tracing allowed=bpf_sk_storage_tracing_allowed: INTEGER (CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL[sock_common])',
  sk_storage_get:
    'bpf_sk_storage_get: PTR_TO_MAP_VALUE_OR_NULL (CONST_MAP_PTR, PTR_TO_BTF_ID_SOCK_COMMON, PTR_TO_MAP_VALUE_OR_NULL, ANYTHING)',
  sk_storage_get_cg_sock:
    'bpf_sk_storage_get: PTR_TO_MAP_VALUE_OR_NULL (CONST_MAP_PTR, PTR_TO_CTX, PTR_TO_MAP_VALUE_OR_NULL, ANYTHING)',
  sk_storage_get_tracing:
    'bpf_sk_storage_get_tracing allowed=bpf_sk_storage_tracing_allowed: PTR_TO_MAP_VALUE_OR_NULL (CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL[sock_common], PTR_TO_MAP_VALUE_OR_NULL, ANYTHING)',
  skb_adjust_room: 'bpf_skb_adjust_room: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING)',
  skb_ancestor_cgroup_id: 'bpf_skb_ancestor_cgroup_id: INTEGER (PTR_TO_CTX, ANYTHING)',
  skb_cgroup_classid: 'bpf_skb_cgroup_classid: INTEGER (PTR_TO_CTX)',
  skb_cgroup_id: 'bpf_skb_cgroup_id: INTEGER (PTR_TO_CTX)',
  skb_change: 'bpf_skb_change_proto: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING)',
  skb_change_head: 'bpf_skb_change_head: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING)',
  skb_change_tail: 'bpf_skb_change_tail: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING)',
  skb_change_type: 'bpf_skb_change_type: INTEGER (PTR_TO_CTX, ANYTHING)',
  skb_check_mtu:
    'bpf_skb_check_mtu gpl: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_FIXED_SIZE_MEM|MEM_WRITE|MEM_ALIGNED[4], ANYTHING, ANYTHING)',
  skb_ecn_set_ce: 'bpf_skb_ecn_set_ce: INTEGER (PTR_TO_CTX)',
  skb_event_output:
    'bpf_skb_event_output gpl: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO)',
  skb_fib_lookup: 'bpf_skb_fib_lookup gpl: INTEGER (PTR_TO_CTX, PTR_TO_MEM|MEM_WRITE, CONST_SIZE, ANYTHING)',
  skb_get_tunnel_key: 'bpf_skb_get_tunnel_key: INTEGER (PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE, ANYTHING)',
  skb_get_tunnel_opt: 'bpf_skb_get_tunnel_opt: INTEGER (PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE)',
  skb_get_xfrm_state: 'bpf_skb_get_xfrm_state: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE, ANYTHING)',
  skb_load_bytes: 'bpf_skb_load_bytes: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
  skb_load_bytes_relative:
    'bpf_skb_load_bytes_relative: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE, ANYTHING)',
  skb_output:
    'bpf_skb_event_output gpl: INTEGER (PTR_TO_BTF_ID[sk_buff], CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO)',
  skb_pull_data: 'bpf_skb_pull_data: INTEGER (PTR_TO_CTX, ANYTHING)',
  skb_set_tstamp: 'bpf_skb_set_tstamp: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING)',
  skb_set_tunnel_key: 'bpf_skb_set_tunnel_key: INTEGER (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, ANYTHING)',
  skb_set_tunnel_opt: 'bpf_skb_set_tunnel_opt: INTEGER (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  skb_store_bytes: 'bpf_skb_store_bytes: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, ANYTHING)',
  skb_under_cgroup: 'bpf_skb_under_cgroup: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, ANYTHING)',
  skb_vlan_pop: 'bpf_skb_vlan_pop: INTEGER (PTR_TO_CTX)',
  skb_vlan_push: 'bpf_skb_vlan_push: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING)',
  skc_lookup_tcp:
    'bpf_skc_lookup_tcp pkt: PTR_TO_SOCK_COMMON_OR_NULL (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
  skc_to_mptcp_sock: 'bpf_skc_to_mptcp_sock: PTR_TO_BTF_ID_OR_NULL[mptcp_sock] (PTR_TO_SOCK_COMMON)',
  skc_to_tcp6_sock: 'bpf_skc_to_tcp6_sock: PTR_TO_BTF_ID_OR_NULL[tcp6_sock] (PTR_TO_BTF_ID_SOCK_COMMON)',
  skc_to_tcp_request_sock:
    'bpf_skc_to_tcp_request_sock: PTR_TO_BTF_ID_OR_NULL[tcp_request_sock] (PTR_TO_BTF_ID_SOCK_COMMON)',
  skc_to_tcp_sock: 'bpf_skc_to_tcp_sock: PTR_TO_BTF_ID_OR_NULL[tcp_sock] (PTR_TO_BTF_ID_SOCK_COMMON)',
  skc_to_tcp_timewait_sock:
    'bpf_skc_to_tcp_timewait_sock: PTR_TO_BTF_ID_OR_NULL[tcp_timewait_sock] (PTR_TO_BTF_ID_SOCK_COMMON)',
  skc_to_udp6_sock: 'bpf_skc_to_udp6_sock: PTR_TO_BTF_ID_OR_NULL[udp6_sock] (PTR_TO_BTF_ID_SOCK_COMMON)',
  skc_to_unix_sock: 'bpf_skc_to_unix_sock: PTR_TO_BTF_ID_OR_NULL[unix_sock] (PTR_TO_BTF_ID_SOCK_COMMON)',
  snprintf:
    'bpf_snprintf gpl: INTEGER (PTR_TO_MEM_OR_NULL|MEM_WRITE, CONST_SIZE_OR_ZERO, PTR_TO_CONST_STR, PTR_TO_MEM|PTR_MAYBE_NULL|MEM_RDONLY, CONST_SIZE_OR_ZERO)',
  snprintf_btf:
    'bpf_snprintf_btf: INTEGER (PTR_TO_MEM|MEM_WRITE, CONST_SIZE, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, ANYTHING)',
  sock_addr_getsockopt:
    'bpf_sock_addr_getsockopt: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
  sock_addr_setsockopt:
    'bpf_sock_addr_setsockopt: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  sock_addr_sk_lookup_tcp:
    'bpf_sock_addr_sk_lookup_tcp: PTR_TO_SOCKET_OR_NULL (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
  sock_addr_sk_lookup_udp:
    'bpf_sock_addr_sk_lookup_udp: PTR_TO_SOCKET_OR_NULL (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
  sock_addr_skc_lookup_tcp:
    'bpf_sock_addr_skc_lookup_tcp: PTR_TO_SOCK_COMMON_OR_NULL (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
  sock_from_file: 'bpf_sock_from_file: PTR_TO_BTF_ID_OR_NULL[socket] (PTR_TO_BTF_ID[file])',
  sock_hash_update: 'bpf_sock_hash_update pkt: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, PTR_TO_MAP_KEY, ANYTHING)',
  sock_map_update: 'bpf_sock_map_update pkt: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, PTR_TO_MAP_KEY, ANYTHING)',
  sock_ops_cb_flags_set: 'bpf_sock_ops_cb_flags_set: INTEGER (PTR_TO_CTX, ANYTHING)',
  sock_ops_getsockopt:
    'bpf_sock_ops_getsockopt: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
  sock_ops_load_hdr_opt: 'bpf_sock_ops_load_hdr_opt: INTEGER (PTR_TO_CTX, PTR_TO_MEM|MEM_WRITE, CONST_SIZE, ANYTHING)',
  sock_ops_reserve_hdr_opt: 'bpf_sock_ops_reserve_hdr_opt: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING)',
  sock_ops_setsockopt:
    'bpf_sock_ops_setsockopt: INTEGER (PTR_TO_CTX, ANYTHING, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  sock_ops_store_hdr_opt:
    'bpf_sock_ops_store_hdr_opt: INTEGER (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, ANYTHING)',
  spin_lock: 'bpf_spin_lock: VOID (PTR_TO_SPIN_LOCK)',
  spin_unlock: 'bpf_spin_unlock: VOID (PTR_TO_SPIN_LOCK)',
  strncmp: 'bpf_strncmp: INTEGER (PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, PTR_TO_CONST_STR)',
  strtol:
    'bpf_strtol: INTEGER (PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, ANYTHING, PTR_TO_FIXED_SIZE_MEM|MEM_UNINIT|MEM_WRITE|MEM_ALIGNED[8])',
  strtoul:
    'bpf_strtoul: INTEGER (PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, ANYTHING, PTR_TO_FIXED_SIZE_MEM|MEM_UNINIT|MEM_WRITE|MEM_ALIGNED[8])',
  sys_bpf: 'bpf_sys_bpf: INTEGER (ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  sys_close: 'bpf_sys_close: INTEGER (ANYTHING)',
  sysctl_get_current_value: 'bpf_sysctl_get_current_value: INTEGER (PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE)',
  sysctl_get_name: 'bpf_sysctl_get_name: INTEGER (PTR_TO_CTX, PTR_TO_MEM|MEM_WRITE, CONST_SIZE, ANYTHING)',
  sysctl_get_new_value: 'bpf_sysctl_get_new_value: INTEGER (PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE)',
  sysctl_set_new_value: 'bpf_sysctl_set_new_value: INTEGER (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  tail_call: '-: VOID (PTR_TO_CTX, CONST_MAP_PTR, ANYTHING)',
  task_pt_regs: 'bpf_task_pt_regs gpl: PTR_TO_BTF_ID[pt_regs] (PTR_TO_BTF_ID[task_struct])',
  task_storage_delete: 'bpf_task_storage_delete: INTEGER (CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL[task_struct])',
  task_storage_delete_recur:
    'bpf_task_storage_delete_recur: INTEGER (CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL[task_struct])',
  task_storage_get:
    'bpf_task_storage_get: PTR_TO_MAP_VALUE_OR_NULL (CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL[task_struct], PTR_TO_MAP_VALUE_OR_NULL, ANYTHING)',
  task_storage_get_recur:
    'bpf_task_storage_get_recur: PTR_TO_MAP_VALUE_OR_NULL (CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL[task_struct], PTR_TO_MAP_VALUE_OR_NULL, ANYTHING)',
  tc_sk_lookup_tcp:
    'bpf_tc_sk_lookup_tcp pkt: PTR_TO_SOCKET_OR_NULL (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
  tc_sk_lookup_udp:
    'bpf_tc_sk_lookup_udp pkt: PTR_TO_SOCKET_OR_NULL (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
  tc_skc_lookup_tcp:
    'bpf_tc_skc_lookup_tcp pkt: PTR_TO_SOCK_COMMON_OR_NULL (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
  tcp_check_syncookie:
    'bpf_tcp_check_syncookie gpl pkt: INTEGER (PTR_TO_BTF_ID_SOCK_COMMON, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  tcp_gen_syncookie:
    'bpf_tcp_gen_syncookie gpl pkt: INTEGER (PTR_TO_BTF_ID_SOCK_COMMON, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  tcp_raw_check_syncookie_ipv4:
    'bpf_tcp_raw_check_syncookie_ipv4 gpl pkt: INTEGER (PTR_TO_FIXED_SIZE_MEM|MEM_RDONLY[20], PTR_TO_FIXED_SIZE_MEM|MEM_RDONLY[20])',
  tcp_raw_check_syncookie_ipv6:
    'bpf_tcp_raw_check_syncookie_ipv6 gpl pkt: INTEGER (PTR_TO_FIXED_SIZE_MEM|MEM_RDONLY[40], PTR_TO_FIXED_SIZE_MEM|MEM_RDONLY[20])',
  tcp_raw_gen_syncookie_ipv4:
    'bpf_tcp_raw_gen_syncookie_ipv4 gpl pkt: INTEGER (PTR_TO_FIXED_SIZE_MEM|MEM_RDONLY[20], PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO)',
  tcp_raw_gen_syncookie_ipv6:
    'bpf_tcp_raw_gen_syncookie_ipv6 gpl pkt: INTEGER (PTR_TO_FIXED_SIZE_MEM|MEM_RDONLY[40], PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO)',
  tcp_send_ack: 'bpf_tcp_send_ack: INTEGER (PTR_TO_BTF_ID[tcp_sock], ANYTHING)',
  tcp_sock: 'bpf_tcp_sock: PTR_TO_TCP_SOCK_OR_NULL (PTR_TO_SOCK_COMMON)',
  this_cpu_ptr: 'bpf_this_cpu_ptr: PTR_TO_MEM_OR_BTF_ID|MEM_RDONLY (PTR_TO_PERCPU_BTF_ID)',
  timer_cancel: 'bpf_timer_cancel gpl: INTEGER (PTR_TO_TIMER)',
  timer_init: 'bpf_timer_init gpl: INTEGER (PTR_TO_TIMER, CONST_MAP_PTR, ANYTHING)',
  timer_set_callback: 'bpf_timer_set_callback gpl: INTEGER (PTR_TO_TIMER, PTR_TO_FUNC)',
  timer_start: 'bpf_timer_start gpl: INTEGER (PTR_TO_TIMER, ANYTHING, ANYTHING)',
  trace_printk: 'bpf_trace_printk gpl: INTEGER (PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  trace_vprintk:
    'bpf_trace_vprintk gpl: INTEGER (PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, PTR_TO_MEM|PTR_MAYBE_NULL|MEM_RDONLY, CONST_SIZE_OR_ZERO)',
  unlocked_sk_getsockopt:
    'bpf_unlocked_sk_getsockopt: INTEGER (PTR_TO_BTF_ID_SOCK_COMMON, ANYTHING, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
  unlocked_sk_setsockopt:
    'bpf_unlocked_sk_setsockopt: INTEGER (PTR_TO_BTF_ID_SOCK_COMMON, ANYTHING, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  user_ringbuf_drain: 'bpf_user_ringbuf_drain: INTEGER (CONST_MAP_PTR, PTR_TO_FUNC, PTR_TO_STACK_OR_NULL, ANYTHING)',
  xdp_adjust_head: 'bpf_xdp_adjust_head: INTEGER (PTR_TO_CTX, ANYTHING)',
  xdp_adjust_meta: 'bpf_xdp_adjust_meta: INTEGER (PTR_TO_CTX, ANYTHING)',
  xdp_adjust_tail: 'bpf_xdp_adjust_tail: INTEGER (PTR_TO_CTX, ANYTHING)',
  xdp_check_mtu:
    'bpf_xdp_check_mtu gpl: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_FIXED_SIZE_MEM|MEM_WRITE|MEM_ALIGNED[4], ANYTHING, ANYTHING)',
  xdp_event_output:
    'bpf_xdp_event_output gpl: INTEGER (PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO)',
  xdp_fib_lookup: 'bpf_xdp_fib_lookup gpl: INTEGER (PTR_TO_CTX, PTR_TO_MEM|MEM_WRITE, CONST_SIZE, ANYTHING)',
  xdp_get_buff_len: 'bpf_xdp_get_buff_len: INTEGER (PTR_TO_CTX)',
  xdp_get_buff_len_trace: 'bpf_xdp_get_buff_len: INTEGER (PTR_TO_BTF_ID[xdp_buff])',
  xdp_load_bytes: 'bpf_xdp_load_bytes: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
  xdp_output:
    'bpf_xdp_event_output gpl: INTEGER (PTR_TO_BTF_ID[xdp_buff], CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO)',
  xdp_redirect: 'bpf_xdp_redirect: INTEGER (ANYTHING, ANYTHING)',
  xdp_redirect_map: 'bpf_xdp_redirect_map: INTEGER (CONST_MAP_PTR, ANYTHING, ANYTHING)',
  xdp_sk_lookup_tcp:
    'bpf_xdp_sk_lookup_tcp pkt: PTR_TO_SOCKET_OR_NULL (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
  xdp_sk_lookup_udp:
    'bpf_xdp_sk_lookup_udp pkt: PTR_TO_SOCKET_OR_NULL (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
  xdp_skc_lookup_tcp:
    'bpf_xdp_skc_lookup_tcp pkt: PTR_TO_SOCK_COMMON_OR_NULL (PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
  xdp_store_bytes: 'bpf_xdp_store_bytes: INTEGER (PTR_TO_CTX, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
}
