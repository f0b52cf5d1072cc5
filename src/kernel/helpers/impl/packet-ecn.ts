import type { HelperImpl, Run } from './run.ts'
import { skbOf } from './packet-skb.ts'
import type { Skb } from './skb.ts'
import { ETH_HLEN, ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6 } from './skb.ts'

const IPV4_HEADER = 20
const IPV6_HEADER = 40
const ECN_MASK = 3
const VLAN_MAX_DEPTH = 8

/** skb_protocol without VLAN tags (__vlan_get_protocol). */
function innerProtocol(run: Run, skb: Skb): number {
  let { protocol } = skb
  for (let depth = 0; protocol === ETH_P_8021Q || protocol === ETH_P_8021AD; depth++) {
    const at = skb.data + ETH_HLEN + depth * 4
    if (depth === VLAN_MAX_DEPTH - 1 || at + 4 > skb.tail) return 0
    protocol = run.memory.view.getUint16(at + 2, true)
  }
  return protocol
}

/** IP_ECN_set_ce: the mark, and the header's checksum with it. */
function markIpv4(run: Run, at: number): number {
  const { u8, view } = run.memory
  const tos = u8[at + 1] as number
  const ecn = (tos + 1) & ECN_MASK
  if (!(ecn & 2)) return ecn === 0 ? 1 : 0
  // The field grows by 3 - bits, so that its checksum shrinks by it: in the order of the wire.
  const check = view.getUint16(at + 10, true) + 0xfbff + (ecn << 8)
  view.setUint16(at + 10, (check & 0xffff) + (check >>> 16), true)
  u8[at + 1] = tos | ECN_MASK
  return 1
}

/** IP6_ECN_set_ce. */
function markIpv6(run: Run, at: number): number {
  const { view } = run.memory
  const word = view.getUint32(at)
  if (((word >>> 20) & ECN_MASK) === 0) return 0
  view.setUint32(at, word | (ECN_MASK << 20))
  return 1
}

const setCe: HelperImpl = (run) => {
  const skb = skbOf(run)
  const protocol = innerProtocol(run, skb)
  const at = skb.networkHeader
  let ret = 0
  if (protocol === ETH_P_IP && skb.len >= IPV4_HEADER && at + IPV4_HEADER <= skb.tail) ret = markIpv4(run, at)
  else if (protocol === ETH_P_IPV6 && skb.len >= IPV6_HEADER && at + IPV6_HEADER <= skb.tail) ret = markIpv6(run, at)
  run.ret(ret)
}

/** bpf_skb_ecn_set_ce. */
export const ecnHelpers: Readonly<Record<string, HelperImpl>> = { skb_ecn_set_ce: setCe }
