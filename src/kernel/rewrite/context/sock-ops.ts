import { Jmp, Size } from '../../../isa/opcode.ts'
import { sockOpsFields } from '../../progs/context-fields.ts'
import { facts } from '../../verifier/versions.ts'
import type { Code } from '../code.ts'
import type { Context, ContextAccess, Convert } from './convert.ts'
import { borrow, hop, store } from './convert.ts'
import { loadSharedInfo } from './skb.ts'
import { socketRows } from './sock.ts'

/**
 * struct bpf_sock_ops (sock_ops_convert_ctx_access): most of its fields are the TCP socket's, and zero where there's no
 * locked one.
 */

const KERN = 'bpf_sock_ops_kern'

/** SOCK_OPS_GET_FIELD and SOCK_OPS_GET_SK: load from the socket, if `flag` says that it's there. */
function readIf(flag: string, member: string | undefined): Convert {
  return (access, out) => {
    const { dst, src } = access
    const same = dst === src
    const temp = hop(access, `${KERN}.temp`).offset
    const reg = borrow(access)
    const there = hop(access, `${KERN}.${flag}`)
    const sk = hop(access, `${KERN}.sk`)
    const flagReg = same ? reg : dst
    if (same) out.store(Size.DW, src, reg, temp)
    out.load(there.bits, flagReg, src, there.offset)
    out.jumpImm(Jmp.JEQ, flagReg, 0, (member === undefined ? 1 : 2) + (same ? 2 : 0))
    if (same) out.load(Size.DW, reg, src, temp)
    out.load(sk.bits, dst, src, sk.offset)
    let bytes = 8
    if (member !== undefined) {
      const field = hop(access, member)
      out.load(field.bits, dst, dst, field.offset)
      bytes = field.bytes
    }
    if (same) {
      out.ja(facts.opsZeroOverContext ? 2 : 1)
      out.load(Size.DW, reg, src, temp)
      if (facts.opsZeroOverContext) out.movImm(dst, 0)
    }
    return bytes
  }
}

/** SOCK_OPS_SET_FIELD. */
function write(member: string, access: ContextAccess, out: Code): number {
  const { dst } = access
  const reg = borrow(access)
  const temp = hop(access, `${KERN}.temp`).offset
  const there = hop(access, `${KERN}.is_locked_tcp_sock`)
  const sk = hop(access, `${KERN}.sk`)
  const field = hop(access, member)
  out.store(Size.DW, dst, reg, temp)
  out.load(there.bits, reg, dst, there.offset)
  out.jumpImm(Jmp.JEQ, reg, 0, 2)
  out.load(sk.bits, reg, dst, sk.offset)
  store(access, out, field.bits, reg, field.offset)
  out.load(Size.DW, reg, dst, temp)
  return field.bytes
}

function tcp(member: string): Convert {
  return readIf('is_locked_tcp_sock', member)
}

const readTxhash = tcp('sock.sk_txhash')

const txhash: Convert = (access, out) => (access.write ? write('sock.sk_txhash', access, out) : readTxhash(access, out))

const hwtstamp: Convert = (access, out) => {
  const { dst, src } = access
  const skb = hop(access, `${KERN}.skb`)
  out.load(skb.bits, dst, src, skb.offset)
  // Over what follows, which has four instructions.
  out.jumpImm(Jmp.JEQ, dst, 0, 4)
  loadSharedInfo(access, dst, dst, out)
  out.load(Size.DW, dst, dst, hop(access, 'skb_shared_info.hwtstamps').offset)
  return 8
}

/** Fields that struct tcp_sock has under the same name. */
const tcpFields = `
  bpf_sock_ops_cb_flags snd_cwnd srtt_us snd_ssthresh rcv_nxt snd_nxt snd_una mss_cache ecn_flags rate_delivered
  rate_interval_us packets_out retrans_out total_retrans segs_in data_segs_in segs_out data_segs_out lost_out sacked_out
  bytes_received bytes_acked`

export const sockOps: Context = {
  fields: sockOpsFields,
  rows: {
    op: `${KERN}.op`,
    args: `${KERN}.replylong:4 =`,
    ...socketRows(`${KERN}.sk`),
    is_fullsock: `${KERN}.is_fullsock`,
    state: `${KERN}.sk sock_common.skc_state`,
    // The kernel adds the size of the member `t`, which is where `v` is.
    rtt_min: `${KERN}.sk tcp_sock.rtt_min+minmax_sample.v`,
    ...Object.fromEntries(
      tcpFields
        .trim()
        .split(/\s+/)
        .map((name) => [name, tcp(`tcp_sock.${name}`)]),
    ),
    sk_txhash: txhash,
    sk: readIf('is_fullsock', undefined),
    skb_data: `${KERN}.skb ? sk_buff.data`,
    skb_data_end: `${KERN}.skb_data_end`,
    skb_len: `${KERN}.skb ? sk_buff.len`,
    skb_tcp_flags: `${KERN}.skb ? sk_buff.cb+tcp_skb_cb.tcp_flags`,
    skb_hwtstamp: hwtstamp,
  },
}
