import { Errno } from '../../../uapi/errno.ts'
import { FUNC_HI } from './address.ts'
import type { HelperImpl, Run } from './run.ts'

const TIMER_SIZE = 16
/** Clocks that a timer may have: realtime, monotonic, boottime. */
const clocks: ReadonlySet<number> = new Set([0, 1, 7])
/** What a timer's word says: made, and with a callback. */
const MADE = 1
const READY = 2

function timerAt(run: Run): number {
  return run.write(1, TIMER_SIZE)
}

/**
 * Timers can be made, armed and cancelled, as struct bpf_timer in a map's value says; none fires, as nothing in this
 * machine happens by itself.
 */
export const timerHelpers: Readonly<Record<string, HelperImpl>> = {
  timer_init: (run) => {
    const at = timerAt(run)
    const { view } = run.memory
    if (!clocks.has(run.size(3))) run.ret(-Errno.EINVAL)
    else if (view.getUint32(at, true) !== 0) run.ret(-Errno.EBUSY)
    else {
      view.setUint32(at, MADE, true)
      run.ret(0)
    }
  },
  timer_set_callback: (run) => {
    const at = timerAt(run)
    const { view } = run.memory
    if (view.getUint32(at, true) === 0 || run.hi(2) !== FUNC_HI) run.ret(-Errno.EINVAL)
    else {
      view.setUint32(at, READY, true)
      run.ret(0)
    }
  },
  timer_start: (run) => {
    const at = timerAt(run)
    const ready = run.memory.view.getUint32(at, true) === READY
    run.ret(run.size(3) > 3 || !ready ? -Errno.EINVAL : 0)
  },
  timer_cancel: (run) => {
    const at = timerAt(run)
    const { view } = run.memory
    if (view.getUint32(at, true) === 0) run.ret(-Errno.EINVAL)
    else {
      view.setUint32(at, MADE, true)
      run.ret(0)
    }
  },
  // Nothing runs beside a program: locks are always free.
  spin_lock: (run) => {
    run.ret(0)
  },
  spin_unlock: (run) => {
    run.ret(0)
  },
  kptr_xchg: (run) => {
    const at = run.write(1, 8)
    const { view } = run.memory
    const lo = view.getInt32(at, true)
    const hi = view.getInt32(at + 4, true)
    view.setInt32(at, run.lo(2), true)
    view.setInt32(at + 4, run.hi(2), true)
    run.ret64(lo, hi)
  },
}
