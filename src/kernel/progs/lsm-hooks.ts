/** Hooks of BPF's security module, functions `bpf_lsm_*` (kernel/bpf/bpf_lsm.c). */

function hooks(names: string): ReadonlySet<string> {
  return new Set(
    names
      .trim()
      .split(/\s+/)
      .map((name) => `bpf_lsm_${name}`),
  )
}

/** Functions that are named as the hooks are. */
export const noHooks = hooks(
  'verify_prog is_sleepable_hook is_trusted find_cgroup_shim get_retval_range func_proto init',
)

/** bpf_lsm_disabled_hooks: nothing may be attached to them. */
export const disabledHooks = hooks(`
  vm_enough_memory inode_need_killpriv inode_getsecurity inode_listsecurity inode_copy_up_xattr getselfattr
  getprocattr setprocattr key_getsecurity audit_rule_match ismaclabel`)

/** Those that aren't safe to attach to, since 7.2 or before. */
export const unsafeHooks = hooks('file_alloc_security')

/** untrusted_lsm_hooks: what they are given may be half made, or half gone. */
export const untrustedHooks = hooks(`
  bpf_map_free bpf_prog_free file_alloc_security file_free_security sk_alloc_security sk_free_security task_free`)

/** bool_lsm_hooks: they return 0 or 1, the others 0 or an errno. */
export const boolHooks = hooks('xfrm_state_pol_flow_match audit_rule_known inode_xattr_skipcap')

let sleepable: ReadonlySet<string> | undefined

/** sleepable_lsm_hooks. */
export function isSleepableHook(name: string): boolean {
  sleepable ??= hooks(`
  bpf bpf_map bpf_map_create bpf_map_free bpf_prog bpf_prog_load bpf_prog_free bpf_token_create bpf_token_free
  bpf_token_cmd bpf_token_capable bprm_check_security bprm_committed_creds bprm_committing_creds bprm_creds_for_exec
  bprm_creds_from_file capget capset cred_prepare file_ioctl file_lock file_open file_post_open file_receive
  inode_create inode_free_security inode_getattr inode_getxattr inode_mknod inode_need_killpriv inode_post_setxattr
  inode_post_removexattr inode_readlink inode_removexattr inode_rename inode_rmdir inode_setattr inode_setxattr
  inode_symlink inode_unlink kernel_module_request kernel_read_file kernfs_init_security path_unlink path_mkdir
  path_rmdir path_truncate path_symlink path_link path_rename path_chmod path_chown mmap_file netlink_send
  path_notify release_secctx sb_alloc_security sb_eat_lsm_opts sb_kern_mount sb_mount sb_remount sb_set_mnt_opts
  sb_show_options sb_statfs sb_umount settime inet_conn_established socket_accept socket_bind socket_connect
  socket_create socket_getpeername socket_getpeersec_dgram socket_getsockname socket_getsockopt socket_listen
  socket_post_create socket_recvmsg socket_sendmsg socket_shutdown socket_socketpair syslog task_alloc task_prctl
  task_setscheduler task_to_inode userns_create`)
  return sleepable.has(name)
}
