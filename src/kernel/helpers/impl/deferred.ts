import { Errno } from '../../../uapi/errno.ts'
import { FieldType } from '../../btf/field-types.ts'
import type { Deferred } from '../../objects/deferred.ts'
import { functionSlot } from './callback.ts'
import type { Run } from './run.ts'

/**
 * Timers and works (struct bpf_timer, bpf_wq): 16 bytes of a map's value, whose first word says which entry of the
 * machine's list it is. They are called when a test run has ended: see runtime/deferred-calls.ts.
 */

const SIZE = 16

function entryAt(run: Run): Deferred | undefined {
  const id = run.memory.view.getUint32(run.write(1, SIZE), true)
  return id === 0 ? undefined : run.kernel.deferred.get(id)
}

/** __bpf_async_init. @param clock of a timer. @returns 0 or a negative errno. */
export function initWork(run: Run, kind: 'timer' | 'wq', clock?: number): number {
  const at = run.write(1, SIZE)
  const { view } = run.memory
  if (view.getUint32(at, true) !== 0) return -Errno.EBUSY
  const map = run.map(2)
  const type = kind === 'timer' ? FieldType.TIMER : FieldType.WORKQUEUE
  const offset = map.record.fields.find((field) => field.type === type)?.offset ?? 0
  const key = [...(map.keyOfValue?.(at - offset) ?? [])]
  const mapId = map.record.id
  view.setUint32(at, run.kernel.deferred.add({ mapId, key, offset, clock, progId: 0, slot: 0, expires: '' }).id, true)
  return 0
}

/** __bpf_async_set_callback: argument 2 is a function of the program. */
export function setWorkCallback(run: Run): number {
  const entry = entryAt(run)
  if (!entry) return -Errno.EINVAL
  entry.progId = run.prog.id
  entry.slot = functionSlot(run, 2)
  return 0
}

/** bpf_timer_start, bpf_wq_start. @param delay nanoseconds from now on. */
export function armWork(run: Run, delay: bigint | number): number {
  const entry = entryAt(run)
  if (!entry || entry.progId === 0) return -Errno.EINVAL
  // Armed again: later than what is armed for the same time.
  entry.expires = String(run.kernel.now() + BigInt(delay))
  return 0
}

/** bpf_timer_cancel. @returns 1 for one that was armed. */
export function cancelWork(run: Run): number {
  const entry = entryAt(run)
  if (!entry) return -Errno.EINVAL
  if (run.servicing === entry.id) return -Errno.EDEADLOCK
  const armed = entry.expires !== ''
  entry.expires = ''
  entry.progId = 0
  return armed ? 1 : 0
}

/** The clock of the timer in argument 1. */
export function clockOf(run: Run): number | undefined {
  return entryAt(run)?.clock
}
