import { Errno } from '../../../uapi/errno.ts'
import { isInHeap } from '../../memory/heap-area.ts'
import { MEM_HI } from './address.ts'
import { armWork, cancelWork, clockOf, initWork, setWorkCallback } from './deferred.ts'
import type { HelperImpl, Run } from './run.ts'
import { toBigint } from './int64.ts'

const CLOCK_REALTIME = 0
/** Clocks that a timer may have: realtime, monotonic, boottime. */
const clocks: ReadonlySet<number> = new Set([CLOCK_REALTIME, 1, 7])
/** BPF_F_TIMER_ABS, and with BPF_F_TIMER_CPU_PIN. */
const TIMER_ABS = 1
const FLAGS = 3

/** bpf_timer_start: from now on, or at a time of the timer's clock. */
const start: HelperImpl = (run) => {
  const flags = run.size(3)
  if (flags > FLAGS) {
    run.ret(-Errno.EINVAL)
    return
  }
  const nanoseconds = BigInt.asIntN(64, toBigint(run.lo(2), run.hi(2)))
  const { kernel } = run
  const clock = () => (clockOf(run) === CLOCK_REALTIME ? kernel.realtime() : kernel.now())
  run.ret(armWork(run, flags & TIMER_ABS ? nanoseconds - clock() : nanoseconds < 0n ? 0n : nanoseconds))
}

/** Where a CPU's part of an object is that there's one of for each; the kernel's own are where their address says. */
function perCpuAddress(run: Run, cpu: number): void {
  const lo = run.lo(1)
  const object = run.hi(1) === MEM_HI && isInHeap(lo >>> 0) ? run.heap.find(lo >>> 0) : undefined
  run.ret64(object ? lo + (object.size / run.kernel.possibleCpus) * cpu : lo, run.hi(1))
}

/** Timers, locks and kernel pointers in values of maps. */
export const timerHelpers: Readonly<Record<string, HelperImpl>> = {
  timer_init: (run) => {
    const clock = run.size(3)
    run.ret(clocks.has(clock) ? initWork(run, 'timer', clock) : -Errno.EINVAL)
  },
  timer_set_callback: (run) => {
    run.ret(setWorkCallback(run))
  },
  timer_start: start,
  timer_cancel: (run) => {
    run.ret(cancelWork(run))
  },
  // Nothing runs beside a program: locks are always free.
  spin_lock: (run) => {
    run.ret(0)
  },
  spin_unlock: (run) => {
    run.ret(0)
  },
  per_cpu_ptr: (run) => {
    const cpu = run.lo(2) >>> 0
    if (cpu < run.kernel.possibleCpus) perCpuAddress(run, cpu)
    else run.ret(0)
  },
  this_cpu_ptr: (run) => {
    perCpuAddress(run, run.kernel.cpu)
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
