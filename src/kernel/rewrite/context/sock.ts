import { Jmp } from '../../../isa/opcode.ts'
import {
  skLookupFields,
  skMsgFields,
  skReuseportFields,
  sockAddrFields,
  sockFields,
  tcpSockFields,
  xdpSockFields,
} from '../../progs/context-fields.ts'
import type { Context, ContextRows, Convert } from './convert.ts'
import { convertRow, throughPointer } from './convert.ts'

/** Sockets, as programs see them, and contexts that have one. */

const NO_QUEUE_MAPPING = 0xffff

const rxQueueMapping: Convert = (access, out) => {
  if (access.env.kernel.option('CONFIG_SOCK_RX_QUEUE_MAPPING') !== undefined) {
    convertRow(access, 'sock_common.skc_rx_queue_mapping', out)
    out.jumpImm(Jmp.JNE, access.dst, NO_QUEUE_MAPPING, 1)
  }
  out.movImm(access.dst, -1)
  return 2
}

/** bpf_sock_convert_ctx_access. */
export const sock: Context = {
  fields: sockFields,
  rows: {
    bound_dev_if: 'sock_common.skc_bound_dev_if =',
    family: 'sock_common.skc_family',
    type: 'sock.sk_type',
    protocol: 'sock.sk_protocol',
    mark: 'sock.sk_mark =',
    priority: 'sock.sk_priority =',
    src_ip4: 'sock_common.skc_rcv_saddr:s',
    src_ip6: 'ip6 sock_common.skc_v6_rcv_saddr:s',
    src_port: 'sock_common.skc_num',
    dst_port: 'sock_common.skc_dport',
    dst_ip4: 'sock_common.skc_daddr:s',
    dst_ip6: 'ip6 sock_common.skc_v6_daddr:s',
    state: 'sock_common.skc_state',
    rx_queue_mapping: rxQueueMapping,
  },
}

/** Fields that struct tcp_sock has under the same name. */
const tcpFields = `
  snd_cwnd srtt_us snd_ssthresh rcv_nxt snd_nxt snd_una mss_cache ecn_flags rate_delivered rate_interval_us packets_out
  retrans_out total_retrans segs_in data_segs_in segs_out data_segs_out lost_out sacked_out bytes_received bytes_acked
  dsack_dups delivered delivered_ce`

/** bpf_tcp_sock_convert_ctx_access. */
export const tcpSock: Context = {
  fields: tcpSockFields,
  rows: {
    ...Object.fromEntries(
      tcpFields
        .trim()
        .split(/\s+/)
        .map((name) => [name, `tcp_sock.${name}`]),
    ),
    rtt_min: 'tcp_sock.rtt_min+minmax_sample.v',
    icsk_retransmits: 'inet_connection_sock.icsk_retransmits',
  },
}

/** bpf_xdp_sock_convert_ctx_access. */
export const xdpSock: Context = { fields: xdpSockFields, rows: { queue_id: 'xdp_sock.queue_id' } }

const addr = (row: string) => throughPointer('bpf_sock_addr_kern.tmp_reg', `bpf_sock_addr_kern.${row}`)

/** A port is two bytes, though programs see four. */
const userPort: Convert = (access, out) => {
  const bytes = (access.code & 0x18) === 0x10 ? 1 : 2
  return addr(`uaddr sockaddr_in6.sin6_port:${bytes}`)(access, out)
}

/** sock_addr_convert_ctx_access. */
export const sockAddr: Context = {
  fields: sockAddrFields,
  rows: {
    user_family: 'bpf_sock_addr_kern.uaddr sockaddr.sa_family',
    user_ip4: addr('uaddr sockaddr_in.sin_addr:s'),
    user_ip6: addr('uaddr sockaddr_in6.sin6_addr:s'),
    user_port: userPort,
    family: 'bpf_sock_addr_kern.sk sock_common.skc_family',
    type: 'bpf_sock_addr_kern.sk sock.sk_type',
    protocol: 'bpf_sock_addr_kern.sk sock.sk_protocol',
    msg_src_ip4: addr('t_ctx 0:s'),
    msg_src_ip6: addr('t_ctx 0:s'),
    sk: 'bpf_sock_addr_kern.sk',
  },
}

/** Addresses and ports of the socket that a context points to. */
export function socketRows(pointer: string): ContextRows {
  return {
    family: `${pointer} sock_common.skc_family`,
    remote_ip4: `${pointer} sock_common.skc_daddr`,
    local_ip4: `${pointer} sock_common.skc_rcv_saddr`,
    remote_ip6: `ip6 ${pointer} sock_common.skc_v6_daddr:4`,
    local_ip6: `ip6 ${pointer} sock_common.skc_v6_rcv_saddr:4`,
    remote_port: `${pointer} sock_common.skc_dport <<16`,
    local_port: `${pointer} sock_common.skc_num`,
  }
}

/** sk_msg_convert_ctx_access. */
export const skMsg: Context = {
  fields: skMsgFields,
  rows: {
    data: 'sk_msg.data',
    data_end: 'sk_msg.data_end',
    ...socketRows('sk_msg.sk'),
    size: 'sk_msg_sg.size',
    sk: 'sk_msg.sk',
  },
}

/** sk_reuseport_convert_ctx_access. */
export const skReuseport: Context = {
  fields: skReuseportFields,
  rows: {
    data: 'sk_reuseport_kern.skb sk_buff.data',
    data_end: 'sk_reuseport_kern.data_end',
    len: 'sk_reuseport_kern.skb sk_buff.len',
    eth_protocol: 'sk_reuseport_kern.skb sk_buff.protocol',
    ip_protocol: 'sk_reuseport_kern.sk sock.sk_protocol',
    bind_inany: 'sk_reuseport_kern.bind_inany',
    hash: 'sk_reuseport_kern.hash',
    sk: 'sk_reuseport_kern.sk',
    migrating_sk: 'sk_reuseport_kern.migrating_sk',
  },
}

/** Behind the port, which was four bytes once. */
const noMorePort: Convert = (access, out) => {
  out.mov32Imm(access.dst, 0)
  return 2
}

/** sk_lookup_convert_ctx_access. */
export const skLookup: Context = {
  fields: skLookupFields,
  rows: {
    sk: 'bpf_sk_lookup_kern.selected_sk',
    family: 'bpf_sk_lookup_kern.family',
    protocol: 'bpf_sk_lookup_kern.protocol',
    remote_ip4: 'bpf_sk_lookup_kern.v4.saddr',
    remote_ip6: 'ip6 bpf_sk_lookup_kern.v6.saddr ? 0:4',
    remote_port: 'bpf_sk_lookup_kern.sport',
    padding: noMorePort,
    local_ip4: 'bpf_sk_lookup_kern.v4.daddr',
    local_ip6: 'ip6 bpf_sk_lookup_kern.v6.daddr ? 0:4',
    local_port: 'bpf_sk_lookup_kern.dport',
    ingress_ifindex: 'bpf_sk_lookup_kern.ingress_ifindex',
  },
}
