import type { Code } from './decode.ts'
import { Op, STRIDE } from './decode.ts'
import { MAX_TAIL_CALLS } from './limits.ts'

/**
 * Which engine runs a program. To compile one takes some milliseconds, most of them for the first in a process; the
 * interpreter does a hundred million instructions a second when it's warm, and a tenth of that before. So what is run
 * once is interpreted, and what will take longer than compiling takes is compiled: before it's run where that can be
 * foreseen, else as soon as it shows.
 */

/** Turns that a loop is thought to make, and one that calls back. */
const LOOP_TURNS = 1000
const CALLBACK_TURNS = 100_000
/** Instructions that are worth it. */
const WORTH_COMPILING = 1_000_000
/** Milliseconds of interpreting that are worth it. */
export const COMPILE_TIME = 15
/** Calls back in one run after which the function is compiled. */
export const HOT_CALLBACKS = 1000

function hasTailCall({ insns, slots }: Code): boolean {
  for (let slot = 0; slot < slots; slot++) if (((insns[slot * STRIDE] as number) & 0xffff) === Op.TAIL_CALL) return true
  return false
}

/** Whether so many runs of a program will be worth compiling it. */
export function isWorthCompiling(code: Code, times: number): boolean {
  const { insns, slots, functions } = code
  const others = hasTailCall(code) ? MAX_TAIL_CALLS : 1
  const turns = functions.length > 0 ? CALLBACK_TURNS : insns.length > (slots + 1) * STRIDE ? LOOP_TURNS : others
  return slots * times * turns >= WORTH_COMPILING && times > 1
}
