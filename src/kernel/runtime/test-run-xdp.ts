import type { TestRunAttr, TestRunResult } from '../../uapi/attr.ts'
import { AttachType } from '../../uapi/attach-type.ts'
import { Errno } from '../../uapi/errno.ts'
import { TestRunFlag } from '../../uapi/flags.ts'
import { KernelError } from '../error.ts'
import { OBJ_HI } from '../helpers/impl/address.ts'
import type { RunKernel } from '../helpers/impl/run-kernel.ts'
import {
  MAX_SKB_FRAGS,
  PAGE_SIZE,
  SHARED_INFO_SIZE,
  XDP_FRAME_SIZE,
  XDP_HEADROOM,
  XDP_MD_SIZE,
  XdpBuff,
  metaLenInvalid,
} from '../helpers/impl/xdp-buff.ts'
import type { ProgRecord } from '../objects/records.ts'
import { XdpContext } from './context-xdp.ts'
import { Engine } from './engine.ts'
import { finish, initContext, repeatRun, untouched } from './test-finish.ts'

/** The part of a page that holds the state of a live frame (struct xdp_page_head). */
const PAGE_HEAD_SIZE = 184
/** TEST_XDP_MAX_BATCH, ETH_HLEN, the index of the loopback device. */
const MAX_BATCH = 256
const ETH_HLEN = 14
const LOOPBACK = 1

const invalid = () => new KernelError(Errno.EINVAL)

/** The fields of struct xdp_md that a caller gives, checked. */
interface XdpInput {
  ctx: Uint8Array | undefined
  metaLen: number
  linear: number
}

/** bpf_prog_test_run_xdp. */
export function testRunXdp(kernel: RunKernel, prog: ProgRecord, attr: TestRunAttr): TestRunResult {
  const { flags = 0, batchSize = 0, repeat = 0 } = attr
  const dataIn = attr.dataIn ?? new Uint8Array(0)
  const live = (flags & TestRunFlag.XDP_LIVE_FRAMES) !== 0
  if (prog.expectedAttachType === AttachType.XDP_DEVMAP || prog.expectedAttachType === AttachType.XDP_CPUMAP) {
    throw invalid()
  }
  if (flags & ~TestRunFlag.XDP_LIVE_FRAMES || prog.ifindex !== 0) throw invalid()
  if (live && batchSize > MAX_BATCH) throw new KernelError(Errno.E2BIG)
  if (!live && batchSize !== 0) throw invalid()
  const { ctx, metaLen, linear } = checkInput(attr, dataIn, live)
  const ingress = deviceOf(ctx)
  if (Math.ceil((dataIn.length - linear) / PAGE_SIZE) > MAX_SKB_FRAGS) throw new KernelError(Errno.ENOMEM)

  const engine = new Engine(kernel, prog)
  try {
    const { run } = engine
    let xdp = new XdpBuff(run, XDP_HEADROOM - metaLen, dataIn, metaLen, linear)
    xdp.ingressIfindex = ingress
    run.xdp = xdp
    const lo = run.addObject(new XdpContext(xdp))
    const outcome = repeatRun(kernel, engine, repeat, lo, OBJ_HI)
    // Live frames go where the program sends them; there's nothing to give back.
    if (live) return { ...untouched(attr, 0), duration: outcome.duration, dataSizeOut: dataIn.length }
    xdp = run.xdp
    if (ctx) {
      const view = new DataView(ctx.buffer)
      view.setUint32(0, xdp.data - xdp.dataMeta, true)
      view.setUint32(4, xdp.dataEnd - xdp.dataMeta, true)
    }
    return finish(attr, xdp.bytes(), ctx, outcome)
  } finally {
    engine.end()
  }
}

function checkInput(attr: TestRunAttr, dataIn: Uint8Array, live: boolean): XdpInput {
  const size = dataIn.length
  const ctx = initContext(attr, XDP_MD_SIZE)
  let headroom = XDP_HEADROOM
  let linear = size
  let metaLen = 0
  if (ctx) {
    const view = new DataView(ctx.buffer)
    const dataEnd = view.getUint32(4, true)
    metaLen = view.getUint32(0, true)
    if (view.getUint32(8, true) !== 0 || dataEnd > size || metaLen > dataEnd) throw invalid()
    if (live && ((attr.dataSizeOut ?? 0) !== 0 || (attr.ctxSizeOut ?? 0) !== 0)) throw invalid()
    if (metaLenInvalid(metaLen) || metaLen > headroom - XDP_FRAME_SIZE) throw invalid()
    headroom -= metaLen
    linear = dataEnd
  }
  if (live) headroom += PAGE_HEAD_SIZE
  linear = Math.min(linear, PAGE_SIZE - headroom - SHARED_INFO_SIZE)
  if (live && size > linear) throw invalid()
  if (size - metaLen < ETH_HLEN) throw invalid()
  return { ctx, metaLen, linear }
}

/** xdp_convert_md_to_buff: the device that the packet comes from. There's one, with one queue. */
function deviceOf(ctx: Uint8Array | undefined): number {
  if (!ctx) return LOOPBACK
  const view = new DataView(ctx.buffer)
  const ingress = view.getUint32(12, true)
  const queue = view.getUint32(16, true)
  if (view.getUint32(20, true) !== 0 || (ingress === 0 && queue !== 0)) throw invalid()
  if (ingress > LOOPBACK) throw new KernelError(Errno.ENODEV)
  if (queue !== 0) throw invalid()
  return LOOPBACK
}
