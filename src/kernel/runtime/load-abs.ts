import { NOT_SET } from '../helpers/impl/skb.ts'
import type { Run } from '../helpers/impl/run.ts'

const SKF_NET_OFF = -0x100000
const SKF_LL_OFF = -0x200000

/**
 * BPF_LD | BPF_ABS or BPF_IND: loads from the packet, in network byte order, into r0.
 *
 * @param index word of the register that's added to the offset, or -1.
 * @returns false when there are no such bytes: the function returns 0 then.
 */
export function loadAbs(run: Run, index: number, size: number, imm: number): boolean {
  const { skb, regs, memory } = run
  if (!skb) return false
  let off = index < 0 ? imm : (imm + (regs[index] as number)) | 0
  if (off < 0) {
    if (off >= SKF_NET_OFF) off += -SKF_NET_OFF + skb.networkOffset
    else if (off >= SKF_LL_OFF && skb.macHeader !== NOT_SET) off += -SKF_LL_OFF + skb.macHeader - skb.data
    else return false
  }
  const at = skb.data + off
  if (at + size > skb.tail || at < skb.data - 0x10000 || at < 64) return false
  const { view } = memory
  regs[0] = size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at) : view.getInt32(at)
  regs[1] = 0
  return true
}
