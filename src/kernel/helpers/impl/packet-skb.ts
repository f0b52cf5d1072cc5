import { Errno } from '../../../uapi/errno.ts'
import type { HelperImpl, Run } from './run.ts'
import { fault } from './run.ts'
import type { Skb } from './skb.ts'
import {
  CHECKSUM_COMPLETE,
  ETH_HLEN,
  ETH_P_8021AD,
  ETH_P_8021Q,
  ETH_P_IP,
  ETH_P_IPV6,
  NOT_SET,
  SKB_MAX_LEN,
} from './skb.ts'

const F_RECOMPUTE_CSUM = 1
const F_INVALIDATE_HASH = 2
const HDR_START_MAC = 0
const HDR_START_NET = 1
const VLAN_HLEN = 4
const INT_MAX = 0x7fffffff
const PACKET_LOOPBACK = 5

/** The packet of a program that works on socket buffers. */
export function skbOf(run: Run): Skb {
  if (!run.skb) throw fault('a helper for socket buffers')
  return run.skb
}

/** bpf_try_make_writable. @returns whether so many bytes are there. */
export function hasBytes(skb: Skb, len: number): boolean {
  return len <= skb.len
}

/** __bpf_skb_store_bytes. @param from where the bytes are. @returns 0 or a negative errno. */
export function storeBytes(run: Run, offset: number, from: number, len: number, flags: number): number {
  const skb = skbOf(run)
  if (flags & ~(F_RECOMPUTE_CSUM | F_INVALIDATE_HASH)) return -Errno.EINVAL
  if (offset > INT_MAX || !hasBytes(skb, offset + len)) return -Errno.EFAULT
  const at = skb.data + offset
  if (flags & F_RECOMPUTE_CSUM) skb.pullChecksum(at, len)
  run.memory.u8.copyWithin(at, from, from + len)
  if (flags & F_RECOMPUTE_CSUM) skb.pushChecksum(at, len)
  if (flags & F_INVALIDATE_HASH) skb.clearHash()
  return 0
}

const skbStoreBytes: HelperImpl = (run) => {
  const len = run.lo(4) >>> 0
  const flags = run.hi(5) === 0 ? run.lo(5) : -1
  run.ret(storeBytes(run, run.lo(2) >>> 0, run.read(3, len), len, flags))
}

/** Copies bytes of the packet, or zeros and EFAULT where they aren't there. */
function copyOut(run: Run, at: number | undefined, len: number): void {
  const skb = skbOf(run)
  const to = run.write(3, len)
  const { u8 } = run.memory
  if (at === undefined || at + len > skb.tail) {
    u8.fill(0, to, to + len)
    run.ret(-Errno.EFAULT)
    return
  }
  u8.copyWithin(to, at, at + len)
  run.ret(0)
}

const loadBytes: HelperImpl = (run) => {
  const offset = run.lo(2) >>> 0
  copyOut(run, offset > INT_MAX ? undefined : skbOf(run).data + offset, run.lo(4) >>> 0)
}

const loadBytesRelative: HelperImpl = (run) => {
  const skb = skbOf(run)
  const offset = run.lo(2) >>> 0
  const start = run.lo(5)
  let at: number | undefined
  if (offset <= 0xffff) {
    if (start === HDR_START_MAC && skb.macHeader !== NOT_SET) at = skb.macHeader + offset
    else if (start === HDR_START_NET) at = skb.networkHeader + offset
  }
  copyOut(run, at, run.lo(4) >>> 0)
}

const changeTail: HelperImpl = (run) => {
  const skb = skbOf(run)
  const len = run.lo(2) >>> 0
  let least = Math.max(skb.networkOffset, 0)
  if (skb.transportHeader !== NOT_SET && skb.transportHeader > skb.data) least = skb.transportHeader - skb.data
  if (!run.isNull(3) || len > SKB_MAX_LEN || len < least) {
    run.ret(-Errno.EINVAL)
    return
  }
  if (skb.encapsulation) {
    run.ret(-Errno.ENOTSUPP)
    return
  }
  if (len < skb.len) skb.pullChecksum(skb.data + len, skb.len - len)
  skb.setLength(len)
  if (skb.gsoSize !== 0) {
    skb.gsoSize = 0
    skb.gsoSegs = 0
    skb.gsoType = 0
  }
  skb.grant()
  run.ret(0)
}

const changeHead: HelperImpl = (run) => {
  const skb = skbOf(run)
  const room = run.lo(2)
  const len = skb.len + room
  if (!run.isNull(3) || room < 0 || (skb.gsoSize === 0 && len > SKB_MAX_LEN)) {
    run.ret(-Errno.EINVAL)
    return
  }
  skb.push(room)
  run.memory.u8.fill(0, skb.data, skb.data + room)
  skb.macHeader = skb.data
  skb.grant()
  run.ret(0)
}

/** __vlan_insert_tag: a tag that was beside the packet goes into it. */
function insertVlan(run: Run, skb: Skb): void {
  skb.push(VLAN_HLEN)
  const { u8, view } = run.memory
  u8.copyWithin(skb.data, skb.data + VLAN_HLEN, skb.data + VLAN_HLEN + 12)
  view.setUint16(skb.data + 12, skb.vlanProto, true)
  view.setUint16(skb.data + 14, skb.vlanTci)
  skb.macHeader -= VLAN_HLEN
  skb.protocol = skb.vlanProto
  skb.networkHeader -= VLAN_HLEN
  skb.pushChecksum(skb.data + 12, VLAN_HLEN)
}

/** __skb_vlan_pop: takes the tag out of the packet. @returns its TCI or a negative errno. */
function removeVlan(run: Run, skb: Skb): number {
  if (skb.len < ETH_HLEN + VLAN_HLEN) return -Errno.ENOMEM
  const { u8, view } = run.memory
  skb.pullChecksum(skb.data + 12, VLAN_HLEN)
  const tci = view.getUint16(skb.data + 14)
  const type = view.getUint16(skb.data + 16, true)
  const next = skb.data + 18
  u8.copyWithin(skb.data + VLAN_HLEN, skb.data, skb.data + 12)
  skb.protocol = skb.wireProtocol(type, next)
  skb.pull(VLAN_HLEN)
  skb.macHeader += VLAN_HLEN
  if (skb.networkOffset < ETH_HLEN) skb.networkHeader = skb.data + ETH_HLEN
  return tci
}

const isVlan = (protocol: number) => protocol === ETH_P_8021Q || protocol === ETH_P_8021AD

const vlanPush: HelperImpl = (run) => {
  const skb = skbOf(run)
  const proto = run.lo(2) & 0xffff
  if (skb.vlanPresent) insertVlan(run, skb)
  skb.vlanPresent = true
  skb.vlanProto = isVlan(proto) ? proto : ETH_P_8021Q
  skb.vlanTci = run.lo(3) & 0xffff
  skb.grant()
  run.ret(0)
}

/** skb_vlan_pop: the tag beside the packet goes, and the packet's own first one comes beside it. */
function popVlan(run: Run, skb: Skb): number {
  if (skb.vlanPresent) {
    skb.vlanPresent = false
    skb.vlanProto = 0
    skb.vlanTci = 0
  } else {
    if (!isVlan(skb.protocol)) return 0
    const removed = removeVlan(run, skb)
    if (removed < 0) return removed
  }
  if (!isVlan(skb.protocol)) return 0
  const proto = skb.protocol
  const tci = removeVlan(run, skb)
  if (tci < 0) return tci
  skb.vlanPresent = true
  skb.vlanProto = proto
  skb.vlanTci = tci
  return 0
}

const vlanPop: HelperImpl = (run) => {
  const skb = skbOf(run)
  const ret = popVlan(run, skb)
  skb.grant()
  run.ret(ret)
}

/** The flow's hash: of its bytes, never 0. The kernel's has a key of its own in each boot. */
const getHash: HelperImpl = (run) => {
  const skb = skbOf(run)
  if (!skb.hashed) {
    let hash = 0x811c9dc5
    for (const byte of run.bytes(skb.networkHeader, Math.min(40, Math.max(0, skb.tail - skb.networkHeader)))) {
      hash = Math.imul(hash ^ byte, 0x01000193)
    }
    skb.hash = hash === 0 ? 1 : hash
    skb.hashed = true
  }
  run.ret64(skb.hash, 0)
}

const changeType: HelperImpl = (run) => {
  const skb = skbOf(run)
  const type = run.lo(2) >>> 0
  const ok = (kind: number) => kind < PACKET_LOOPBACK - 1 // PACKET_OTHERHOST is the last one
  if (!ok(skb.pktType) || !ok(type)) {
    run.ret(-Errno.EINVAL)
    return
  }
  skb.pktType = type
  run.ret(0)
}

const checksumLevel: HelperImpl = (run) => {
  const skb = skbOf(run)
  const level = run.isNull(2) ? 0 : run.size(2)
  switch (level) {
    case 0: // query
      run.ret(skb.ipSummed === 1 ? skb.csumLevel : -Errno.EACCES)
      return
    case 1: // one more
      if (skb.ipSummed === 1) skb.csumLevel = Math.min(skb.csumLevel + 1, 3)
      else if (skb.ipSummed === 0) {
        skb.ipSummed = 1
        skb.csumLevel = 0
      }
      break
    case 2: // one less
      if (skb.ipSummed === 1) {
        if (skb.csumLevel === 0) skb.ipSummed = 0
        else skb.csumLevel--
      }
      break
    case 3: // none
      if (skb.ipSummed === 1) {
        skb.ipSummed = 0
        skb.csumLevel = 0
      }
      break
    default:
      run.ret(-Errno.EINVAL)
      return
  }
  run.ret(0)
}

/** What a helper says that looks for something that a packet of a test run doesn't have. */
function answer(value: number): HelperImpl {
  return (run) => {
    run.ret(value)
  }
}

/** Fills the caller's buffer with zeros before it fails. */
function clear(value: number): HelperImpl {
  return (run) => {
    const size = run.size(3)
    const at = run.write(2, size)
    run.memory.u8.fill(0, at, at + size)
    run.ret(value)
  }
}

/** Helpers that work on socket buffers; `bpf_skb_adjust_room` and its kin are elsewhere. */
export const skbHelpers: Readonly<Record<string, HelperImpl>> = {
  skb_store_bytes: skbStoreBytes,
  skb_load_bytes: loadBytes,
  skb_load_bytes_relative: loadBytesRelative,
  skb_pull_data: (run) => {
    const skb = skbOf(run)
    const len = run.lo(2) >>> 0
    run.ret(hasBytes(skb, len === 0 ? skb.len : len) ? 0 : -Errno.ENOMEM)
  },
  skb_change_tail: changeTail,
  skb_change_head: changeHead,
  skb_vlan_push: vlanPush,
  skb_vlan_pop: vlanPop,
  get_hash_recalc: getHash,
  set_hash_invalid: (run) => {
    skbOf(run).clearHash()
    run.ret(0)
  },
  set_hash: (run) => {
    const skb = skbOf(run)
    skb.hash = run.lo(2)
    skb.hashed = true
    run.ret(0)
  },
  skb_change_type: changeType,
  csum_level: checksumLevel,
  skb_set_tstamp: (run) => {
    const skb = skbOf(run)
    const type = run.lo(3) >>> 0
    if (skb.protocol !== ETH_P_IP && skb.protocol !== ETH_P_IPV6) {
      run.ret(-Errno.EOPNOTSUPP)
      return
    }
    // Realtime, monotonic, TAI: only the first may have no time.
    if (type > 2 || (type !== 0 && run.isNull(2))) {
      run.ret(-Errno.EINVAL)
      return
    }
    skb.tstampLo = run.lo(2)
    skb.tstampHi = run.hi(2)
    skb.tstampType = type
    run.ret(0)
  },
  get_route_realm: answer(0),
  skb_cgroup_classid: answer(0),
  skb_cgroup_id: answer(1),
  skb_ancestor_cgroup_id: (run) => {
    run.ret(run.lo(2) === 0 ? 1 : 0)
  },
  skb_under_cgroup: (run) => {
    run.ret(run.lo(3) >>> 0 >= run.map(2).record.maxEntries ? -Errno.E2BIG : -Errno.EAGAIN)
  },
  skb_get_tunnel_key: clear(-Errno.EINVAL),
  skb_get_tunnel_opt: clear(-Errno.ENOENT),
  skb_set_tunnel_opt: answer(-Errno.EINVAL),
  skb_get_xfrm_state: (run) => {
    const size = run.size(4)
    const at = run.write(3, size)
    run.memory.u8.fill(0, at, at + size)
    run.ret(-Errno.EINVAL)
  },
  csum_update: (run) => {
    const skb = skbOf(run)
    if (skb.ipSummed !== CHECKSUM_COMPLETE) {
      run.ret(-Errno.ENOTSUPP)
      return
    }
    const sum = (skb.csum >>> 0) + (run.lo(2) >>> 0)
    skb.csum = sum > 0xffffffff ? sum - 0xffffffff : sum
    run.ret64(skb.csum, 0)
  },
}
