import { OBJ_HI } from '../helpers/impl/address.ts'
import { SkbField } from '../helpers/impl/skb-fields.ts'
import type { VirtualObject } from '../helpers/impl/run.ts'
import type { Skb } from '../helpers/impl/skb.ts'
import { RunArea } from '../memory/run-area.ts'
import { narrow, narrow64 } from './context-field.ts'
import { pointer } from './context-xdp.ts'

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
    if (off >= SkbField.CB && off < SkbField.HASH) return this.#loadCb(r, d, off, size)
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
    const skb = this.#skb
    if (size < 8) return narrow(r, d, skb.word(off & ~3), off, size)
    r[d] = skb.word(off)
    r[d + 1] = off + 8 > SkbField.HASH ? 0 : skb.word(off + 4)
    return true
  }

  #word(off: number): number | undefined {
    const skb = this.#skb
    if (off >= 0 && off < SkbField.DATA) return skb.word(off)
    switch (off) {
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
    if (off >= SkbField.CB && off < SkbField.HASH) return this.#storeCb(off, size, lo, hi)
    if (size !== (off === SkbField.TSTAMP ? 8 : 4)) return false
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
    if (off + size > SkbField.HASH) return false
    const { view } = this.#skb.memory
    const at = RunArea.CONTEXT + off
    if (size === 1) view.setUint8(at, lo)
    else if (size === 2) view.setUint16(at, lo, true)
    else view.setInt32(at, lo, true)
    if (size === 8) view.setInt32(at + 4, hi, true)
    return true
  }
}

function addressWord(skb: Skb, address: Uint8Array, off: number): number {
  return skb.family === AF_INET ? new DataView(address.buffer).getInt32(off, true) : 0
}

function word6(skb: Skb, address: Uint8Array, off: number): number {
  return skb.family === AF_INET ? 0 : new DataView(address.buffer).getInt32(off, true)
}
