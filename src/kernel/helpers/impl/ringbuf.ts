import { Errno } from '../../../uapi/errno.ts'
import { RingbufMap } from '../../maps/ringbuf.ts'
import { MEM_HI } from './address.ts'
import { callFunction, functionSlot } from './callback.ts'
import { DYNPTR_SIZE, DynptrType, MAX_DYNPTR, initDynptr, nullDynptr, readDynptr } from './dynptr.ts'
import { GRANT_BOTH } from './grants.ts'
import type { Run, HelperImpl } from './run.ts'
import { fault } from './run.ts'

/** BPF_RB_NO_WAKEUP and BPF_RB_FORCE_WAKEUP: nobody sleeps here. */
const WAKEUP_FLAGS = 3
/** What bpf_ringbuf_query can be asked for: BPF_RB_AVAIL_DATA and so on, in their order. */
const queries: readonly ((map: RingbufMap) => number)[] = [
  ({ producer, consumer }) => producer - consumer,
  ({ record }) => record.maxEntries,
  ({ consumer }) => consumer,
  ({ producer }) => producer,
]
/** BPF_MAX_USER_RINGBUF_SAMPLES. */
const MAX_SAMPLES = 128 * 1024

function ringOf(run: Run, n: number): RingbufMap {
  const map = run.map(n)
  if (!(map instanceof RingbufMap)) throw fault(`argument ${n} of a helper, which is no ring buffer`)
  return map
}

/** A sample that the program may write. @returns its place, 0 for none. */
export function reserveSample(run: Run, map: RingbufMap, size: number): number {
  const at = map.reserve(size)
  if (at === 0) return 0
  run.grants.grant(at, size, GRANT_BOTH)
  run.rings.add(map)
  return at
}

/** Hands in a sample that the program holds. */
export function commitSample(run: Run, at: number, discard: boolean): void {
  for (const map of run.rings) {
    const size = map.sampleSize(at)
    if (size === undefined) continue
    map.commit(at, discard)
    if (size > 0) run.grants.revoke(at, size)
    return
  }
  throw fault('a ring buffer record')
}

const ringbufReserve: HelperImpl = (run) => {
  run.retAddress(run.isNull(3) ? reserveSample(run, ringOf(run, 1), run.size(2)) : 0)
}

const ringbufOutput: HelperImpl = (run) => {
  const size = run.size(3)
  const from = run.read(2, size)
  if (run.hi(4) !== 0 || run.lo(4) & ~WAKEUP_FLAGS) {
    run.ret(-Errno.EINVAL)
    return
  }
  run.ret(ringOf(run, 1).output(from, size) ? 0 : -Errno.EAGAIN)
}

const ringbufQuery: HelperImpl = (run) => {
  const value = queries[run.size(2)]?.(ringOf(run, 1)) ?? 0
  // The difference of the positions may be negative: a reader can write what it likes.
  run.retBig(BigInt.asUintN(64, BigInt(value)))
}

const ringbufReserveDynptr: HelperImpl = (run) => {
  const size = run.lo(2) >>> 0
  const at = run.write(4, DYNPTR_SIZE)
  let error = 0
  if (!run.isNull(3)) error = Errno.EINVAL
  else if (size > MAX_DYNPTR) error = Errno.E2BIG
  const record = error === 0 ? reserveSample(run, ringOf(run, 1), size) : 0
  if (record === 0) {
    nullDynptr(run, at)
    run.ret(-(error || Errno.EINVAL))
    return
  }
  initDynptr(run, at, record, size, DynptrType.RINGBUF)
  run.ret(0)
}

function release(discard: boolean): HelperImpl {
  return (run) => {
    if (run.hi(1) !== MEM_HI) throw fault('a ring buffer record')
    commitSample(run, run.lo(1) >>> 0, discard)
    run.ret(0)
  }
}

function releaseDynptr(discard: boolean): HelperImpl {
  return (run) => {
    const { at, data } = readDynptr(run, 1)
    if (data !== 0) commitSample(run, data, discard)
    nullDynptr(run, at)
    run.ret(0)
  }
}

/** bpf_user_ringbuf_drain: calls the program's function for each sample that users have written. */
const userRingbufDrain: HelperImpl = (run) => {
  const map = ringOf(run, 1)
  const slot = functionSlot(run, 2)
  const contextLo = run.lo(3)
  const contextHi = run.hi(3)
  if (run.size(4) > WAKEUP_FLAGS) {
    run.ret(-Errno.EINVAL)
    return
  }
  const dynptr = run.alloc(DYNPTR_SIZE)
  let samples = 0
  let discarded = 0
  for (let stop = false; samples < MAX_SAMPLES && !stop; samples++) {
    const sample = map.nextSample()
    if ('error' in sample) {
      if (sample.error === -Errno.ENODATA) break
      if (sample.error !== -Errno.EAGAIN) {
        run.ret(sample.error)
        return
      }
      discarded++
      continue
    }
    const { at, size } = sample
    run.grants.grant(at, size, GRANT_BOTH)
    initDynptr(run, dynptr, at, size, DynptrType.LOCAL)
    const { regs } = run
    regs[2] = dynptr
    regs[3] = MEM_HI
    regs[4] = contextLo
    regs[5] = contextHi
    stop = callFunction(run, slot)
    if (size > 0) run.grants.revoke(at, size)
    map.releaseSample(at, size)
  }
  run.ret(samples - discarded)
}

/** Helpers for ring buffers. */
export const ringbufHelpers: Readonly<Record<string, HelperImpl>> = {
  ringbuf_reserve: ringbufReserve,
  ringbuf_submit: release(false),
  ringbuf_discard: release(true),
  ringbuf_output: ringbufOutput,
  ringbuf_query: ringbufQuery,
  ringbuf_reserve_dynptr: ringbufReserveDynptr,
  ringbuf_submit_dynptr: releaseDynptr(false),
  ringbuf_discard_dynptr: releaseDynptr(true),
  user_ringbuf_drain: userRingbufDrain,
}
