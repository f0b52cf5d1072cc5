import { Errno } from '../../../uapi/errno.ts'
import { FUNC_HI } from './address.ts'
import type { HelperImpl, Run } from './run.ts'
import { fault } from './run.ts'

/** BPF_MAX_LOOPS. */
const MAX_LOOPS = 8 * 1024 * 1024

/** The function that argument `n` is: the slot where it begins. */
export function functionSlot(run: Run, n: number): number {
  if (run.hi(n) !== FUNC_HI) throw fault(`argument ${n} of a helper, which is no function`)
  return run.lo(n) >>> 0
}

/** Calls a function whose arguments are in the registers. @returns whether it returned anything but 0. */
export function callFunction(run: Run, slot: number): boolean {
  run.callback(slot)
  return (run.lo(0) | run.hi(0)) !== 0
}

const loop: HelperImpl = (run) => {
  const times = run.lo(1) >>> 0
  const slot = functionSlot(run, 2)
  const contextLo = run.lo(3)
  const contextHi = run.hi(3)
  if (!run.isNull(4)) {
    run.ret(-Errno.EINVAL)
    return
  }
  if (times > MAX_LOOPS) {
    // The verifier puts the loop into the program (inline_bpf_loop), with a move of 32 bits here.
    run.ret64(-Errno.E2BIG, 0)
    return
  }
  let i = 0
  while (i < times) {
    const { regs } = run
    regs[2] = i++
    regs[3] = 0
    regs[4] = contextLo
    regs[5] = contextHi
    if (callFunction(run, slot)) break
  }
  run.ret(i)
}

/** Helpers that call functions of the program. */
export const callbackHelpers: Readonly<Record<string, HelperImpl>> = { loop }
