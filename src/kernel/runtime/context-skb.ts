import { OBJ_HI } from '../helpers/impl/address.ts'
import type { VirtualObject } from '../helpers/impl/run.ts'
import type { Skb } from '../helpers/impl/skb.ts'
import { narrow, narrow64 } from './context-field.ts'
import { pointer } from './context-xdp.ts'

/** Offsets in struct __sk_buff. */
export const SkbField = {
  LEN: 0,
  PKT_TYPE: 4,
  MARK: 8,
  QUEUE_MAPPING: 12,
  PROTOCOL: 16,
  VLAN_PRESENT: 20,
  VLAN_TCI: 24,
  VLAN_PROTO: 28,
  PRIORITY: 32,
  INGRESS_IFINDEX: 36,
  IFINDEX: 40,
  TC_INDEX: 44,
  CB: 48,
  HASH: 68,
  TC_CLASSID: 72,
  DATA: 76,
  DATA_END: 80,
  NAPI_ID: 84,
  FAMILY: 88,
  REMOTE_IP4: 92,
  LOCAL_IP4: 96,
  REMOTE_IP6: 100,
  LOCAL_IP6: 116,
  REMOTE_PORT: 132,
  LOCAL_PORT: 136,
  DATA_META: 140,
  FLOW_KEYS: 144,
  TSTAMP: 152,
  WIRE_LEN: 160,
  GSO_SEGS: 164,
  SK: 168,
  GSO_SIZE: 176,
  TSTAMP_TYPE: 180,
  HWTSTAMP: 184,
} as const

/** sizeof(struct __sk_buff). */
export const SKB_CONTEXT_SIZE = 192

/** queue_mapping that can't be set. */
const NO_QUEUE_MAPPING = 0xffff

const AF_INET = 2

/** struct __sk_buff as a program sees it: what bpf_convert_ctx_access makes of its fields. */
export class SkbContext implements VirtualObject {
  readonly #skb: Skb
  /** Low word of the socket's address. */
  readonly #sock: number
  /** Offset of struct bpf_flow_keys in memory, for flow dissectors. */
  flowKeys = 0

  constructor(skb: Skb, sock: number) {
    this.#skb = skb
    this.#sock = sock
  }

  load(r: Int32Array, d: number, off: number, size: number): boolean {
    const skb = this.#skb
    if (off >= SkbField.CB && off < SkbField.HASH) return this.#loadCb(r, d, off - SkbField.CB, size)
    switch (off) {
      case SkbField.DATA:
        return pointer(r, d, skb.data)
      case SkbField.DATA_META:
        return pointer(r, d, skb.data)
      case SkbField.DATA_END:
        return pointer(r, d, skb.tail)
      case SkbField.FLOW_KEYS:
        return pointer(r, d, this.flowKeys)
      case SkbField.SK:
        r[d] = this.#sock
        r[d + 1] = OBJ_HI
        return true
    }
    switch (off & ~7) {
      case SkbField.TSTAMP:
        return narrow64(r, d, skb.tstampLo, skb.tstampHi, off, size)
      case SkbField.HWTSTAMP:
        return narrow64(r, d, skb.hwtstampLo, skb.hwtstampHi, off, size)
    }
    const value = this.#word(off & ~3)
    return value !== undefined && narrow(r, d, value, off, size)
  }

  #loadCb(r: Int32Array, d: number, off: number, size: number): boolean {
    const { cb } = this.#skb
    if (size < 8) return narrow(r, d, cb[off >> 2] as number, off, size)
    r[d] = cb[off >> 2] as number
    r[d + 1] = cb[(off >> 2) + 1] ?? 0
    return true
  }

  #word(off: number): number | undefined {
    const skb = this.#skb
    switch (off) {
      case SkbField.LEN:
        return skb.len
      case SkbField.PKT_TYPE:
        return skb.pktType
      case SkbField.MARK:
        return skb.mark
      case SkbField.QUEUE_MAPPING:
        return skb.queueMapping
      case SkbField.PROTOCOL:
        return skb.protocol
      case SkbField.VLAN_PRESENT:
        return skb.vlanPresent ? 1 : 0
      case SkbField.VLAN_TCI:
        return skb.vlanTci
      case SkbField.VLAN_PROTO:
        return skb.vlanProto
      case SkbField.PRIORITY:
        return skb.priority
      case SkbField.INGRESS_IFINDEX:
        return skb.ingressIfindex
      case SkbField.IFINDEX:
        return skb.ifindex
      case SkbField.TC_INDEX:
        return skb.tcIndex
      case SkbField.HASH:
        return skb.hash
      case SkbField.TC_CLASSID:
        return skb.tcClassid
      case SkbField.NAPI_ID:
        return 0
      case SkbField.FAMILY:
        return skb.family
      case SkbField.REMOTE_PORT:
      case SkbField.LOCAL_PORT:
        return 0
      case SkbField.WIRE_LEN:
        return skb.wireLen
      case SkbField.GSO_SEGS:
        return skb.gsoSegs
      case SkbField.GSO_SIZE:
        return skb.gsoSize
      case SkbField.TSTAMP_TYPE:
        return skb.tstampType
      case SkbField.REMOTE_IP4:
        return addressWord(skb, skb.remoteAddress, 0)
      case SkbField.LOCAL_IP4:
        return addressWord(skb, skb.localAddress, 0)
    }
    if (off >= SkbField.REMOTE_IP6 && off < SkbField.LOCAL_IP6) {
      return word6(skb, skb.remoteAddress, off - SkbField.REMOTE_IP6)
    }
    if (off >= SkbField.LOCAL_IP6 && off < SkbField.REMOTE_PORT) {
      return word6(skb, skb.localAddress, off - SkbField.LOCAL_IP6)
    }
    return undefined
  }

  store(off: number, size: number, lo: number, hi: number): boolean {
    const skb = this.#skb
    if (off >= SkbField.CB && off < SkbField.HASH) return this.#storeCb(off - SkbField.CB, size, lo, hi)
    switch (off) {
      case SkbField.MARK:
        skb.mark = lo
        return true
      case SkbField.QUEUE_MAPPING:
        if (lo >>> 0 < NO_QUEUE_MAPPING) skb.queueMapping = lo & 0xffff
        return true
      case SkbField.PRIORITY:
        skb.priority = lo
        return true
      case SkbField.TC_INDEX:
        skb.tcIndex = lo & 0xffff
        return true
      case SkbField.TC_CLASSID:
        skb.tcClassid = lo & 0xffff
        return true
      case SkbField.TSTAMP:
        skb.tstampLo = lo
        skb.tstampHi = hi
        return true
    }
    return false
  }

  #storeCb(off: number, size: number, lo: number, hi: number): boolean {
    const { cb } = this.#skb
    const bytes = new DataView(cb.buffer)
    if (off + size > cb.byteLength) return false
    if (size === 1) bytes.setUint8(off, lo)
    else if (size === 2) bytes.setUint16(off, lo, true)
    else bytes.setInt32(off, lo, true)
    if (size === 8) bytes.setInt32(off + 4, hi, true)
    return true
  }
}

function addressWord(skb: Skb, address: Uint8Array, off: number): number {
  return skb.family === AF_INET ? new DataView(address.buffer).getInt32(off, true) : 0
}

function word6(skb: Skb, address: Uint8Array, off: number): number {
  return skb.family === AF_INET ? 0 : new DataView(address.buffer).getInt32(off, true)
}
