import { Errno } from '../../../uapi/errno.ts'
import { skbOf } from './packet-skb.ts'
import type { HelperImpl, Run } from './run.ts'
import type { Skb } from './skb.ts'
import { CHECKSUM_UNNECESSARY, ETH_HLEN, ETH_P_IP, ETH_P_IPV6, SKB_MAX_LEN } from './skb.ts'

const IPV4_HEADER = 20
const IPV6_HEADER = 40
const ROOM_NET = 0
const ROOM_MAC = 1

const F_FIXED_GSO = 1 << 0
const F_ENCAP_L3_IPV4 = 1 << 1
const F_ENCAP_L3_IPV6 = 1 << 2
const F_ENCAP_L4_GRE = 1 << 3
const F_ENCAP_L4_UDP = 1 << 4
const F_NO_CSUM_RESET = 1 << 5
const F_ENCAP_L2_ETH = 1 << 6
const F_DECAP_L3_IPV4 = 1 << 7
const F_DECAP_L3_IPV6 = 1 << 8
const ENCAP_L3 = F_ENCAP_L3_IPV4 | F_ENCAP_L3_IPV6
const DECAP_L3 = F_DECAP_L3_IPV4 | F_DECAP_L3_IPV6
/** BPF_ADJ_ROOM_ENCAP_L2: the high byte of the flags, as a word of its own. */
const ENCAP_L2_MASK_HI = 0xff000000 | 0
const ALL_LOW = F_FIXED_GSO | ENCAP_L3 | F_ENCAP_L4_GRE | F_ENCAP_L4_UDP | F_NO_CSUM_RESET | F_ENCAP_L2_ETH | DECAP_L3

/** bpf_skb_net_hdr_push: zeros between the first `off` bytes and the rest. */
function insert(run: Run, skb: Skb, off: number, len: number): void {
  const same = skb.transportHeader === skb.networkHeader
  skb.push(len)
  const { u8 } = run.memory
  u8.copyWithin(skb.data, skb.data + len, skb.data + len + off)
  u8.fill(0, skb.data + off, skb.data + off + len)
  skb.macHeader -= len
  skb.networkHeader -= len
  if (same) skb.transportHeader = skb.networkHeader
}

/** bpf_skb_net_hdr_pop: takes bytes after the first `off` away. @returns 0 or a negative errno. */
function remove(run: Run, skb: Skb, off: number, len: number): number {
  if (off + len > skb.len) return -Errno.ENOMEM
  const same = skb.transportHeader === skb.networkHeader
  skb.pullChecksum(skb.data + off, len)
  run.memory.u8.copyWithin(skb.data + len, skb.data, skb.data + off)
  skb.pull(len)
  skb.macHeader += len
  skb.networkHeader += len
  if (same) skb.transportHeader = skb.networkHeader
  return 0
}

const macLen = (skb: Skb) => skb.networkHeader - skb.macHeader
const isIp = (skb: Skb) => skb.protocol === ETH_P_IP || skb.protocol === ETH_P_IPV6

const changeProto: HelperImpl = (run) => {
  const skb = skbOf(run)
  const to = run.lo(2) & 0xffff
  const diff = IPV6_HEADER - IPV4_HEADER
  if (!run.isNull(3)) {
    run.ret(-Errno.EINVAL)
    return
  }
  let ret = 0
  if (skb.protocol === ETH_P_IP && to === ETH_P_IPV6) insert(run, skb, macLen(skb), diff)
  else if (skb.protocol === ETH_P_IPV6 && to === ETH_P_IP) ret = remove(run, skb, macLen(skb), diff)
  else ret = -Errno.ENOTSUPP
  if (ret === 0) {
    skb.protocol = to
    skb.clearHash()
    if (skb.gsoSize !== 0) skb.gsoType = 1
  }
  skb.grant()
  run.ret(ret)
}

/** bpf_skb_net_grow. */
function grow(run: Run, skb: Skb, off: number, len: number, flags: number, innerMacLen: number): number {
  if (skb.gsoSize !== 0) return -Errno.ENOTSUPP
  const encap = (flags & ENCAP_L3) !== 0
  const mac = macLen(skb)
  if (encap) {
    if (!isIp(skb)) return -Errno.ENOTSUPP
    if ((flags & ENCAP_L3) === ENCAP_L3) return -Errno.EINVAL
    if (flags & F_ENCAP_L4_GRE && flags & F_ENCAP_L4_UDP) return -Errno.EINVAL
    if (flags & F_ENCAP_L2_ETH && innerMacLen < ETH_HLEN) return -Errno.EINVAL
    if (skb.encapsulation) return -Errno.EALREADY
    if (innerMacLen > len) return -Errno.EINVAL
  }
  insert(run, skb, off, len)
  if (encap) {
    skb.encapsulation = true
    skb.networkHeader = skb.data + mac
    if (flags & (F_ENCAP_L4_GRE | F_ENCAP_L4_UDP)) {
      skb.transportHeader = skb.networkHeader + (flags & F_ENCAP_L3_IPV6 ? IPV6_HEADER : IPV4_HEADER)
    }
    skb.protocol = flags & F_ENCAP_L3_IPV6 ? ETH_P_IPV6 : ETH_P_IP
  }
  return 0
}

/** bpf_skb_net_shrink. */
function shrink(run: Run, skb: Skb, off: number, len: number, flags: number, flagsHi: number): number {
  if (flagsHi !== 0 || flags & ~(F_FIXED_GSO | DECAP_L3 | F_NO_CSUM_RESET)) return -Errno.EINVAL
  if (skb.gsoSize !== 0) return -Errno.ENOTSUPP
  const ret = remove(run, skb, off, len)
  if (ret !== 0) return ret
  if (skb.protocol === ETH_P_IP && flags & F_DECAP_L3_IPV6) skb.protocol = ETH_P_IPV6
  else if (skb.protocol === ETH_P_IPV6 && flags & F_DECAP_L3_IPV4) skb.protocol = ETH_P_IP
  return 0
}

function adjust(run: Run, skb: Skb): number {
  const diff = run.lo(2)
  const mode = run.lo(3)
  const flags = run.lo(4)
  const flagsHi = run.hi(4)
  const len = Math.abs(diff)
  const base = skb.protocol === ETH_P_IP ? IPV4_HEADER : IPV6_HEADER
  let least = base
  if (flagsHi & ~ENCAP_L2_MASK_HI || flags & ~ALL_LOW) return -Errno.EINVAL
  if (len > 0xfff) return -Errno.EFAULT
  if (!isIp(skb) || (mode !== ROOM_NET && mode !== ROOM_MAC)) return -Errno.ENOTSUPP
  const off = macLen(skb) + (mode === ROOM_NET ? base : 0)
  if (flags & DECAP_L3) {
    if (diff >= 0 || (flags & DECAP_L3) === DECAP_L3) return -Errno.EINVAL
    least = flags & F_DECAP_L3_IPV4 ? IPV4_HEADER : IPV6_HEADER
  }
  const current = skb.len - skb.networkOffset
  if (diff < 0 ? len >= current || current - len < least : skb.len + len > SKB_MAX_LEN && skb.gsoSize === 0) {
    return -Errno.ENOTSUPP
  }
  const ret = diff < 0 ? shrink(run, skb, off, len, flags, flagsHi) : grow(run, skb, off, len, flags, flagsHi >>> 24)
  if (ret === 0 && !(flags & F_NO_CSUM_RESET) && skb.ipSummed === CHECKSUM_UNNECESSARY) {
    skb.ipSummed = 0
    skb.csumLevel = 0
  }
  return ret
}

/** Helpers that make room for headers, and take them away. */
export const roomHelpers: Readonly<Record<string, HelperImpl>> = {
  skb_change_proto: changeProto,
  skb_adjust_room: (run) => {
    const skb = skbOf(run)
    const ret = adjust(run, skb)
    skb.grant()
    run.ret(ret)
  },
}
