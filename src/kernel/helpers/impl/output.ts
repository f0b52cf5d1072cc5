import { Errno } from '../../../uapi/errno.ts'
import type { KernelMap } from '../../maps/map.ts'
import { MAP_HI } from './address.ts'
import type { Run, HelperImpl } from './run.ts'
import { fault } from './run.ts'
import { initDynptr, nullDynptr, readDynptr } from './dynptr.ts'

const F_CURRENT_CPU = 0xffffffff
const F_CTXLEN_MASK_HI = 0xfffff
const RB_WAKEUP_FLAGS = 3
const RINGBUF_HEADER = 8
const RINGBUF_MAX_RECORD = 0x3fffffff

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

/**
 * A ring buffer's positions stand in its record, so that it fills up as a real one does that nobody reads. Its bytes are
 * only there while the program holds them: nothing in this machine can read them yet.
 */
function reserve(run: Run, map: KernelMap, size: number): number {
  const { record } = map
  if (size > RINGBUF_MAX_RECORD) return 0
  const len = (size + RINGBUF_HEADER + 7) & ~7
  if (len > record.maxEntries) return 0
  const producer = record.extra['producer'] ?? 0
  const consumer = record.extra['consumer'] ?? 0
  if (producer + len - consumer > record.maxEntries - 1) return 0
  record.extra['producer'] = producer + len
  return run.alloc(Math.max(size, 8))
}

const ringbufReserve: HelperImpl = (run) => {
  run.retAddress(run.isNull(3) ? reserve(run, run.map(1), run.size(2)) : 0)
}

const ringbufOutput: HelperImpl = (run) => {
  const size = run.size(3)
  run.read(2, size)
  if (run.hi(4) !== 0 || run.lo(4) & ~RB_WAKEUP_FLAGS) run.ret(-Errno.EINVAL)
  else run.ret(reserve(run, run.map(1), size) === 0 ? -Errno.EAGAIN : 0)
}

const ringbufQuery: HelperImpl = (run) => {
  const { record } = run.map(1)
  const producer = record.extra['producer'] ?? 0
  const consumer = record.extra['consumer'] ?? 0
  switch (run.size(2)) {
    case 0:
      retNumber(run, producer - consumer)
      return
    case 1:
      retNumber(run, record.maxEntries)
      return
    case 2:
      retNumber(run, consumer)
      return
    case 3:
      retNumber(run, producer)
      return
    default:
      run.ret(0)
  }
}

function retNumber(run: Run, value: number): void {
  run.ret64((value % 0x1_0000_0000) | 0, Math.floor(value / 0x1_0000_0000))
}

const ringbufReserveDynptr: HelperImpl = (run) => {
  const size = run.lo(2) >>> 0
  const at = run.write(4, 16)
  let error = 0
  if (!run.isNull(3)) error = Errno.EINVAL
  else if (size > 0xffffff) error = Errno.E2BIG
  const record = error === 0 ? reserve(run, run.map(1), size) : 0
  if (record === 0) {
    nullDynptr(run, at)
    run.ret(-(error || Errno.EINVAL))
    return
  }
  initDynptr(run, at, record, size, 'ringbuf')
  run.ret(0)
}

/** A record that the program hands back; one that nobody reads needs nothing more. */
const release: HelperImpl = (run) => {
  if (run.hi(1) === MAP_HI) throw fault('a ring buffer record')
  run.ret(0)
}

const releaseDynptr: HelperImpl = (run) => {
  const { at } = readDynptr(run, 1)
  nullDynptr(run, at)
  run.ret(0)
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
  ringbuf_reserve: ringbufReserve,
  ringbuf_submit: release,
  ringbuf_discard: release,
  ringbuf_output: ringbufOutput,
  ringbuf_query: ringbufQuery,
  ringbuf_reserve_dynptr: ringbufReserveDynptr,
  ringbuf_submit_dynptr: releaseDynptr,
  ringbuf_discard_dynptr: releaseDynptr,
  user_ringbuf_drain: (run) => {
    run.ret(run.size(4) > 3 ? -Errno.EINVAL : 0)
  },
}
