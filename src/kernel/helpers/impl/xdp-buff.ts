import { RunArea } from '../../memory/run-area.ts'
import { GRANT_BOTH } from './grants.ts'
import type { Run } from './run.ts'

/** PAGE_SIZE, XDP_PACKET_HEADROOM, SKB_DATA_ALIGN(sizeof(struct skb_shared_info)), sizeof(struct xdp_frame). */
export const PAGE_SIZE = 4096
export const XDP_HEADROOM = 256
export const SHARED_INFO_SIZE = 320
export const XDP_FRAME_SIZE = 40
export const MAX_SKB_FRAGS = 17
const ETH_HLEN = 14

/** A page of a packet that doesn't fit in one. */
interface Frag {
  at: number
  size: number
}

/** struct xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex. */
export const XDP_MD_SIZE = 24

/**
 * struct xdp_buff: a packet in a frame of one page, and its further pages. All positions are offsets in memory. What
 * struct xdp_md has stands in the run's block (RunArea.CONTEXT), where compiled programs read it.
 */
export class XdpBuff {
  readonly #run: Run
  readonly hardStart: number
  readonly frags: Frag[] = []

  /** @param headroom bytes before the packet's metadata. */
  constructor(run: Run, headroom: number, packet: Uint8Array, metaLen: number, linear: number) {
    this.#run = run
    this.hardStart = run.alloc(PAGE_SIZE, 0)
    run.memory.u8.fill(0, RunArea.CONTEXT, RunArea.CONTEXT + XDP_MD_SIZE)
    this.ingressIfindex = 1
    this.dataMeta = this.hardStart + headroom
    this.data = this.dataMeta + metaLen
    this.dataEnd = this.dataMeta + linear
    run.memory.u8.set(packet.subarray(0, linear), this.dataMeta)
    for (let off = linear; off < packet.length; off += PAGE_SIZE) {
      const part = packet.subarray(off, off + PAGE_SIZE)
      const at = run.alloc(PAGE_SIZE, 0)
      run.memory.u8.set(part, at)
      this.frags.push({ at, size: part.length })
    }
    this.#grant()
  }

  /** A word of struct xdp_md. */
  word(off: number): number {
    return this.#run.memory.view.getUint32(RunArea.CONTEXT + off, true)
  }

  #setWord(off: number, value: number): void {
    this.#run.memory.view.setUint32(RunArea.CONTEXT + off, value, true)
  }

  get data(): number {
    return this.word(0)
  }

  set data(at: number) {
    this.#setWord(0, at)
  }

  get dataEnd(): number {
    return this.word(4)
  }

  set dataEnd(at: number) {
    this.#setWord(4, at)
  }

  get dataMeta(): number {
    return this.word(8)
  }

  set dataMeta(at: number) {
    this.#setWord(8, at)
  }

  set ingressIfindex(index: number) {
    this.#setWord(12, index)
  }

  /** Bytes in all, without the metadata (xdp_get_buff_len). */
  get length(): number {
    return this.dataEnd - this.data + this.fragsSize
  }

  get fragsSize(): number {
    return this.frags.reduce((sum, { size }) => sum + size, 0)
  }

  /** What the caller of a test run gets back: metadata and packet. */
  bytes(): Uint8Array {
    const { u8 } = this.#run.memory
    const parts = [{ at: this.dataMeta, size: this.dataEnd - this.dataMeta }, ...this.frags]
    const all = new Uint8Array(parts.reduce((sum, { size }) => sum + size, 0))
    let off = 0
    for (const { at, size } of parts) {
      all.set(u8.subarray(at, at + size), off)
      off += size
    }
    return all
  }

  /** bpf_xdp_adjust_head. @returns 0 or a negative errno, like all that follow. */
  adjustHead(offset: number): number {
    const metaLen = this.data - this.dataMeta
    const data = this.data + offset
    if (data < this.hardStart + XDP_FRAME_SIZE + metaLen || data > this.dataEnd - ETH_HLEN) return -22
    if (metaLen > 0) this.#run.memory.u8.copyWithin(this.dataMeta + offset, this.dataMeta, this.data)
    this.dataMeta += offset
    this.data = data
    this.#grant()
    return 0
  }

  /** bpf_xdp_adjust_meta. */
  adjustMeta(offset: number): number {
    const meta = this.dataMeta + offset
    if (meta < this.hardStart + XDP_FRAME_SIZE || meta > this.data) return -22
    if (metaLenInvalid(this.data - meta)) return -13
    this.dataMeta = meta
    this.#grant()
    return 0
  }

  /** bpf_xdp_adjust_tail. */
  adjustTail(offset: number): number {
    if (this.frags.length > 0) return offset < 0 ? this.#shrinkFrags(-offset) : this.#growFrag(offset)
    const dataEnd = this.dataEnd + offset
    if (dataEnd > this.hardStart + PAGE_SIZE - SHARED_INFO_SIZE || dataEnd < this.data + ETH_HLEN) return -22
    if (offset > 0) this.#run.memory.u8.fill(0, this.dataEnd, dataEnd)
    this.dataEnd = dataEnd
    this.#grant()
    return 0
  }

  #growFrag(offset: number): number {
    const frag = this.frags[this.frags.length - 1] as Frag
    if (offset > PAGE_SIZE - frag.size) return -22
    this.#run.memory.u8.fill(0, frag.at + frag.size, frag.at + frag.size + offset)
    frag.size += offset
    return 0
  }

  #shrinkFrags(amount: number): number {
    if (amount > this.length - ETH_HLEN) return -22
    let left = amount
    while (this.frags.length > 0 && left > 0) {
      const frag = this.frags[this.frags.length - 1] as Frag
      const shrink = Math.min(left, frag.size)
      left -= shrink
      frag.size -= shrink
      if (frag.size > 0) break
      this.frags.pop()
    }
    if (this.frags.length === 0) {
      this.dataEnd -= left
      this.#grant()
    }
    return 0
  }

  /** bpf_xdp_pull_data: moves what is in further pages into the first, as long as that has room. */
  pull(len: number): number {
    const have = this.dataEnd - this.data
    if (len <= have) return 0
    if (len > this.length) return -22
    const headroom = this.dataMeta - this.hardStart - XDP_FRAME_SIZE
    const tailroom = this.hardStart + PAGE_SIZE - SHARED_INFO_SIZE - this.dataEnd
    let delta = len - have
    if (delta > tailroom + headroom) return -22
    const { u8 } = this.#run.memory
    const shift = delta - tailroom
    if (shift > 0) {
      u8.copyWithin(this.dataMeta - shift, this.dataMeta, this.dataEnd)
      this.dataMeta -= shift
      this.data -= shift
      this.dataEnd -= shift
    }
    while (delta > 0) {
      const frag = this.frags[0] as Frag
      const part = Math.min(delta, frag.size)
      u8.copyWithin(this.dataEnd, frag.at, frag.at + part)
      this.dataEnd += part
      frag.at += part
      frag.size -= part
      delta -= part
      if (frag.size === 0) this.frags.shift()
    }
    this.#grant()
    return 0
  }

  /** What bpf_xdp_pointer says of a range: 0 or a negative errno. */
  checkRange(offset: number, len: number): number {
    if (offset > 0xffff || len > 0xffff) return -14
    return offset + len > this.length ? -22 : 0
  }

  /** Copies between the packet and memory, over the borders of pages (bpf_xdp_copy_buf). */
  copy(offset: number, buffer: number, len: number, toPacket: boolean): void {
    const { u8 } = this.#run.memory
    const parts = [{ at: this.data, size: this.dataEnd - this.data }, ...this.frags]
    for (const { at, size } of parts) {
      if (len === 0) return
      if (offset >= size) {
        offset -= size
        continue
      }
      const n = Math.min(len, size - offset)
      if (toPacket) u8.copyWithin(at + offset, buffer, buffer + n)
      else u8.copyWithin(buffer, at + offset, at + offset + n)
      buffer += n
      len -= n
      offset = 0
    }
  }

  /** The packet's linear part is what a program may touch. */
  #grant(): void {
    const { grants } = this.#run
    grants.revoke(this.hardStart, PAGE_SIZE)
    grants.grant(this.dataMeta, this.dataEnd - this.dataMeta, GRANT_BOTH)
  }
}

/** xdp_metalen_invalid. */
export function metaLenInvalid(metaLen: number): boolean {
  return (metaLen & 3) !== 0 || metaLen > 252
}
