import { Errno } from '../../../uapi/errno.ts'
import { csumAdd, csumFold, csumFrom32to16, csumPartial, csumSub, csumUnfold } from './checksum.ts'
import { hasBytes, skbOf } from './packet-skb.ts'
import type { HelperImpl, Run } from './run.ts'
import type { Skb } from './skb.ts'
import { CHECKSUM_COMPLETE } from './skb.ts'

const F_HDR_FIELD_MASK = 0xf
const F_PSEUDO_HDR = 1 << 4
const F_MARK_MANGLED_0 = 1 << 5
const F_MARK_ENFORCE = 1 << 6
const F_IPV6 = 1 << 7
const CSUM_MANGLED_0 = 0xffff

/** Where the checksum field is, or a negative errno. */
function field(run: Run, skb: Skb, allowed: number): number {
  const offset = run.lo(2) >>> 0
  if (run.hi(5) !== 0 || run.lo(5) & ~allowed) return -Errno.EINVAL
  if (offset > 0xffff || offset & 1 || !hasBytes(skb, offset + 2)) return -Errno.EFAULT
  return skb.data + offset
}

/** csum_replace4: a field's checksum after 32 bits of what it covers changed. */
function replace4(sum: number, from: number, to: number): number {
  return csumFold(csumAdd(csumSub(~csumUnfold(sum) >>> 0, from), to))
}

/** csum_replace2, whose carry comes around in 16 bits. */
function replace2(sum: number, from: number, to: number): number {
  const add16 = (a: number, b: number) => {
    const added = a + b
    return (added & 0xffff) + (added >>> 16)
  }
  return ~add16(add16(~sum & 0xffff, ~from & 0xffff), to & 0xffff) & 0xffff
}

const l3Replace: HelperImpl = (run) => {
  const skb = skbOf(run)
  const at = field(run, skb, F_HDR_FIELD_MASK)
  if (at < 0) {
    run.ret(at)
    return
  }
  const { view } = run.memory
  const sum = view.getUint16(at, true)
  const from = run.lo(3) >>> 0
  const to = run.lo(4) >>> 0
  switch (run.lo(5) & F_HDR_FIELD_MASK) {
    case 0:
      if (!run.isNull(3)) {
        run.ret(-Errno.EINVAL)
        return
      }
      view.setUint16(at, csumFold(csumAdd(to, ~csumUnfold(sum) >>> 0)), true)
      break
    case 2:
      view.setUint16(at, replace2(sum, from, to), true)
      break
    case 4:
      view.setUint16(at, replace4(sum, from, to), true)
      break
    default:
      run.ret(-Errno.EINVAL)
      return
  }
  run.ret(0)
}

/** inet_proto_csum_replace4 for packets whose checksum is not left to a device. */
function protoReplace4(skb: Skb, sum: number, from: number, to: number, pseudo: boolean): number {
  if (skb.ipSummed === CHECKSUM_COMPLETE && pseudo) {
    skb.csum = ~csumAdd(csumSub(~skb.csum >>> 0, from), to) >>> 0
  }
  return replace4(sum, from, to)
}

/** inet_proto_csum_replace_by_diff. */
function protoReplaceByDiff(skb: Skb, sum: number, diff: number, pseudo: boolean, ipv6: boolean): number {
  if (skb.ipSummed === CHECKSUM_COMPLETE && pseudo && !ipv6) {
    skb.csum = ~csumSub(diff, skb.csum) >>> 0
  }
  return csumFold(csumAdd(diff, ~csumUnfold(sum) >>> 0))
}

const l4Replace: HelperImpl = (run) => {
  const skb = skbOf(run)
  const flags = run.lo(5)
  const at = field(run, skb, F_HDR_FIELD_MASK | F_PSEUDO_HDR | F_MARK_MANGLED_0 | F_MARK_ENFORCE | F_IPV6)
  if (at < 0) {
    run.ret(at)
    return
  }
  const { view } = run.memory
  let sum = view.getUint16(at, true)
  const mangled = (flags & F_MARK_MANGLED_0) !== 0
  if (mangled && !(flags & F_MARK_ENFORCE) && sum === 0) {
    run.ret(0)
    return
  }
  const pseudo = (flags & F_PSEUDO_HDR) !== 0
  const from = run.lo(3) >>> 0
  const to = run.lo(4) >>> 0
  switch (flags & F_HDR_FIELD_MASK) {
    case 0:
      if (!run.isNull(3)) {
        run.ret(-Errno.EINVAL)
        return
      }
      sum = protoReplaceByDiff(skb, sum, to, pseudo, (flags & F_IPV6) !== 0)
      break
    case 2:
      sum = protoReplace4(skb, sum, from & 0xffff, to & 0xffff, pseudo)
      break
    case 4:
      sum = protoReplace4(skb, sum, from, to, pseudo)
      break
    default:
      run.ret(-Errno.EINVAL)
      return
  }
  if (mangled && sum === 0) sum = CSUM_MANGLED_0
  view.setUint16(at, sum, true)
  run.ret(0)
}

const csumDiff: HelperImpl = (run) => {
  const fromSize = run.lo(2) >>> 0
  const toSize = run.lo(4) >>> 0
  const seed = run.lo(5) >>> 0
  const from = run.bytes(run.read(1, fromSize), fromSize)
  const to = run.bytes(run.read(3, toSize), toSize)
  let sum = seed
  if (fromSize > 0 && toSize > 0) sum = csumSub(csumPartial(to, seed), csumPartial(from, 0))
  else if (toSize > 0) sum = csumPartial(to, seed)
  else if (fromSize > 0) sum = ~csumPartial(from, ~seed >>> 0) >>> 0
  run.ret64(csumFrom32to16(sum), 0)
}

/** Helpers that keep checksums right. */
export const checksumHelpers: Readonly<Record<string, HelperImpl>> = {
  l3_csum_replace: l3Replace,
  l4_csum_replace: l4Replace,
  csum_diff: csumDiff,
}
