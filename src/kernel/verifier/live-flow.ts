import type { Insns } from '../../isa/insn.ts'
import type { SubprogAux } from './aux.ts'
import { successors } from './successors.ts'

/** A function's instructions in postorder, numbered from its first one, with where each leads and comes from. */
export interface LiveFlow {
  /** By position in postorder: the instruction. */
  readonly insns: Int32Array
  /** By instruction: its position, -1 where the function never comes. */
  readonly positions: Int32Array
  /** By position: the instructions that follow, -1 for none. */
  readonly first: Int32Array
  readonly second: Int32Array
  /** By position: where in `before` the positions of those that lead here begin; the next one's is where they end. */
  readonly beforeStart: Int32Array
  readonly before: Int32Array
}

export function liveFlow(
  insns: Insns,
  postorder: Int32Array,
  { start, end, postorderStart, postorderEnd }: SubprogAux,
): LiveFlow {
  const count = postorderEnd - postorderStart
  const own = postorder.slice(postorderStart, postorderEnd).map((insn) => insn - start)
  const positions = new Int32Array(end - start).fill(-1)
  own.forEach((insn, position) => (positions[insn] = position))
  const first = new Int32Array(count).fill(-1)
  const second = new Int32Array(count).fill(-1)
  const beforeStart = new Int32Array(count + 1)
  for (let i = 0; i < count; i++) {
    const next = successors(insns, (own[i] as number) + start)
    if (next.count > 0) first[i] = next.first - start
    if (next.count > 1) second[i] = next.second - start
    for (const insn of [first[i], second[i]] as number[]) {
      const to = insn < 0 ? -1 : (positions[insn] as number)
      if (to >= 0) beforeStart[to + 1] = (beforeStart[to + 1] as number) + 1
    }
  }
  for (let i = 0; i < count; i++) beforeStart[i + 1] = (beforeStart[i + 1] as number) + (beforeStart[i] as number)
  const before = new Int32Array(beforeStart[count] as number)
  const filled = beforeStart.slice()
  for (let i = 0; i < count; i++) {
    for (const insn of [first[i], second[i]] as number[]) {
      const to = insn < 0 ? -1 : (positions[insn] as number)
      if (to < 0) continue
      const at = filled[to] as number
      before[at] = i
      filled[to] = at + 1
    }
  }
  return { insns: own, positions, first, second, beforeStart, before }
}
