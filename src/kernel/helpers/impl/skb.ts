import { csumAdd, csumPartial, csumSub } from './checksum.ts'
import { GRANT_BOTH } from './grants.ts'
import type { Run } from './run.ts'

/** NET_SKB_PAD + NET_IP_ALIGN, and what fits in a page besides it and struct skb_shared_info. */
export const SKB_HEADROOM = 64
/** SKB_MAX_ALLOC. */
export const SKB_MAX_LEN = 16064

export const ETH_HLEN = 14
/** Ethernet types in the order of the wire, as a little-endian machine reads them. */
export const ETH_P_IP = 0x0008
export const ETH_P_IPV6 = 0xdd86
export const ETH_P_8021Q = 0x0081
export const ETH_P_8021AD = 0xa888
const ETH_P_802_3 = 0x0100
const ETH_P_802_2 = 0x0400

export const CHECKSUM_NONE = 0
export const CHECKSUM_UNNECESSARY = 1
export const CHECKSUM_COMPLETE = 2

/** A header that was never set. */
export const NOT_SET = -1

/** struct sk_buff of a linear packet. Header positions are offsets in memory, as `data` and `tail`. */
export class Skb {
  readonly #run: Run
  #head: number
  #size: number
  data: number
  tail: number
  macHeader = NOT_SET
  networkHeader = 0
  transportHeader = NOT_SET
  /** Big-endian, as a little-endian machine reads it. */
  protocol = 0
  pktType = 0
  mark = 0
  priority = 0
  queueMapping = 0
  vlanProto = 0
  vlanTci = 0
  vlanPresent = false
  ifindex = 1
  ingressIfindex = 0
  tcIndex = 0
  tcClassid = 0
  /** qdisc_skb_cb.data, as five words. */
  readonly cb = new Int32Array(5)
  wireLen = 0
  hash = 0
  /** l4_hash or sw_hash: whether `hash` is valid. */
  hashed = false
  tstampLo = 0
  tstampHi = 0
  tstampType = 0
  hwtstampLo = 0
  hwtstampHi = 0
  gsoSegs = 0
  gsoSize = 0
  gsoType = 0
  ipSummed = CHECKSUM_NONE
  csum = 0
  csumLevel = 0
  encapsulation = false
  /** The socket that a test run makes. */
  family = 0
  readonly localAddress = new Uint8Array(16)
  readonly remoteAddress = new Uint8Array(16)

  constructor(run: Run, packet: Uint8Array) {
    this.#run = run
    this.#size = SKB_HEADROOM + packet.length + 64
    this.#head = run.alloc(this.#size, 0)
    this.data = this.#head + SKB_HEADROOM
    this.tail = this.data + packet.length
    this.networkHeader = this.data
    run.memory.u8.set(packet, this.data)
  }

  get len(): number {
    return this.tail - this.data
  }

  get networkOffset(): number {
    return this.networkHeader - this.data
  }

  bytes(): Uint8Array {
    return this.#run.memory.u8.slice(this.data, this.tail)
  }

  /** Lets the program touch the packet as it is now (bpf_compute_data_pointers). */
  grant(): void {
    const { grants } = this.#run
    grants.revoke(this.#head, this.#size)
    grants.grant(this.data, this.len, GRANT_BOTH)
  }

  /** Takes `len` bytes away from the front. */
  pull(len: number): void {
    this.data += len
  }

  /** Adds `len` bytes, as they are, in front (skb_cow and __skb_push). */
  push(len: number): void {
    if (this.data - this.#head < len) this.#grow(len + 64, 0)
    this.data -= len
  }

  /** Makes the packet end later or sooner; what's new is zero. */
  setLength(len: number): void {
    const old = this.tail
    if (this.data + len > this.#head + this.#size) this.#grow(0, this.data + len - this.tail)
    const tail = this.data + len
    if (tail > old) this.#run.memory.u8.fill(0, this.tail, tail)
    this.tail = tail
  }

  #grow(front: number, back: number): void {
    const size = this.#size + front + back
    const head = this.#run.alloc(size, 0)
    const shift = head + front - this.#head
    this.#run.memory.u8.copyWithin(this.data + shift, this.data, this.tail)
    this.#run.grants.revoke(this.#head, this.#size)
    this.#head = head
    this.#size = size
    this.data += shift
    this.tail += shift
    this.networkHeader += shift
    if (this.macHeader !== NOT_SET) this.macHeader += shift
    if (this.transportHeader !== NOT_SET) this.transportHeader += shift
  }

  /** eth_type_trans for a packet that arrives on the loopback device. */
  ethTypeTrans(): void {
    const { u8, view } = this.#run.memory
    this.macHeader = this.data
    this.pull(ETH_HLEN)
    const destination = u8.subarray(this.macHeader, this.macHeader + 6)
    if (destination.some((byte) => byte !== 0)) {
      // The loopback device's broadcast address is zero too, so that no frame is a broadcast.
      this.pktType = (destination[0] as number) & 1 ? 2 : 3
    }
    this.protocol = this.wireProtocol(view.getUint16(this.macHeader + 12, true), this.data)
  }

  /** What a type field means: older frames have a length there. @param next where the bytes after it are. */
  wireProtocol(type: number, next: number): number {
    if ((((type & 0xff) << 8) | (type >>> 8)) >= 0x0600) return type
    const { view } = this.#run.memory
    return next + 2 <= this.tail && view.getUint16(next, true) === 0xffff ? ETH_P_802_3 : ETH_P_802_2
  }

  clearHash(): void {
    this.hash = 0
    this.hashed = false
  }

  /** skb_postpull_rcsum: bytes are about to be changed or to go. */
  pullChecksum(at: number, len: number): void {
    if (this.ipSummed !== CHECKSUM_COMPLETE) return
    const sum = csumPartial(this.#run.bytes(at, len), 0)
    this.csum = csumSub(this.csum, (at - this.networkHeader) & 1 ? rotate(sum) : sum)
  }

  /** skb_postpush_rcsum: bytes were changed or came. */
  pushChecksum(at: number, len: number): void {
    if (this.ipSummed !== CHECKSUM_COMPLETE) return
    const sum = csumPartial(this.#run.bytes(at, len), 0)
    this.csum = csumAdd(this.csum, (at - this.networkHeader) & 1 ? rotate(sum) : sum)
  }
}

function rotate(sum: number): number {
  return ((sum >>> 8) | (sum << 24)) >>> 0
}
