import type { TestRunAttr, TestRunResult } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { TestRunFlag } from '../../uapi/flags.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { KernelError } from '../error.ts'
import { OBJ_HI } from '../helpers/impl/address.ts'
import { csumFold, csumPartial } from '../helpers/impl/checksum.ts'
import type { RunKernel } from '../helpers/impl/run-kernel.ts'
import { CHECKSUM_COMPLETE, ETH_HLEN, ETH_P_IP, ETH_P_IPV6, SKB_HEADROOM, Skb } from '../helpers/impl/skb.ts'
import { SKB_CONTEXT_SIZE, SkbField } from '../helpers/impl/skb-fields.ts'
import { PAGE_SIZE, SHARED_INFO_SIZE } from '../helpers/impl/xdp-buff.ts'
import type { ProgRecord } from '../objects/records.ts'
import { SkbContext } from './context-skb.ts'
import { SockObject } from './context-sock.ts'
import { Engine } from './engine.ts'
import { finish, initContext, isZero, repeatRun } from './test-finish.ts'

/** GSO_LEGACY_MAX_SIZE, GSO_MAX_SEGS, the index of the loopback device. */
const GSO_LEGACY_MAX_SIZE = 65536
const GSO_MAX_SEGS = 65535
const LOOPBACK = 1

const AF_INET = 2
const AF_INET6 = 10
const IPV4_HEADER = 20
const IPV6_HEADER = 40

const invalid = () => new KernelError(Errno.EINVAL)

/** Parts of struct __sk_buff that a caller may not set: from, to. */
const mustBeZero: readonly (readonly [number, number])[] = [
  [0, SkbField.MARK],
  [SkbField.MARK + 4, SkbField.PRIORITY],
  [SkbField.IFINDEX + 4, SkbField.CB],
  [SkbField.HASH, SkbField.TSTAMP],
  [SkbField.GSO_SEGS + 4, SkbField.GSO_SIZE],
  [SkbField.GSO_SIZE + 4, SkbField.HWTSTAMP],
]

/** bpf_prog_test_run_skb. */
export function testRunSkb(kernel: RunKernel, prog: ProgRecord, attr: TestRunAttr): TestRunResult {
  const { flags = 0, cpu = 0, batchSize = 0, repeat = 0 } = attr
  const dataIn = attr.dataIn ?? new Uint8Array(0)
  const complete = (flags & TestRunFlag.SKB_CHECKSUM_COMPLETE) !== 0
  if (flags & ~TestRunFlag.SKB_CHECKSUM_COMPLETE || cpu !== 0 || batchSize !== 0) throw invalid()
  if (dataIn.length < ETH_HLEN || dataIn.length > PAGE_SIZE - SKB_HEADROOM - SHARED_INFO_SIZE) throw invalid()
  const ctx = initContext(attr, SKB_CONTEXT_SIZE)
  const isL2 = prog.type === ProgType.SCHED_CLS || prog.type === ProgType.SCHED_ACT

  const engine = new Engine(kernel, prog)
  try {
    const { run } = engine
    const skb = new Skb(run, dataIn)
    run.skb = skb
    if (ctx && new DataView(ctx.buffer).getUint32(SkbField.IFINDEX, true) > LOOPBACK) {
      throw new KernelError(Errno.ENODEV)
    }
    skb.ethTypeTrans()
    skb.networkHeader = skb.data
    fillSocket(run.memory.u8, skb)
    if (isL2) skb.push(ETH_HLEN)
    skb.grant()
    if (ctx) takeContext(skb, ctx)
    if (complete) {
      skb.csum = networkSum(run.memory.u8, skb)
      skb.ipSummed = CHECKSUM_COMPLETE
    }
    const context = new SkbContext(skb, run.addObject(new SockObject(skb)))
    const lo = run.addObject(context)
    const outcome = repeatRun(kernel, engine, repeat, lo, OBJ_HI)
    if (!isL2) {
      skb.push(ETH_HLEN)
      run.memory.u8.fill(0, skb.data, skb.data + ETH_HLEN)
    }
    if (complete && csumFold(skb.csum) !== csumFold(networkSum(run.memory.u8, skb))) {
      throw new KernelError(Errno.EBADMSG)
    }
    if (ctx) giveContext(skb, ctx)
    return finish(attr, skb.bytes(), ctx, outcome)
  } finally {
    engine.end()
  }
}

function networkSum(u8: Uint8Array, skb: Skb): number {
  return csumPartial(u8.subarray(skb.networkHeader, skb.tail), 0)
}

/** The socket that the packet seems to come from has its addresses. */
function fillSocket(u8: Uint8Array, skb: Skb): void {
  const { data, len } = skb
  if (skb.protocol === ETH_P_IP) {
    skb.family = AF_INET
    if (len < IPV4_HEADER) return
    skb.localAddress.set(u8.subarray(data + 12, data + 16))
    skb.remoteAddress.set(u8.subarray(data + 16, data + 20))
  } else if (skb.protocol === ETH_P_IPV6) {
    skb.family = AF_INET6
    if (len < IPV6_HEADER) return
    skb.localAddress.set(u8.subarray(data + 8, data + 24))
    skb.remoteAddress.set(u8.subarray(data + 24, data + 40))
  }
}

/** convert___skb_to_skb. */
function takeContext(skb: Skb, ctx: Uint8Array): void {
  for (const [from, to] of mustBeZero) if (!isZero(ctx, from, to)) throw invalid()
  const view = new DataView(ctx.buffer)
  skb.mark = view.getUint32(SkbField.MARK, true)
  skb.priority = view.getUint32(SkbField.PRIORITY, true)
  skb.ingressIfindex = view.getInt32(SkbField.INGRESS_IFINDEX, true)
  skb.tstampLo = view.getInt32(SkbField.TSTAMP, true)
  skb.tstampHi = view.getInt32(SkbField.TSTAMP + 4, true)
  for (let off: number = SkbField.CB; off < SkbField.HASH; off += 4) skb.setWord(off, view.getUint32(off, true))
  const wireLen = view.getUint32(SkbField.WIRE_LEN, true)
  if (wireLen !== 0 && (wireLen < skb.len || wireLen > GSO_LEGACY_MAX_SIZE)) throw invalid()
  skb.wireLen = wireLen === 0 ? skb.len : wireLen
  const gsoSegs = view.getUint32(SkbField.GSO_SEGS, true)
  if (gsoSegs > GSO_MAX_SEGS) throw invalid()
  skb.gsoSegs = gsoSegs
  skb.gsoSize = view.getUint16(SkbField.GSO_SIZE, true)
  skb.hwtstampLo = view.getInt32(SkbField.HWTSTAMP, true)
  skb.hwtstampHi = view.getInt32(SkbField.HWTSTAMP + 4, true)
}

/** convert_skb_to___skb. */
function giveContext(skb: Skb, ctx: Uint8Array): void {
  const view = new DataView(ctx.buffer)
  view.setUint32(SkbField.MARK, skb.mark, true)
  view.setUint32(SkbField.PRIORITY, skb.priority, true)
  view.setInt32(SkbField.INGRESS_IFINDEX, skb.ingressIfindex, true)
  view.setUint32(SkbField.IFINDEX, skb.ifindex, true)
  view.setInt32(SkbField.TSTAMP, skb.tstampLo, true)
  view.setInt32(SkbField.TSTAMP + 4, skb.tstampHi, true)
  for (let off: number = SkbField.CB; off < SkbField.HASH; off += 4) view.setUint32(off, skb.word(off), true)
  view.setUint32(SkbField.WIRE_LEN, skb.wireLen, true)
  view.setUint32(SkbField.GSO_SEGS, skb.gsoSegs, true)
  view.setInt32(SkbField.HWTSTAMP, skb.hwtstampLo, true)
  view.setInt32(SkbField.HWTSTAMP + 4, skb.hwtstampHi, true)
}
