import type { Block } from './graph.ts'

/** The order and the dominators of a graph whose entry is block 0. Blocks that aren't reached have no place in it. */
export interface Dominators {
  /** Blocks in reverse postorder. */
  readonly order: readonly number[]
  /** Place of each block in the order; -1 where it has none. */
  readonly place: Int32Array
  /** Immediate dominator of each block; the entry's is itself. */
  readonly idom: Int32Array
}

/** Iterative dominators (Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm). */
export function findDominators(blocks: readonly Block[]): Dominators {
  const order = reversePostorder(blocks)
  const place = new Int32Array(blocks.length).fill(-1)
  order.forEach((block, i) => {
    place[block] = i
  })
  const preds: number[][] = blocks.map(() => [])
  for (const from of order) for (const { to } of (blocks[from] as Block).edges) (preds[to] as number[]).push(from)
  const idom = new Int32Array(blocks.length).fill(-1)
  idom[0] = 0
  const intersect = (one: number, other: number): number => {
    let a = one
    let b = other
    while (a !== b) {
      while ((place[a] as number) > (place[b] as number)) a = idom[a] as number
      while ((place[b] as number) > (place[a] as number)) b = idom[b] as number
    }
    return a
  }
  for (let changed = true; changed;) {
    changed = false
    for (const block of order) {
      if (block === 0) continue
      let best = -1
      for (const pred of preds[block] as number[]) {
        if (idom[pred] !== -1) best = best === -1 ? pred : intersect(pred, best)
      }
      if (idom[block] !== best) {
        idom[block] = best
        changed = true
      }
    }
  }
  return { order, place, idom }
}

function reversePostorder(blocks: readonly Block[]): number[] {
  const seen = new Uint8Array(blocks.length)
  const post: number[] = []
  const stack: { block: number; next: number }[] = [{ block: 0, next: 0 }]
  seen[0] = 1
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const { edges } = blocks[top.block] as Block
    // The last edge first: what's written first in the program comes first in the order then.
    const edge = edges[edges.length - 1 - top.next++]
    if (!edge) {
      post.push(top.block)
      stack.pop()
    } else if (!seen[edge.to]) {
      seen[edge.to] = 1
      stack.push({ block: edge.to, next: 0 })
    }
  }
  return post.reverse()
}

/** Whether every way to `block` leads through `over`. */
export function dominates({ place, idom }: Dominators, over: number, block: number): boolean {
  let at = block
  while ((place[at] as number) > (place[over] as number)) at = idom[at] as number
  return at === over
}
