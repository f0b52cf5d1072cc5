import type { Memory } from '../../memory/memory.ts'
import { RunArea } from '../../memory/run-area.ts'
import { csumAdd, csumPartial, csumSub } from './checksum.ts'
import { GRANT_BOTH } from './grants.ts'
import type { Run } from './run.ts'
import { SKB_CONTEXT_SIZE, SkbField } from './skb-fields.ts'

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

/**
 * struct sk_buff of a linear packet. Header positions are offsets in memory, as `data` and `tail`. What struct __sk_buff
 * has as it is here stands in the run's block (RunArea.CONTEXT), where compiled programs read and write it.
 */
export class Skb {
  readonly memory: Memory
  readonly #run: Run
  #head: number
  #size: number
  macHeader = NOT_SET
  networkHeader = 0
  transportHeader = NOT_SET
  wireLen = 0
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
    this.memory = run.memory
    this.#size = SKB_HEADROOM + packet.length + 64
    this.#head = run.alloc(this.#size, 0)
    run.memory.u8.fill(0, RunArea.CONTEXT, RunArea.CONTEXT + SKB_CONTEXT_SIZE)
    this.data = this.#head + SKB_HEADROOM
    this.tail = this.data + packet.length
    this.networkHeader = this.data
    this.ifindex = 1
    run.memory.u8.set(packet, this.data)
  }

  /** A word of struct __sk_buff, up to `data`. */
  word(off: number): number {
    return this.memory.view.getUint32(RunArea.CONTEXT + off, true)
  }

  setWord(off: number, value: number): void {
    this.memory.view.setUint32(RunArea.CONTEXT + off, value, true)
  }

  get data(): number {
    return this.word(SkbField.DATA)
  }

  set data(at: number) {
    this.setWord(SkbField.DATA, at)
    this.setWord(SkbField.LEN, this.tail - at)
  }

  get tail(): number {
    return this.word(SkbField.DATA_END)
  }

  set tail(at: number) {
    this.setWord(SkbField.DATA_END, at)
    this.setWord(SkbField.LEN, at - this.data)
  }

  get len(): number {
    return this.tail - this.data
  }

  get pktType(): number {
    return this.word(SkbField.PKT_TYPE)
  }

  set pktType(value: number) {
    this.setWord(SkbField.PKT_TYPE, value)
  }

  get mark(): number {
    return this.word(SkbField.MARK)
  }

  set mark(value: number) {
    this.setWord(SkbField.MARK, value)
  }

  get queueMapping(): number {
    return this.word(SkbField.QUEUE_MAPPING)
  }

  set queueMapping(value: number) {
    this.setWord(SkbField.QUEUE_MAPPING, value)
  }

  /** Big-endian, as a little-endian machine reads it. */
  get protocol(): number {
    return this.word(SkbField.PROTOCOL)
  }

  set protocol(value: number) {
    this.setWord(SkbField.PROTOCOL, value)
  }

  get vlanPresent(): boolean {
    return this.word(SkbField.VLAN_PRESENT) !== 0
  }

  set vlanPresent(value: boolean) {
    this.setWord(SkbField.VLAN_PRESENT, value ? 1 : 0)
  }

  get vlanTci(): number {
    return this.word(SkbField.VLAN_TCI)
  }

  set vlanTci(value: number) {
    this.setWord(SkbField.VLAN_TCI, value)
  }

  get vlanProto(): number {
    return this.word(SkbField.VLAN_PROTO)
  }

  set vlanProto(value: number) {
    this.setWord(SkbField.VLAN_PROTO, value)
  }

  get priority(): number {
    return this.word(SkbField.PRIORITY)
  }

  set priority(value: number) {
    this.setWord(SkbField.PRIORITY, value)
  }

  get ingressIfindex(): number {
    return this.word(SkbField.INGRESS_IFINDEX)
  }

  set ingressIfindex(value: number) {
    this.setWord(SkbField.INGRESS_IFINDEX, value)
  }

  get ifindex(): number {
    return this.word(SkbField.IFINDEX)
  }

  set ifindex(value: number) {
    this.setWord(SkbField.IFINDEX, value)
  }

  get tcIndex(): number {
    return this.word(SkbField.TC_INDEX)
  }

  set tcIndex(value: number) {
    this.setWord(SkbField.TC_INDEX, value)
  }

  get hash(): number {
    return this.word(SkbField.HASH)
  }

  set hash(value: number) {
    this.setWord(SkbField.HASH, value)
  }

  get tcClassid(): number {
    return this.word(SkbField.TC_CLASSID)
  }

  set tcClassid(value: number) {
    this.setWord(SkbField.TC_CLASSID, value)
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
