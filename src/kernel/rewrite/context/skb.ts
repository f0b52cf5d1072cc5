import { Alu, Class, Jmp, Mode, Size } from '../../../isa/opcode.ts'
import { skbFields } from '../../progs/context-fields.ts'
import { AX } from '../code.ts'
import type { Code } from '../code.ts'
import type { Context, ContextAccess, ContextRows, Convert } from './convert.ts'
import { borrow, convertRow, hop, store } from './convert.ts'

/** struct __sk_buff, which stands for struct sk_buff. */

const PKT_TYPE_MAX = 7
const NO_QUEUE_MAPPING = 0xffff
/** Bits of the byte at __mono_tc_offset. */
const TSTAMP_TYPE_MASK = 3
const AT_INGRESS_MASK = 4

const pktType: Convert = (access, out) => {
  out.load(Size.B, access.dst, access.src, hop(access, 'sk_buff.__pkt_type_offset').offset)
  out.alu32Imm(Alu.AND, access.dst, PKT_TYPE_MAX)
  return 1
}

const queueMapping: Convert = (access, out) => {
  if (!access.write) return convertRow(access, 'sk_buff.queue_mapping', out)
  const { offset } = hop(access, 'sk_buff.queue_mapping')
  const constant = (access.code & 7) === Class.ST
  if (constant && access.imm >= NO_QUEUE_MAPPING) {
    out.ja(0)
    return 2
  }
  if (!constant) out.jumpImm(Jmp.JGE, access.src, NO_QUEUE_MAPPING, 1)
  store(access, out, Size.H, access.dst, offset)
  return 2
}

const vlanPresent: Convert = (access, out) => {
  convertRow(access, 'sk_buff.vlan_all', out)
  out.jumpImm(Jmp.JEQ, access.dst, 0, 1)
  out.alu32Imm(Alu.MOV, access.dst, 1)
  return 4
}

const tcIndex: Convert = (access, out) => {
  if (access.env.kernel.option('CONFIG_NET_SCHED') !== undefined) {
    return convertRow(access, 'sk_buff.tc_index =', out)
  }
  if (access.write) out.mov(access.dst, access.dst)
  else out.movImm(access.dst, 0)
  return 2
}

const napiId: Convert = (access, out) => {
  const { env, dst } = access
  if (env.kernel.option('CONFIG_NET_RX_BUSY_POLL') !== undefined) {
    convertRow(access, 'sk_buff.napi_id', out)
    // Smaller ones are numbers of CPUs.
    out.jumpImm(Jmp.JGE, dst, Number(env.kernel.option('CONFIG_NR_CPUS') ?? 1) + 1, 1)
  }
  out.movImm(dst, 0)
  return 4
}

/** bpf_convert_tstamp_read, bpf_convert_tstamp_write: what was received long ago has no time to be sent. */
const tstamp: Convert = (access, out) => {
  const { env, dst, src, write } = access
  const skb = write ? dst : src
  const bits = hop(access, 'sk_buff.__mono_tc_offset').offset
  const { offset } = hop(access, 'sk_buff.tstamp')
  if (env.kernel.option('CONFIG_NET_XGRESS') !== undefined && !access.readsTstampType) {
    out.load(Size.B, AX, skb, bits)
    out.jump32Imm(Jmp.JSET, AX, AT_INGRESS_MASK, 1)
    if (write) {
      out.ja(2)
      out.alu32Imm(Alu.AND, AX, ~TSTAMP_TYPE_MASK)
      out.store(Size.B, skb, AX, bits)
    } else {
      out.ja(4)
      out.jump32Imm(Jmp.JSET, AX, TSTAMP_TYPE_MASK, 1)
      out.ja(2)
      out.movImm(dst, 0)
      out.ja(1)
    }
  }
  if (write) out.raw((access.code & 7) | Size.DW | Mode.MEM, skb, src, offset, access.imm)
  else out.load(Size.DW, dst, skb, offset)
  return 8
}

const tstampType: Convert = (access, out) => {
  out.load(Size.B, access.dst, access.src, hop(access, 'sk_buff.__mono_tc_offset').offset)
  out.alu32Imm(Alu.AND, access.dst, TSTAMP_TYPE_MASK)
  return 1
}

/** bpf_convert_shinfo_access: skb_shinfo(), where the packet ends. */
export function loadSharedInfo(access: ContextAccess, dst: number, skb: number, out: Code): void {
  const end = hop(access, 'sk_buff.end')
  const head = hop(access, 'sk_buff.head')
  out.load(end.bits, AX, skb, end.offset)
  out.load(head.bits, dst, skb, head.offset)
  out.alu(Alu.ADD, dst, AX)
}

function shared(name: string): Convert {
  return (access, out) => {
    const { dst, src } = access
    loadSharedInfo(access, dst, src, out)
    const { offset, bits, bytes } = hop(access, `skb_shared_info.${name}`)
    out.load(bits, dst, dst, offset)
    return bytes
  }
}

const common: ContextRows = {
  len: 'sk_buff.len',
  pkt_type: pktType,
  mark: 'sk_buff.mark =',
  queue_mapping: queueMapping,
  protocol: 'sk_buff.protocol',
  vlan_present: vlanPresent,
  vlan_tci: 'sk_buff.vlan_tci',
  vlan_proto: 'sk_buff.vlan_proto',
  priority: 'sk_buff.priority =',
  ingress_ifindex: 'sk_buff.skb_iif',
  ifindex: 'sk_buff.dev ? net_device.ifindex',
  tc_index: tcIndex,
  cb: 'sk_buff.cb+qdisc_skb_cb.data:s =',
  hash: 'sk_buff.hash',
  tc_classid: 'sk_buff.cb+qdisc_skb_cb.tc_classid =',
  data: 'sk_buff.data',
  data_end: 'sk_buff.cb+bpf_skb_data_end.data_end',
  napi_id: napiId,
  family: 'sk_buff.sk sock_common.skc_family',
  remote_ip4: 'sk_buff.sk sock_common.skc_daddr',
  local_ip4: 'sk_buff.sk sock_common.skc_rcv_saddr',
  remote_ip6: 'ip6 sk_buff.sk sock_common.skc_v6_daddr:4',
  local_ip6: 'ip6 sk_buff.sk sock_common.skc_v6_rcv_saddr:4',
  remote_port: 'sk_buff.sk sock_common.skc_dport <<16',
  local_port: 'sk_buff.sk sock_common.skc_num',
  data_meta: 'sk_buff.cb+bpf_skb_data_end.data_meta',
  tstamp,
  wire_len: 'sk_buff.cb+qdisc_skb_cb.pkt_len',
  gso_segs: shared('gso_segs'),
  sk: 'sk_buff.sk',
  gso_size: shared('gso_size'),
  tstamp_type: tstampType,
  hwtstamp: shared('hwtstamps'),
}

/** bpf_convert_ctx_access. */
export const skb: Context = { fields: skbFields, rows: common }

/** tc_cls_act_convert_ctx_access: its packets always have a device. */
export const tcSkb: Context = { fields: skbFields, rows: { ...common, ifindex: 'sk_buff.dev net_device.ifindex' } }

/** bpf_convert_data_end_access: the end isn't kept anywhere, it's where the linear part ends. */
const dataEnd: Convert = (access, out) => {
  const { dst, src } = access
  const same = dst === src
  const reg = same ? borrow(access) : dst
  const temp = hop(access, 'sk_buff.cb+sk_skb_cb.temp_reg').offset
  if (same) out.store(Size.DW, src, reg, temp)
  const field = (name: string, to: number) => {
    const { offset, bits } = hop(access, `sk_buff.${name}`)
    out.load(bits, to, src, offset)
  }
  field('data', reg)
  field('len', AX)
  out.alu(Alu.ADD, reg, AX)
  field('data_len', AX)
  out.alu(Alu.SUB, reg, AX)
  if (same) {
    out.mov(AX, src)
    out.mov(dst, reg)
    out.load(Size.DW, reg, AX, temp)
  }
  return 8
}

/** sk_skb_convert_ctx_access. */
export const skSkb: Context = {
  fields: skbFields,
  rows: { ...common, data_end: dataEnd, cb: 'sk_buff.cb+sk_skb_cb.data:s =' },
}

/** flow_dissector_convert_ctx_access. */
export const flowDissector: Context = {
  fields: skbFields,
  rows: {
    data: 'bpf_flow_dissector.data',
    data_end: 'bpf_flow_dissector.data_end',
    flow_keys: 'bpf_flow_dissector.flow_keys',
  },
}
