import { Errno } from '../../../uapi/errno.ts'
import type { HelperImpl, Run } from './run.ts'
import { fault } from './run.ts'
import type { XdpBuff } from './xdp-buff.ts'

/** The packet of an XDP program. */
export function xdpOf(run: Run): XdpBuff {
  if (!run.xdp) throw fault('a helper for XDP programs')
  return run.xdp
}

function copyBytes(run: Run, toPacket: boolean): void {
  const xdp = xdpOf(run)
  const offset = run.lo(2) >>> 0
  const len = run.lo(4) >>> 0
  const error = xdp.checkRange(offset, len)
  const buffer = toPacket ? run.read(3, len) : run.write(3, len)
  if (error === 0) xdp.copy(offset, buffer, len, toPacket)
  run.ret(error)
}

/** Helpers that only XDP programs have; the offsets of the first three are signed. */
export const xdpHelpers: Readonly<Record<string, HelperImpl>> = {
  xdp_adjust_head: (run) => {
    run.ret(xdpOf(run).adjustHead(run.lo(2)))
  },
  xdp_adjust_tail: (run) => {
    run.ret(xdpOf(run).adjustTail(run.lo(2)))
  },
  xdp_adjust_meta: (run) => {
    run.ret(xdpOf(run).adjustMeta(run.lo(2)))
  },
  xdp_get_buff_len: (run) => {
    run.ret(xdpOf(run).length)
  },
  xdp_load_bytes: (run) => {
    copyBytes(run, false)
  },
  xdp_store_bytes: (run) => {
    copyBytes(run, true)
  },
  xdp_output: (run) => {
    run.ret(-Errno.ENOENT)
  },
}
