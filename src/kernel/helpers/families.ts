/**
 * Which helpers a program of some kind may call: the kernel's *_func_proto functions as lists. A word is
 * a helper's name, or `helper:proto` where the kind has another prototype for it than the one of its name; `@5.19` behind
 * it: since that version. No helper is older than access.ts says. What hangs on more than build options is decided there.
 */
export interface Family {
  /** Looked through first, for programs of control groups. */
  readonly first?: readonly string[]
  /** By the build options that it needs, separated by spaces; the empty text for none. */
  readonly helpers: Readonly<Record<string, string>>
  /** Where whatever isn't listed is looked for. */
  readonly then?: string
}

export const families: Readonly<Record<string, Family>> = {
  base: {
    helpers: {
      '': `
        map_lookup_elem map_update_elem map_delete_elem map_push_elem map_pop_elem map_peek_elem
        map_lookup_percpu_elem get_prandom_u32 get_smp_processor_id:get_raw_smp_processor_id get_numa_node_id
        tail_call ktime_get_ns ktime_get_boot_ns ktime_get_tai_ns ringbuf_output ringbuf_reserve ringbuf_submit
        ringbuf_discard ringbuf_query strncmp strtol@5.19 strtoul@5.19 get_current_pid_tgid@6.10 get_ns_current_pid_tgid@6.10
        get_current_uid_gid@6.16 spin_lock spin_unlock jiffies64 per_cpu_ptr this_cpu_ptr timer_init timer_set_callback
        timer_start timer_cancel kptr_xchg for_each_map_elem loop user_ringbuf_drain ringbuf_reserve_dynptr
        ringbuf_submit_dynptr ringbuf_discard_dynptr dynptr_from_mem dynptr_read dynptr_write dynptr_data
        task_storage_get:task_storage_get_recur@6.16 task_storage_delete:task_storage_delete_recur@6.16 get_current_task
        get_current_task_btf get_current_comm@6.16 probe_read_user probe_read_user_str copy_from_user@6.16 copy_from_user_task@6.16
        snprintf_btf snprintf task_pt_regs perf_event_read@6.16 send_signal@6.16 send_signal_thread@6.16 get_branch_snapshot@6.16
        find_vma@6.16 trace_printk trace_vprintk perf_event_read_value@6.16 probe_read_kernel probe_read_kernel_str
        get_task_stack@6.16`,
      CONFIG_CGROUPS: `
        cgrp_storage_get cgrp_storage_delete get_current_cgroup_id@6.8 get_current_ancestor_cgroup_id@6.8
        current_task_under_cgroup@6.16`,
      CONFIG_CGROUP_NET_CLASSID: `
        get_cgroup_classid:get_cgroup_classid_curr@6.16`,
    },
  },
  tracingBase: {
    helpers: {
      '': `
        get_smp_processor_id get_func_ip:get_func_ip_tracing probe_write_user get_current_pid_tgid
        get_ns_current_pid_tgid get_current_uid_gid get_current_comm perf_event_read perf_event_read_value send_signal
        send_signal_thread get_task_stack task_storage_get:task_storage_get_recur
        task_storage_delete:task_storage_delete_recur copy_from_user copy_from_user_task get_branch_snapshot find_vma`,
      CONFIG_CGROUPS: `
        get_current_cgroup_id get_current_ancestor_cgroup_id@5.14 current_task_under_cgroup`,
      CONFIG_ARCH_HAS_NON_OVERLAPPING_ADDRESS_SPACE: `
        probe_read:probe_read_compat probe_read_str:probe_read_compat_str`,
    },
    then: 'base',
  },
  kprobe: {
    helpers: {
      '': `
        perf_event_output get_stackid get_func_ip:get_func_ip_kprobe_multi get_attach_cookie:get_attach_cookie_kmulti
        get_stack`,
      CONFIG_BPF_KPROBE_OVERRIDE: `
        override_return`,
    },
    then: 'tracingBase',
  },
  tracepoint: {
    helpers: {
      '': `
        perf_event_output:perf_event_output_tp get_stackid:get_stackid_tp get_stack:get_stack_tp
        get_attach_cookie:get_attach_cookie_trace`,
    },
    then: 'tracingBase',
  },
  perfEvent: {
    helpers: {
      '': `
        perf_event_output:perf_event_output_tp get_stackid:get_stackid_pe get_stack:get_stack_pe perf_prog_read_value
        read_branch_records get_attach_cookie:get_attach_cookie_pe`,
    },
    then: 'tracingBase',
  },
  rawTracepoint: {
    helpers: {
      '': `
        perf_event_output:perf_event_output_raw_tp get_stackid:get_stackid_raw_tp get_stack:get_stack_raw_tp
        get_attach_cookie:get_attach_cookie_tracing@6.10`,
    },
    then: 'tracingBase',
  },
  tracing: {
    helpers: {
      '': `
        d_path get_attach_cookie:get_attach_cookie_tracing seq_printf seq_write seq_printf_btf get_func_arg
        get_func_ret get_func_arg_cnt`,
      CONFIG_NET: `
        skb_output xdp_output skc_to_tcp6_sock skc_to_tcp_sock skc_to_tcp_timewait_sock skc_to_tcp_request_sock
        skc_to_udp6_sock skc_to_unix_sock skc_to_mptcp_sock sk_storage_get:sk_storage_get_tracing
        sk_storage_delete:sk_storage_delete_tracing sock_from_file get_socket_cookie:get_socket_ptr_cookie
        xdp_get_buff_len:xdp_get_buff_len_trace`,
    },
    then: 'rawTracepoint',
  },
  skBase: {
    helpers: {
      '': `
        skc_to_tcp6_sock skc_to_tcp_sock skc_to_tcp_timewait_sock skc_to_tcp_request_sock skc_to_udp6_sock
        skc_to_unix_sock skc_to_mptcp_sock ktime_get_coarse_ns`,
    },
    then: 'base',
  },
  cgSock: {
    first: ['cgroupCommon', 'cgroupCurrent'],
    helpers: {
      '': `
        get_socket_cookie:get_socket_cookie_sock get_netns_cookie:get_netns_cookie_sock
        perf_event_output:event_output_data sk_storage_get:sk_storage_get_cg_sock ktime_get_coarse_ns
        get_current_pid_tgid get_current_comm setsockopt:sk_setsockopt@7.2 getsockopt:sk_getsockopt@7.2`,
      CONFIG_CGROUPS: `
        get_current_ancestor_cgroup_id`,
      CONFIG_CGROUP_NET_CLASSID: `
        get_cgroup_classid:get_cgroup_classid_curr`,
    },
    then: 'base',
  },
  sockAddr: {
    first: ['cgroupCommon', 'cgroupCurrent'],
    helpers: {
      '': `
        bind get_socket_cookie:get_socket_cookie_sock_addr get_netns_cookie:get_netns_cookie_sock_addr
        perf_event_output:event_output_data sk_storage_get sk_storage_delete setsockopt:sock_addr_setsockopt
        getsockopt:sock_addr_getsockopt
        get_current_pid_tgid get_current_comm`,
      CONFIG_CGROUPS: `
        get_current_ancestor_cgroup_id`,
      CONFIG_CGROUP_NET_CLASSID: `
        get_cgroup_classid:get_cgroup_classid_curr`,
      CONFIG_INET: `
        sk_lookup_tcp:sock_addr_sk_lookup_tcp sk_lookup_udp:sock_addr_sk_lookup_udp sk_release
        skc_lookup_tcp:sock_addr_skc_lookup_tcp`,
    },
    then: 'skBase',
  },
  skFilter: {
    helpers: {
      '': `
        skb_load_bytes skb_load_bytes_relative get_socket_cookie get_netns_cookie@6.16 get_socket_uid
        perf_event_output:skb_event_output`,
    },
    then: 'skBase',
  },
  cgSkb: {
    first: ['cgroupCommon'],
    helpers: {
      '': `
        sk_fullsock sk_storage_get sk_storage_delete perf_event_output:skb_event_output`,
      CONFIG_SOCK_CGROUP_DATA: `
        skb_cgroup_id skb_ancestor_cgroup_id sk_cgroup_id sk_ancestor_cgroup_id`,
      CONFIG_INET: `
        sk_lookup_tcp sk_lookup_udp sk_release skc_lookup_tcp tcp_sock get_listener_sock skb_ecn_set_ce`,
    },
    then: 'skFilter',
  },
  tc: {
    helpers: {
      '': `
        skb_store_bytes skb_load_bytes skb_load_bytes_relative skb_pull_data csum_diff csum_update csum_level
        l3_csum_replace l4_csum_replace clone_redirect get_cgroup_classid skb_vlan_push skb_vlan_pop
        skb_change_proto:skb_change skb_change_type skb_adjust_room skb_change_tail skb_change_head
        skb_get_tunnel_key skb_get_tunnel_opt redirect redirect_neigh redirect_peer get_route_realm get_hash_recalc
        set_hash_invalid set_hash perf_event_output:skb_event_output get_smp_processor_id skb_under_cgroup
        get_socket_cookie get_netns_cookie@6.15 get_socket_uid fib_lookup:skb_fib_lookup check_mtu:skb_check_mtu
        sk_fullsock sk_storage_get sk_storage_delete skb_set_tunnel_key skb_set_tunnel_opt`,
      CONFIG_XFRM: `
        skb_get_xfrm_state`,
      CONFIG_CGROUP_NET_CLASSID: `
        skb_cgroup_classid`,
      CONFIG_SOCK_CGROUP_DATA: `
        skb_cgroup_id skb_ancestor_cgroup_id`,
      CONFIG_INET: `
        sk_lookup_tcp:tc_sk_lookup_tcp sk_lookup_udp:tc_sk_lookup_udp sk_release tcp_sock get_listener_sock
        skc_lookup_tcp:tc_skc_lookup_tcp tcp_check_syncookie skb_ecn_set_ce tcp_gen_syncookie sk_assign
        skb_set_tstamp`,
      'CONFIG_INET CONFIG_SYN_COOKIES': `
        tcp_raw_gen_syncookie_ipv4 tcp_raw_gen_syncookie_ipv6 tcp_raw_check_syncookie_ipv4
        tcp_raw_check_syncookie_ipv6`,
    },
    then: 'skBase',
  },
  xdp: {
    helpers: {
      '': `
        perf_event_output:xdp_event_output get_smp_processor_id csum_diff xdp_adjust_head xdp_adjust_meta
        redirect:xdp_redirect redirect_map:xdp_redirect_map xdp_adjust_tail xdp_get_buff_len xdp_load_bytes
        xdp_store_bytes fib_lookup:xdp_fib_lookup check_mtu:xdp_check_mtu`,
      CONFIG_INET: `
        sk_lookup_udp:xdp_sk_lookup_udp sk_lookup_tcp:xdp_sk_lookup_tcp sk_release skc_lookup_tcp:xdp_skc_lookup_tcp
        tcp_check_syncookie tcp_gen_syncookie`,
      'CONFIG_INET CONFIG_SYN_COOKIES': `
        tcp_raw_gen_syncookie_ipv4 tcp_raw_gen_syncookie_ipv6 tcp_raw_check_syncookie_ipv4
        tcp_raw_check_syncookie_ipv6`,
    },
    then: 'skBase',
  },
  sockOps: {
    first: ['cgroupCommon'],
    helpers: {
      '': `
        setsockopt:sock_ops_setsockopt getsockopt:sock_ops_getsockopt sock_ops_cb_flags_set sock_map_update
        sock_hash_update get_socket_cookie:get_socket_cookie_sock_ops perf_event_output:event_output_data
        sk_storage_get sk_storage_delete get_netns_cookie:get_netns_cookie_sock_ops@5.15`,
      CONFIG_INET: `
        load_hdr_opt:sock_ops_load_hdr_opt store_hdr_opt:sock_ops_store_hdr_opt
        reserve_hdr_opt:sock_ops_reserve_hdr_opt tcp_sock`,
    },
    then: 'skBase',
  },
  skMsg: {
    helpers: {
      '': `
        msg_redirect_map msg_redirect_hash msg_apply_bytes msg_cork_bytes msg_pull_data msg_push_data msg_pop_data
        perf_event_output:event_output_data sk_storage_get sk_storage_delete get_netns_cookie:get_netns_cookie_sk_msg@5.15
        get_current_uid_gid get_current_pid_tgid`,
      CONFIG_CGROUPS: `
        get_current_cgroup_id get_current_ancestor_cgroup_id`,
      CONFIG_CGROUP_NET_CLASSID: `
        get_cgroup_classid:get_cgroup_classid_curr`,
    },
    then: 'skBase',
  },
  skSkb: {
    helpers: {
      '': `
        skb_store_bytes skb_load_bytes skb_pull_data:sk_skb_pull_data skb_change_tail:sk_skb_change_tail
        skb_change_head:sk_skb_change_head skb_adjust_room:sk_skb_adjust_room get_socket_cookie get_socket_uid
        sk_redirect_map sk_redirect_hash perf_event_output:skb_event_output`,
      CONFIG_INET: `
        sk_lookup_tcp sk_lookup_udp sk_release skc_lookup_tcp`,
    },
    then: 'skBase',
  },
  flowDissector: {
    helpers: {
      '': `
        skb_load_bytes:flow_dissector_load_bytes`,
    },
    then: 'skBase',
  },
  lwtOut: {
    helpers: {
      '': `
        skb_load_bytes skb_pull_data csum_diff get_cgroup_classid get_route_realm get_hash_recalc
        perf_event_output:skb_event_output get_smp_processor_id skb_under_cgroup`,
    },
    then: 'skBase',
  },
  lwtIn: {
    helpers: {
      '': `
        lwt_push_encap:lwt_in_push_encap`,
    },
    then: 'lwtOut',
  },
  lwtXmit: {
    helpers: {
      '': `
        skb_get_tunnel_key skb_get_tunnel_opt redirect clone_redirect skb_change_tail skb_change_head skb_store_bytes
        csum_update csum_level l3_csum_replace l4_csum_replace set_hash_invalid lwt_push_encap:lwt_xmit_push_encap
        skb_set_tunnel_key skb_set_tunnel_opt`,
    },
    then: 'lwtOut',
  },
  seg6local: {
    helpers: {
      CONFIG_IPV6_SEG6_BPF: `
        lwt_seg6_store_bytes lwt_seg6_action lwt_seg6_adjust_srh`,
    },
    then: 'lwtOut',
  },
  skReuseport: {
    helpers: {
      '': `
        sk_select_reuseport skb_load_bytes:sk_reuseport_load_bytes
        skb_load_bytes_relative:sk_reuseport_load_bytes_relative get_socket_cookie:get_socket_ptr_cookie@5.14
        ktime_get_coarse_ns`,
    },
    then: 'base',
  },
  skLookup: {
    helpers: {
      '': `
        perf_event_output:event_output_data sk_assign:sk_lookup_assign sk_release`,
    },
    then: 'skBase',
  },
  cgroupCommon: {
    helpers: {
      '': `
        get_local_storage get_retval set_retval`,
    },
  },
  cgroupCurrent: {
    helpers: {
      '': `
        get_current_uid_gid get_current_pid_tgid@6.1 get_current_comm@6.1`,
      CONFIG_CGROUPS: `
        get_current_cgroup_id get_current_ancestor_cgroup_id@6.1 current_task_under_cgroup@6.3`,
      CONFIG_CGROUP_NET_CLASSID: `
        get_cgroup_classid:get_cgroup_classid_curr@6.1`,
    },
  },
  cgroupDevice: {
    first: ['cgroupCommon', 'cgroupCurrent'],
    helpers: {
      '': `
        perf_event_output:event_output_data`,
    },
    then: 'base',
  },
  sysctl: {
    first: ['cgroupCommon', 'cgroupCurrent'],
    helpers: {
      '': `
        sysctl_get_name sysctl_get_current_value sysctl_get_new_value sysctl_set_new_value ktime_get_coarse_ns
        perf_event_output:event_output_data
        strtol strtoul`,
    },
    then: 'base',
  },
  sockopt: {
    first: ['cgroupCommon', 'cgroupCurrent'],
    helpers: {
      '': `
        perf_event_output:event_output_data`,
      CONFIG_NET: `
        get_netns_cookie:get_netns_cookie_sockopt@5.15 sk_storage_get sk_storage_delete setsockopt:sk_setsockopt
        getsockopt:sk_getsockopt`,
      CONFIG_INET: `
        tcp_sock`,
    },
    then: 'base',
  },
  lsm: {
    helpers: {
      '': `
        inode_storage_get inode_storage_delete spin_lock@5.11 spin_unlock@5.11 bprm_opts_set ima_inode_hash ima_file_hash
        get_attach_cookie:get_attach_cookie_tracing`,
      CONFIG_NET: `
        sk_storage_get sk_storage_delete setsockopt:sk_setsockopt getsockopt:sk_getsockopt`,
    },
    then: 'tracing',
  },
  syscall: {
    helpers: {
      '': `
        btf_find_by_name_kind sys_close kallsyms_lookup_name sys_bpf`,
    },
    then: 'tracing',
  },
  lirc: {
    helpers: {
      '': `
        rc_repeat rc_keydown rc_pointer_rel map_lookup_elem map_update_elem map_delete_elem map_push_elem
        map_pop_elem map_peek_elem ktime_get_ns ktime_get_boot_ns tail_call get_prandom_u32 trace_printk`,
    },
  },
  tcpCa: {
    helpers: {
      '': `
        tcp_send_ack sk_storage_get sk_storage_delete setsockopt:sk_setsockopt getsockopt:sk_getsockopt
        ktime_get_coarse_ns`,
    },
    then: 'base',
  },
}
