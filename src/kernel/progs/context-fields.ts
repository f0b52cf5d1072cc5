/**
 * The fields of contexts and sockets as programs see them (include/uapi/linux/bpf.h). The verifier says which of them a
 * program may read and write, the rewrites where the kernel has them: both by these names.
 */
export interface Field {
  readonly name: string
  readonly offset: number
  /** All of it: of an array of words all words. */
  readonly size: number
}

/** Rows `name:size`, one after the other without gaps; `-` is padding. */
function layout(rows: string): readonly Field[] {
  let offset = 0
  return rows
    .trim()
    .split(/\s+/)
    .map((row) => {
      const [name = '', size = ''] = row.split(':')
      const field = { name, offset, size: Number(size) }
      offset += field.size
      return field
    })
}

/** A table of the field that each byte belongs to. */
export function byByte(fields: readonly Field[]): readonly Field[] {
  return fields.flatMap((field) => new Array<Field>(field.size).fill(field))
}

/** struct __sk_buff. */
export const skbFields = layout(`
  len:4 pkt_type:4 mark:4 queue_mapping:4 protocol:4 vlan_present:4 vlan_tci:4 vlan_proto:4 priority:4
  ingress_ifindex:4 ifindex:4 tc_index:4 cb:20 hash:4 tc_classid:4 data:4 data_end:4 napi_id:4 family:4 remote_ip4:4
  local_ip4:4 remote_ip6:16 local_ip6:16 remote_port:4 local_port:4 data_meta:4 flow_keys:8 tstamp:8 wire_len:4
  gso_segs:4 sk:8 gso_size:4 tstamp_type:1 -:3 hwtstamp:8`)

/** struct xdp_md. */
export const xdpFields = layout('data:4 data_end:4 data_meta:4 ingress_ifindex:4 rx_queue_index:4 egress_ifindex:4')

/** struct bpf_sock: the context of programs about sockets, and what a pointer to a socket points to. */
export const sockFields = layout(`
  bound_dev_if:4 family:4 type:4 protocol:4 mark:4 priority:4 src_ip4:4 src_ip6:16 src_port:4 dst_port:2 -:2 dst_ip4:4
  dst_ip6:16 state:4 rx_queue_mapping:4`)

/** struct bpf_tcp_sock. */
export const tcpSockFields = layout(`
  snd_cwnd:4 srtt_us:4 rtt_min:4 snd_ssthresh:4 rcv_nxt:4 snd_nxt:4 snd_una:4 mss_cache:4 ecn_flags:4 rate_delivered:4
  rate_interval_us:4 packets_out:4 retrans_out:4 total_retrans:4 segs_in:4 data_segs_in:4 segs_out:4 data_segs_out:4
  lost_out:4 sacked_out:4 bytes_received:8 bytes_acked:8 dsack_dups:4 delivered:4 delivered_ce:4 icsk_retransmits:4`)

/** struct bpf_xdp_sock. */
export const xdpSockFields = layout('queue_id:4')

/** struct bpf_sock_addr. */
export const sockAddrFields = layout(`
  user_family:4 user_ip4:4 user_ip6:16 user_port:4 family:4 type:4 protocol:4 msg_src_ip4:4 msg_src_ip6:16 -:4 sk:8`)

/** struct bpf_sock_ops; `args` is `reply` and `replylong` too. */
export const sockOpsFields = layout(`
  op:4 args:16 family:4 remote_ip4:4 local_ip4:4 remote_ip6:16 local_ip6:16 remote_port:4 local_port:4 is_fullsock:4
  snd_cwnd:4 srtt_us:4 bpf_sock_ops_cb_flags:4 state:4 rtt_min:4 snd_ssthresh:4 rcv_nxt:4 snd_nxt:4 snd_una:4
  mss_cache:4 ecn_flags:4 rate_delivered:4 rate_interval_us:4 packets_out:4 retrans_out:4 total_retrans:4 segs_in:4
  data_segs_in:4 segs_out:4 data_segs_out:4 lost_out:4 sacked_out:4 sk_txhash:4 bytes_received:8 bytes_acked:8 sk:8
  skb_data:8 skb_data_end:8 skb_len:4 skb_tcp_flags:4 skb_hwtstamp:8`)

/** struct sk_msg_md. */
export const skMsgFields = layout(`
  data:8 data_end:8 family:4 remote_ip4:4 local_ip4:4 remote_ip6:16 local_ip6:16 remote_port:4 local_port:4 size:4 sk:8`)

/** struct sk_reuseport_md. */
export const skReuseportFields = layout(`
  data:8 data_end:8 len:4 eth_protocol:4 ip_protocol:4 bind_inany:4 hash:4 -:4 sk:8 migrating_sk:8`)

/** struct bpf_sk_lookup; `sk` is `cookie` too. */
export const skLookupFields = layout(`
  sk:8 family:4 protocol:4 remote_ip4:4 remote_ip6:16 remote_port:2 padding:2 local_ip4:4 local_ip6:16 local_port:4
  ingress_ifindex:4`)

/** struct bpf_cgroup_dev_ctx. */
export const cgroupDeviceFields = layout('access_type:4 major:4 minor:4')

/** struct bpf_sysctl. */
export const sysctlFields = layout('write:4 file_pos:4')

/** struct bpf_sockopt. */
export const sockoptFields = layout('sk:8 optval:8 optval_end:8 level:4 optname:4 optlen:4 retval:4')

/** struct bpf_perf_event_data: registers, and two numbers of the sample. */
export const perfEventFields = layout('regs:168 sample_period:8 addr:8')

/** struct bpf_nf_ctx. */
export const netfilterFields = layout('state:8 skb:8')
