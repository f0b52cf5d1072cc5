import { Errno } from '../../../uapi/errno.ts'
import type { KernelMap } from '../../maps/map.ts'
import type { Run, HelperImpl } from './run.ts'

const F_CURRENT_CPU = 0xffffffff
const F_CTXLEN_MASK_HI = 0xfffff

/** Whether a program array's or event array's slot is filled. */
function slotFilled(run: Run, map: KernelMap, index: number): boolean {
  const { memory } = run
  const at = memory.alloc(16)
  memory.view.setUint32(at, index, true)
  const found = map.copyValue(at, at + 8, 0) === 0
  memory.free(at, 16)
  return found
}

/** bpf_perf_event_output, and its kin for packets: nobody has opened an event to read it from. */
const perfEventOutput: HelperImpl = (run) => {
  const map = run.map(2)
  const packetLen = run.skb?.len ?? run.xdp?.length
  const size = run.size(5)
  run.read(4, size)
  const contextLen = run.hi(3) & F_CTXLEN_MASK_HI
  if (run.hi(3) & ~(packetLen === undefined ? 0 : F_CTXLEN_MASK_HI)) {
    run.ret(-Errno.EINVAL)
    return
  }
  if (packetLen !== undefined && contextLen > packetLen) {
    run.ret(-Errno.EFAULT)
    return
  }
  const index = run.lo(3) >>> 0 === F_CURRENT_CPU ? run.kernel.cpu : run.lo(3) >>> 0
  if (index >= map.record.maxEntries) run.ret(-Errno.E2BIG)
  else run.ret(slotFilled(run, map, index) ? -Errno.EOPNOTSUPP : -Errno.ENOENT)
}

/** bpf_perf_event_read: as above. */
function perfEventRead(run: Run): number {
  const map = run.map(1)
  if (run.hi(2) !== 0) return -Errno.EINVAL
  const index = run.lo(2) >>> 0 === F_CURRENT_CPU ? run.kernel.cpu : run.lo(2) >>> 0
  return index >= map.record.maxEntries ? -Errno.E2BIG : -Errno.ENOENT
}

/** Helpers that hand data to readers outside. */
export const outputHelpers: Readonly<Record<string, HelperImpl>> = {
  perf_event_output: perfEventOutput,
  skb_output: perfEventOutput,
  perf_event_read: (run) => {
    run.ret(perfEventRead(run))
  },
  perf_event_read_value: (run) => {
    const size = run.size(4)
    const at = run.write(3, size)
    run.memory.u8.fill(0, at, at + size)
    run.ret(size === 24 ? perfEventRead(run) : -Errno.EINVAL)
  },
}
