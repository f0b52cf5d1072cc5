import type { WasmCode } from '../wasm/code.ts'
import { findDominators } from './dominators.ts'
import type { Block, Edge } from './graph.ts'

/** What writes the inside of blocks. */
export interface BlockWriter {
  readonly code: WasmCode
  /** A block's instructions without the one that ends it; for `exit`, `fault` and `label` with it. */
  body(block: number): void
  /** The condition of a block's last jump, as an i32. */
  condition(block: number): void
  /** What a jump back costs. */
  gate(): void
  /** The number of the dispatch block's edge to take, as an i32. */
  dispatch(): void
}

/** What's left to write, the last first: a block and what it dominates, or the end of a wasm block. */
type Task = { node: number } | 'end'

/**
 * Writes a reducible graph as blocks, loops and branches: each loop's header opens a loop, each block with several ways
 * to it stands behind a wasm block that these ways leave (Ramsey: Beyond Relooper).
 */
export function writeStructured(blocks: readonly Block[], writer: BlockWriter): void {
  new Structure(blocks, writer).write()
}

class Structure {
  readonly #blocks: readonly Block[]
  readonly #writer: BlockWriter
  readonly #place: Int32Array
  /** Whether a block is jumped back to. */
  readonly #isHeader: Uint8Array
  /** Whether a block has several ways to it, jumps back aside. */
  readonly #isMerge: Uint8Array
  /** Blocks with several ways to them by their immediate dominator, the last in the order first. */
  readonly #merges = new Map<number, number[]>()
  /** Levels of wasm blocks that are open, by the block that a branch to them leads to. */
  readonly #levels = new Map<number, number>()
  /** What branches to each open level lead to; -1 for none. */
  readonly #open: number[] = []
  readonly #tasks: Task[] = []

  constructor(blocks: readonly Block[], writer: BlockWriter) {
    this.#blocks = blocks
    this.#writer = writer
    const { order, place, idom } = findDominators(blocks)
    this.#place = place
    this.#isHeader = new Uint8Array(blocks.length)
    this.#isMerge = new Uint8Array(blocks.length)
    const ways = new Uint32Array(blocks.length)
    for (const from of order) {
      const { edges, kind } = blocks[from] as Block
      for (const { to } of edges) {
        if (this.#isBack(from, to)) this.#isHeader[to] = 1
        else ways[to] = (ways[to] as number) + (kind === 'dispatch' ? 2 : 1)
      }
    }
    for (const block of [...order].reverse()) {
      if ((ways[block] as number) < 2) continue
      this.#isMerge[block] = 1
      const over = idom[block] as number
      const merges = this.#merges.get(over)
      if (merges) merges.push(block)
      else this.#merges.set(over, [block])
    }
  }

  write(): void {
    const { code } = this.#writer
    this.#tasks.push({ node: 0 })
    for (let task = this.#tasks.pop(); task; task = this.#tasks.pop()) {
      if (task === 'end') this.#close()
      else this.#node(task.node)
    }
    // Every way has left; the function's result would be missing here.
    code.op('unreachable')
  }

  #isBack(from: number, to: number): boolean {
    return (this.#place[to] as number) <= (this.#place[from] as number)
  }

  #openLevel(kind: 'block' | 'loop' | 'if', target: number): void {
    this.#writer.code.open(kind)
    if (target >= 0) this.#levels.set(target, this.#open.length)
    this.#open.push(target)
  }

  #close(): void {
    this.#writer.code.op('end')
    const target = this.#open.pop() as number
    if (target >= 0) this.#levels.delete(target)
  }

  /** How many levels out the way to `to` leads, or undefined where the block comes next on this way alone. */
  #depth(from: number, to: number): number | undefined {
    if (!this.#isMerge[to] && !this.#isBack(from, to)) return undefined
    return this.#open.length - 1 - (this.#levels.get(to) as number)
  }

  #node(at: number): void {
    if (this.#isHeader[at]) {
      this.#openLevel('loop', at)
      this.#tasks.push('end')
    }
    for (const merge of this.#merges.get(at) ?? []) {
      this.#openLevel('block', merge)
      this.#tasks.push({ node: merge }, 'end')
    }
    this.#writer.body(at)
    const { kind, edges } = this.#blocks[at] as Block
    if (kind === 'if') this.#if(at, edges[0] as Edge, edges[1] as Edge)
    else if (kind === 'dispatch') this.#dispatch(at, edges)
    else if (edges[0]) this.#goto(at, edges[0])
  }

  #goto(from: number, { to, gated }: Edge): void {
    if (gated) this.#writer.gate()
    const depth = this.#depth(from, to)
    if (depth === undefined) this.#tasks.push({ node: to })
    else if (depth > 0 || this.#tasks.at(-1) !== 'end' || this.#isBack(from, to)) this.#writer.code.branch('br', depth)
  }

  #if(at: number, taken: Edge, other: Edge): void {
    const { code } = this.#writer
    this.#writer.condition(at)
    const depth = this.#depth(at, taken.to)
    if (depth !== undefined && !taken.gated) {
      code.branch('br_if', depth)
      this.#goto(at, other)
      return
    }
    const otherDepth = this.#depth(at, other.to)
    if (otherDepth !== undefined && !other.gated) {
      code.op('i32.eqz')
      code.branch('br_if', otherDepth)
      this.#goto(at, taken)
      return
    }
    // What's in the `if` never comes to its end.
    this.#openLevel('if', -1)
    if (depth !== undefined) {
      this.#writer.gate()
      code.branch('br', depth + 1)
      this.#close()
      this.#goto(at, other)
      return
    }
    this.#tasks.push({ node: other.to }, 'end')
    this.#goto(at, taken)
  }

  #dispatch(at: number, edges: readonly Edge[]): void {
    const depths = edges.map(({ to }) => this.#depth(at, to) as number)
    this.#writer.dispatch()
    this.#writer.code.table(depths, depths.at(-1) as number)
  }
}
