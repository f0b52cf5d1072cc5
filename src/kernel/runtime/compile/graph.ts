import type { Code } from '../decode.ts'
import { Op, STRIDE } from '../decode.ts'
import { LD_IMM64 } from '../../../isa/opcode.ts'

/** Where a block leads. */
export interface Edge {
  /** Index of a block. */
  to: number
  /** A jump back in the program's text, which costs fuel. */
  readonly gated: boolean
}

/**
 * A basic block: instruction slots from `start` until `end`, and how it goes on. `if` goes to the first edge when the
 * jump at `last` is taken, else to the second. `label` and `dispatch` stand for no instructions: see reducible.ts.
 */
export interface Block {
  readonly start: number
  readonly end: number
  /** Slot of the instruction that ends the block, for `if`, `exit` and `fault`. */
  readonly last: number
  readonly kind: 'goto' | 'if' | 'exit' | 'fault' | 'label' | 'dispatch'
  readonly edges: readonly Edge[]
  /** What a `label` block says to the `dispatch` block that follows it: which of its edges to take. */
  readonly label: number
}

/** Where a decoded jump leads: the slot, whether through a gate. */
function targetOf(code: Code, slot: number): { slot: number; gated: boolean } {
  const target = (code.insns[slot * STRIDE + 2] as number) / STRIDE
  if (target <= code.slots) return { slot: target, gated: false }
  return { slot: (code.insns[target * STRIDE + 2] as number) / STRIDE, gated: true }
}

export function opAt(code: Code, slot: number): number {
  return (code.insns[slot * STRIDE] as number) & 0xffff
}

/** Whether an operation may jump and may go on. */
function isBranch(op: number): boolean {
  if (op === Op.MAY_GOTO) return true
  const cls = op & 7
  return op < 0x100 && (cls === 5 || cls === 6) && op !== 0x05 && op !== 0x95
}

/** Slots after which control doesn't just go on. */
function endsBlock(op: number): boolean {
  return op === 0x05 || op === 0x95 || op === Op.BAD || isBranch(op)
}

/** First slots of blocks that a function reaches from its entry, in the order of the text. */
function findLeaders(code: Code, entry: number): number[] {
  const leaders = new Set<number>([entry])
  const work = [entry]
  for (let slot = work.pop(); slot !== undefined; slot = work.pop()) {
    let at = slot
    for (let op = opAt(code, at); !endsBlock(op); op = opAt(code, at)) {
      at += op === LD_IMM64 ? 2 : 1
      if (leaders.has(at)) break
    }
    const op = opAt(code, at)
    const next: number[] = []
    if (op === 0x05 || isBranch(op)) next.push(targetOf(code, at).slot)
    if (isBranch(op)) next.push(at + 1)
    for (const to of next) {
      if (leaders.has(to)) continue
      leaders.add(to)
      work.push(to)
    }
  }
  return [...leaders].sort((a, b) => a - b)
}

/**
 * The blocks of the function that begins at slot `entry`, which is block 0. What is jumped into begins a block, also in
 * the middle of what was read before.
 */
export function functionBlocks(code: Code, entry: number): Block[] {
  const leaders = findLeaders(code, entry)
  const order = [entry, ...leaders.filter((slot) => slot !== entry)]
  const index = new Map(order.map((slot, i) => [slot, i]))
  return order.map((start) => {
    let at = start
    for (let op = opAt(code, at); !endsBlock(op); op = opAt(code, at)) {
      at += op === LD_IMM64 ? 2 : 1
      const to = index.get(at)
      if (to !== undefined) {
        return { start, end: at, last: at, kind: 'goto', edges: [{ to, gated: false }], label: 0 }
      }
    }
    const op = opAt(code, at)
    const edge = ({ slot, gated }: { slot: number; gated: boolean }): Edge => ({ to: index.get(slot) as number, gated })
    if (op === 0x05) return { start, end: at, last: at, kind: 'goto', edges: [edge(targetOf(code, at))], label: 0 }
    if (!isBranch(op)) {
      return { start, end: at, last: at, kind: op === Op.BAD ? 'fault' : 'exit', edges: [], label: 0 }
    }
    const edges = [edge(targetOf(code, at)), edge({ slot: at + 1, gated: false })]
    return { start, end: at, last: at, kind: 'if', edges, label: 0 }
  })
}

/** Slots where functions of the program begin: where it starts, what it calls, what it takes the address of. */
export function functionEntries(code: Code): number[] {
  const entries = new Set<number>([0])
  for (let slot = 0; slot < code.slots; slot++) {
    if (opAt(code, slot) === Op.CALL_SUB) entries.add((code.insns[slot * STRIDE + 2] as number) / STRIDE)
  }
  for (const slot of code.functions) if (slot >= 0 && slot < code.slots) entries.add(slot)
  return [...entries].sort((a, b) => a - b)
}
