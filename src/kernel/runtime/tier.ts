import type { Code } from './decode.ts'
import { STRIDE } from './decode.ts'

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

/** Whether so many runs of a program will be worth compiling it. */
export function isWorthCompiling({ insns, slots, functions }: Code, times: number): boolean {
  const turns = functions.length > 0 ? CALLBACK_TURNS : insns.length > (slots + 1) * STRIDE ? LOOP_TURNS : 1
  return slots * times * turns >= WORTH_COMPILING && times > 1
}
