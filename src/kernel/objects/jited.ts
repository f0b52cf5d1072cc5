import type { ProgRecord } from './records.ts'

/** Functions begin at multiples of this (BPF_PROG_CHUNK_SIZE). */
const CHUNK = 64
/** What stands for the place of a line that has no code. */
export const NO_CODE = 0xffffffff

/** Where a program's functions are, from where the first one is: each is a piece of memory of its own. */
export function functionOffsets(subprogs: ProgRecord['subprogs']): number[] {
  let at = 0
  return subprogs.map(({ jitedLen }) => {
    const offset = at
    at += Math.ceil(jitedLen / CHUNK) * CHUNK
    return offset
  })
}

/** jitedLen of a program that nobody has asked yet to be compiled. */
export const JIT_PENDING = 0xffffffff
