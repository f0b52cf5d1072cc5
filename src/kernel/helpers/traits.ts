import { helperNames } from '../../uapi/helper-names.ts'
import { protoByName } from './access.ts'
import type { ArgType } from './row.ts'

/** What a call of a helper can do to what surrounds it, read from its prototype. */
export interface HelperTraits {
  /** How many arguments it takes; bpf_trace_printk's prototype doesn't tell of those that it prints. */
  readonly args: number
  /** Bit n: memory that argument n points to may be written. */
  readonly writes: number
  /** It calls a function of the program. */
  readonly callsBack: boolean
  /** Pointers into the packet mean nothing afterwards (bpf_helper_changes_pkt_data). */
  readonly changesPacket: boolean
}

const packetChangers: ReadonlySet<string> = new Set([
  'clone_redirect',
  'l3_csum_replace',
  'l4_csum_replace',
  'lwt_push_encap',
  'lwt_seg6_action',
  'lwt_seg6_adjust_srh',
  'lwt_seg6_store_bytes',
  'msg_pop_data',
  'msg_pull_data',
  'msg_push_data',
  'skb_adjust_room',
  'skb_change_head',
  'skb_change_proto',
  'skb_change_tail',
  'skb_pull_data',
  'skb_store_bytes',
  'skb_vlan_pop',
  'skb_vlan_push',
  'store_hdr_opt',
  'xdp_adjust_head',
  'xdp_adjust_meta',
  'xdp_adjust_tail',
])

/** Arguments whose memory a helper reads, if they are memory at all. */
const readOnly: ReadonlySet<string> = new Set([
  'ANYTHING',
  'CONST_SIZE',
  'CONST_SIZE_OR_ZERO',
  'CONST_ALLOC_SIZE_OR_ZERO',
  'CONST_MAP_PTR',
  'PTR_TO_CTX',
  'PTR_TO_CTX_OR_NULL',
  'PTR_TO_MAP_KEY',
  'PTR_TO_MAP_VALUE',
  'PTR_TO_MAP_VALUE_OR_NULL',
  'PTR_TO_CONST_STR',
  'PTR_TO_FUNC',
])

function mayWrite({ base, flags }: ArgType): boolean {
  if (flags.includes('MEM_WRITE') || flags.includes('MEM_UNINIT')) return true
  return !readOnly.has(base) && !flags.includes('MEM_RDONLY')
}

const known = new Map<number, HelperTraits>()

/** @param id a helper's number; of those without a prototype, the worst is thought. */
export function helperTraits(id: number): HelperTraits {
  let traits = known.get(id)
  if (traits) return traits
  const name = helperNames[id] ?? ''
  const proto = protoByName(name)
  traits = proto
    ? {
        args: name === 'trace_printk' ? 5 : proto.args.length,
        writes: proto.args.reduce((bits, arg, i) => (mayWrite(arg) ? bits | (1 << (i + 1)) : bits), 0),
        callsBack: proto.args.some(({ base }) => base === 'PTR_TO_FUNC'),
        changesPacket: packetChangers.has(name),
      }
    : { args: 5, writes: 0x3e, callsBack: true, changesPacket: true }
  known.set(id, traits)
  return traits
}
