import { skLookupFields, skMsgFields, skReuseportFields, sockOpsFields } from '../../progs/context-fields.ts'
import { Access, Flag, RegType } from '../types.ts'
import type { ContextOps } from './access.ts'
import { tableOps } from './table.ts'

/** Contexts of programs on sockets: their events, their messages, and which of them gets a packet. */

const SOCKET_OR_NULL = RegType.PTR_TO_SOCKET | Flag.PTR_MAYBE_NULL
const ADDRESSES = 'family remote_ip4 local_ip4 remote_ip6 local_ip6 remote_port local_port'

/** sock_ops_is_valid_access. */
const ops = tableOps(sockOpsFields, {
  [`op ${ADDRESSES} is_fullsock snd_cwnd srtt_us bpf_sock_ops_cb_flags state rtt_min snd_ssthresh rcv_nxt snd_nxt`]: {
    read: 'whole',
  },
  'snd_una mss_cache ecn_flags rate_delivered rate_interval_us packets_out retrans_out total_retrans segs_in': {
    read: 'whole',
  },
  'data_segs_in segs_out data_segs_out lost_out sacked_out bytes_received bytes_acked skb_len skb_hwtstamp': {
    read: 'whole',
  },
  'args sk_txhash': { read: 'whole', write: true },
  sk: { read: 'whole', gives: SOCKET_OR_NULL },
  skb_data: { read: 'whole', gives: RegType.PTR_TO_PACKET },
  skb_data_end: { read: 'whole', gives: RegType.PTR_TO_PACKET_END },
  skb_tcp_flags: { read: 'start' },
})

const ARGS = sockOpsFields.find(({ name }) => name === 'args')?.offset ?? 0

/** Of the arguments only the first, which is the reply, may be written. */
export const sockOps: ContextOps = {
  ...ops,
  isValidAccess(env, off, size, access, info) {
    if (access === Access.WRITE && off > ARGS && off < ARGS + 16) return false
    return ops.isValidAccess(env, off, size, access, info)
  },
}

/** sk_msg_is_valid_access. */
export const skMsg = tableOps(skMsgFields, {
  data: { read: 'whole', gives: RegType.PTR_TO_PACKET },
  data_end: { read: 'whole', gives: RegType.PTR_TO_PACKET_END },
  sk: { read: 'whole', gives: RegType.PTR_TO_SOCKET },
  [`${ADDRESSES} size`]: { read: 'whole' },
})

/** sk_reuseport_is_valid_access. */
export const skReuseport = tableOps(skReuseportFields, {
  data: { read: 'whole', gives: RegType.PTR_TO_PACKET },
  data_end: { read: 'whole', gives: RegType.PTR_TO_PACKET_END },
  hash: { read: 'whole' },
  sk: { read: 'whole', gives: RegType.PTR_TO_SOCKET },
  migrating_sk: { read: 'whole', gives: RegType.PTR_TO_SOCK_COMMON | Flag.PTR_MAYBE_NULL },
  eth_protocol: { read: 'narrow', least: 2 },
  'ip_protocol bind_inany len': { read: 'narrow' },
})

const lookup = tableOps(skLookupFields, {
  sk: { read: 'whole', gives: SOCKET_OR_NULL },
  'family protocol remote_ip4 local_ip4 remote_ip6 local_ip6 local_port ingress_ifindex': { read: 'narrow' },
  'remote_port padding': { read: 'narrow' },
})

const REMOTE_PORT = skLookupFields.find(({ name }) => name === 'remote_port')?.offset ?? 0

/** sk_lookup_is_valid_access: the remote port was a word once, and may still be loaded as one. */
export const skLookup: ContextOps = {
  ...lookup,
  isValidAccess(env, off, size, access, info) {
    if (off === REMOTE_PORT && size === 4 && access === Access.READ) return true
    return lookup.isValidAccess(env, off, size, access, info)
  },
}
