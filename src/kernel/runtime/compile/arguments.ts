import { Alu, LD_IMM64 } from '../../../isa/opcode.ts'
import { kfuncByNumber } from '../../helpers/kfuncs/index.ts'
import { helperTraits } from '../../helpers/traits.ts'
import type { Code } from '../decode.ts'
import { Op } from '../decode.ts'
import type { Block } from './graph.ts'
import { opAt } from './graph.ts'
import { insnAt } from './program.ts'

/** r1 to r5, as bits. */
const ARGUMENTS = 0x3e

interface Function_ {
  readonly entry: number
  readonly blocks: readonly Block[]
}

/** Bits of the registers that an operation reads, and of the one that it only writes. */
function effects(code: Code, slot: number, counts: ReadonlyMap<number, number>): { reads: number; writes: number } {
  const { op, dst, src, off, imm } = insnAt(code, slot)
  const upTo = (args: number) => (2 << args) - 1
  if (op === Op.CALL_SUB) return { reads: upTo(counts.get(off >> 2) ?? 5), writes: 0 }
  if (op === Op.CALL_HELPER) return { reads: upTo(helperTraits(imm).args), writes: 0 }
  if (op === Op.CALL_KFUNC) return { reads: upTo(kfuncByNumber(imm)?.args ?? 0), writes: 0 }
  if (op === Op.TAIL_CALL) return { reads: ARGUMENTS, writes: 0 }
  const reads = src >= 0 ? 1 << src : 0
  const moves = (op >= Op.MOVSX8_32 && op <= Op.MOVSX32_64) || op === Op.CAST_USER
  const cls = op & 7
  const isMove = op < 0x100 && (cls === 4 || cls === 7) && (op & 0xf0) === Alu.MOV
  const isLoad = op < 0x100 && (cls === 0 || cls === 1)
  if (moves || isMove || isLoad) return { reads, writes: 1 << dst }
  return { reads: reads | (1 << dst), writes: 0 }
}

/** Which of r1 to r5 a function reads before it writes them, as bits. */
function liveAtEntry(code: Code, blocks: readonly Block[], counts: ReadonlyMap<number, number>): number {
  const reads = new Int32Array(blocks.length)
  const writes = new Int32Array(blocks.length)
  blocks.forEach(({ start, end, last, kind }, i) => {
    if (kind === 'label' || kind === 'dispatch') return
    const until = kind === 'if' ? last + 1 : end
    for (let slot = start; slot < until; slot += opAt(code, slot) === LD_IMM64 ? 2 : 1) {
      const effect = effects(code, slot, counts)
      reads[i] = (reads[i] as number) | (effect.reads & ~(writes[i] as number))
      writes[i] = (writes[i] as number) | effect.writes
    }
  })
  const live = Int32Array.from(reads)
  for (let changed = true; changed;) {
    changed = false
    for (let i = blocks.length - 1; i >= 0; i--) {
      let out = 0
      for (const { to } of (blocks[i] as Block).edges) out |= live[to] as number
      const now = (reads[i] as number) | (out & ~(writes[i] as number))
      if (now === live[i]) continue
      live[i] = now
      changed = true
    }
  }
  return (live[0] as number) & ARGUMENTS
}

/** How many arguments each function takes: the number of the last that it, or what it calls, may read. */
export function countArguments(code: Code, functions: readonly Function_[]): Map<number, number> {
  const counts = new Map(functions.map(({ entry }) => [entry, 0]))
  for (let changed = true; changed;) {
    changed = false
    for (const { entry, blocks } of functions) {
      const live = liveAtEntry(code, blocks, counts)
      const count = live === 0 ? 0 : 31 - Math.clz32(live)
      if (count === counts.get(entry)) continue
      counts.set(entry, count)
      changed = true
    }
  }
  return counts
}
