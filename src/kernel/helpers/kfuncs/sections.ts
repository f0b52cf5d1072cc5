import { Errno } from '../../../uapi/errno.ts'
import { MEM_HI } from '../impl/address.ts'
import type { HelperImpl } from '../impl/run.ts'
import type { KfuncFamily } from './kfunc.ts'
import { kfunc, nothing } from './kfunc.ts'

/** Interrupts were on: X86_EFLAGS_IF, and the bit that's always set. */
const FLAGS = 0x202

const saveFlags =
  (arg: number): HelperImpl =>
  (run) => {
    const at = run.write(arg, 8)
    run.memory.view.setUint32(at, FLAGS, true)
    run.memory.view.setUint32(at + 4, 0, true)
    run.ret(0)
  }

/** bpf_res_spin_lock: who waits for a lock that it has itself is told so. */
const lock =
  (then: HelperImpl): HelperImpl =>
  (run) => {
    const at = run.write(1, 4)
    const { view } = run.memory
    if (view.getUint32(at, true) !== 0) {
      run.ret(-Errno.EDEADLOCK)
      return
    }
    view.setUint32(at, 1, true)
    then(run)
    run.ret(0)
  }

const unlock: HelperImpl = (run) => {
  run.memory.view.setUint32(run.write(1, 4), 0, true)
  run.ret(0)
}

/** bpf_map_sum_elem_count: of hash maps, what their elements were counted to. */
const sumElemCount: HelperImpl = (run) => {
  const map = run.map(1)
  const key = run.alloc(Math.max(map.record.keySize, 4), 0)
  const next = run.alloc(Math.max(map.record.keySize, 4), 0)
  let count = 0
  for (let more = map.getNextKey(0, next) === 0; more; more = map.getNextKey(key, next) === 0) {
    count++
    run.memory.u8.copyWithin(key, next, next + map.record.keySize)
  }
  run.ret64(count, 0)
}

/** Sections, locks and casts: nothing runs beside a program, so that locks are free. */
export const sectionKfuncs: KfuncFamily = {
  bpf_rcu_read_lock: nothing(0),
  bpf_rcu_read_unlock: nothing(0),
  bpf_preempt_disable: nothing(0),
  bpf_preempt_enable: nothing(0),
  bpf_local_irq_save: kfunc(1, saveFlags(1)),
  bpf_local_irq_restore: nothing(1),
  bpf_res_spin_lock: kfunc(
    1,
    lock(() => undefined),
  ),
  bpf_res_spin_unlock: kfunc(1, unlock),
  bpf_res_spin_lock_irqsave: kfunc(2, lock(saveFlags(2))),
  bpf_res_spin_unlock_irqrestore: kfunc(2, unlock),
  bpf_rdonly_cast: kfunc(2, (run) => {
    run.ret64(run.lo(1), run.hi(1))
  }),
  bpf_modify_return_test_tp: kfunc(1, (run) => {
    run.ret(run.hi(1) === MEM_HI ? run.lo(1) : 0)
  }),
  bpf_map_sum_elem_count: kfunc(1, sumElemCount),
}
