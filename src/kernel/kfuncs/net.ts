import { AttachType } from '../../uapi/attach-type.ts'
import { ProgType as T } from '../../uapi/prog-type.ts'
import type { KfuncSet } from './set.ts'

/** Sets of net/: packets, sockets, XDP's metadata, connection tracking, congestion control, queues. */

/** The sets of net/core/filter.c. */
const skb: KfuncSet = {
  types: [
    T.SCHED_CLS,
    T.SCHED_ACT,
    T.SK_SKB,
    T.SOCKET_FILTER,
    T.CGROUP_SKB,
    T.LWT_OUT,
    T.LWT_IN,
    T.LWT_XMIT,
    T.LWT_SEG6LOCAL,
    T.NETFILTER,
    T.TRACING,
  ],
  rows: 'bpf_dynptr_from_skb TRUSTED_ARGS',
}
const skbMeta: KfuncSet = { types: [T.SCHED_CLS, T.SCHED_ACT], rows: 'bpf_dynptr_from_skb_meta TRUSTED_ARGS' }
const xdp: KfuncSet = {
  types: [T.XDP],
  rows: `
    bpf_dynptr_from_xdp
    bpf_xdp_pull_data`,
}
const sockAddr: KfuncSet = { types: [T.CGROUP_SOCK_ADDR], rows: 'bpf_sock_addr_set_sun_path' }
const tcpReqsk: KfuncSet = { types: [T.SCHED_CLS], rows: 'bpf_sk_assign_tcp_reqsk TRUSTED_ARGS' }
const sockOps: KfuncSet = { types: [T.SOCK_OPS], rows: 'bpf_sock_ops_enable_tx_tstamp TRUSTED_ARGS' }
const sockIter: KfuncSet = {
  types: [T.TRACING],
  rows: 'bpf_sock_destroy TRUSTED_ARGS',
  filter: ({ expectedAttachType }) => expectedAttachType === AttachType.TRACE_ITER,
}

/** xdp_metadata_kfunc_ids of net/core/xdp.c: what a device says of a packet, so programs must be bound to one. */
const xdpMetadata: KfuncSet = {
  types: [T.XDP],
  rows: `
    bpf_xdp_metadata_rx_timestamp TRUSTED_ARGS
    bpf_xdp_metadata_rx_hash TRUSTED_ARGS
    bpf_xdp_metadata_rx_vlan_tag TRUSTED_ARGS`,
}

/** bpf_dev_bound_kfunc_id: functions that only programs bound to a device may call. */
export function isDeviceBound(name: string): boolean {
  return name.startsWith('bpf_xdp_metadata_rx_') && xdpMetadata.rows.includes(`${name} `)
}

/** test_sk_check_kfunc_ids of net/bpf/test_run.c. */
const testRun: KfuncSet = {
  types: [T.SCHED_CLS, T.TRACING, T.SYSCALL],
  rows: `
    bpf_kfunc_call_test_release RELEASE
    bpf_kfunc_call_memb_release RELEASE`,
}

/** What they had beside them, before it went to a module of the tests'. */
const tests: KfuncSet = {
  types: [T.SCHED_CLS, T.TRACING, T.SYSCALL],
  kernels: '<6.5',
  rows: `
    bpf_kfunc_call_test1
    bpf_kfunc_call_test2
    bpf_kfunc_call_test3
    bpf_kfunc_call_test_acquire ACQUIRE RET_NULL
    bpf_kfunc_call_memb_acquire ACQUIRE RET_NULL
    bpf_kfunc_call_memb1_release RELEASE
    bpf_kfunc_call_test_get_rdwr_mem RET_NULL
    bpf_kfunc_call_test_get_rdonly_mem RET_NULL
    bpf_kfunc_call_test_acq_rdonly_mem ACQUIRE RET_NULL
    bpf_kfunc_call_int_mem_release RELEASE
    bpf_kfunc_call_test_pass_ctx
    bpf_kfunc_call_test_pass1
    bpf_kfunc_call_test_pass2
    bpf_kfunc_call_test_fail1
    bpf_kfunc_call_test_fail2
    bpf_kfunc_call_test_fail3
    bpf_kfunc_call_test_mem_len_pass1
    bpf_kfunc_call_test_mem_len_fail1
    bpf_kfunc_call_test_mem_len_fail2
    bpf_kfunc_call_test_ref TRUSTED_ARGS
    bpf_kfunc_call_test_destructive DESTRUCTIVE`,
}

/** net/netfilter: nf_ct_kfunc_set, nf_nat_kfunc_set, nf_ft_kfunc_set. */
const conntrack: KfuncSet = {
  types: [T.XDP, T.SCHED_CLS],
  rows: `
    bpf_xdp_ct_alloc ACQUIRE RET_NULL
    bpf_xdp_ct_lookup ACQUIRE RET_NULL
    bpf_skb_ct_alloc ACQUIRE RET_NULL
    bpf_skb_ct_lookup ACQUIRE RET_NULL
    bpf_ct_insert_entry ACQUIRE RET_NULL RELEASE
    bpf_ct_release RELEASE
    bpf_ct_set_timeout TRUSTED_ARGS
    bpf_ct_change_timeout TRUSTED_ARGS
    bpf_ct_set_status TRUSTED_ARGS
    bpf_ct_change_status TRUSTED_ARGS
    bpf_ct_set_nat_info TRUSTED_ARGS`,
}
const flowTable: KfuncSet = { types: [T.XDP], rows: 'bpf_xdp_flow_lookup TRUSTED_ARGS RET_NULL' }

/** net/xfrm: xfrm_ifc_kfunc_set, xfrm_state_kfunc_set; fou_kfunc_set of net/ipv4/fou_bpf.c. */
const tunnels: KfuncSet = {
  types: [T.SCHED_CLS],
  rows: `
    bpf_skb_get_xfrm_info
    bpf_skb_set_xfrm_info
    bpf_skb_set_fou_encap
    bpf_skb_get_fou_encap`,
}
const xfrmState: KfuncSet = {
  types: [T.XDP],
  rows: `
    bpf_xdp_get_xfrm_state RET_NULL ACQUIRE
    bpf_xdp_xfrm_state_release RELEASE`,
}

/** Congestion control of net/ipv4: bpf_tcp_ca.c, tcp_cubic.c, tcp_dctcp.c, tcp_bbr.c. */
const congestionControl: KfuncSet = {
  types: [T.STRUCT_OPS],
  rows: `
    tcp_reno_ssthresh
    tcp_reno_cong_avoid
    tcp_reno_undo_cwnd
    tcp_slow_start
    tcp_cong_avoid_ai
    cubictcp_init
    cubictcp_recalc_ssthresh
    cubictcp_cong_avoid
    cubictcp_state
    cubictcp_cwnd_event
    cubictcp_cwnd_event_tx_start
    cubictcp_acked
    dctcp_init
    dctcp_update_alpha
    dctcp_cwnd_event
    dctcp_cwnd_event_tx_start
    dctcp_ssthresh
    dctcp_cwnd_undo
    dctcp_state
    bbr_init
    bbr_main
    bbr_sndbuf_expand
    bbr_undo_cwnd
    bbr_cwnd_event
    bbr_cwnd_event_tx_start
    bbr_ssthresh
    bbr_min_tso_segs
    bbr_set_state`,
}

/** What each operation of a queue may call, beside what all of them may. */
const queueCalls: Readonly<Record<string, readonly (string | undefined)[]>> = {
  bpf_qdisc_skb_drop: ['enqueue'],
  bpf_qdisc_watchdog_schedule: ['enqueue', 'dequeue'],
  bpf_qdisc_bstats_update: ['dequeue'],
  bpf_qdisc_init_prologue: [],
  bpf_qdisc_reset_destroy_epilogue: [],
}

/** qdisc_kfunc_ids of net/sched/bpf_qdisc.c. */
const queues: KfuncSet = {
  types: [T.STRUCT_OPS],
  rows: `
    bpf_skb_get_hash TRUSTED_ARGS
    bpf_kfree_skb RELEASE
    bpf_qdisc_skb_drop RELEASE
    bpf_dynptr_from_skb TRUSTED_ARGS 6.18+
    bpf_qdisc_watchdog_schedule TRUSTED_ARGS
    bpf_qdisc_init_prologue TRUSTED_ARGS
    bpf_qdisc_reset_destroy_epilogue TRUSTED_ARGS
    bpf_qdisc_bstats_update TRUSTED_ARGS`,
  filter: ({ opsName, opsMember }, name) => opsName === 'Qdisc_ops' && (queueCalls[name]?.includes(opsMember) ?? true),
}

export const netSets: readonly KfuncSet[] = [
  skb,
  skbMeta,
  xdp,
  sockAddr,
  tcpReqsk,
  sockOps,
  sockIter,
  xdpMetadata,
  testRun,
  tests,
  conntrack,
  flowTable,
  tunnels,
  xfrmState,
  congestionControl,
  queues,
]
