import type { Block } from './graph.ts'
import { dominates, findDominators } from './dominators.ts'

/** A loop that can be entered in one place only can be written as WebAssembly's; whether all are like that. */
function isReducible(blocks: readonly Block[]): boolean {
  const dominators = findDominators(blocks)
  const { order, place } = dominators
  return order.every((from) =>
    (blocks[from] as Block).edges.every(
      ({ to }) => (place[to] as number) > (place[from] as number) || dominates(dominators, to, from),
    ),
  )
}

/**
 * Makes every loop one that is entered in one place: those that are entered in several get a `dispatch` block, which
 * leads to all of them, and `label` blocks before it, which say where to.
 */
export function makeReducible(blocks: Block[]): Block[] {
  if (isReducible(blocks)) return blocks
  const all = [...blocks]
  const work: number[][] = [all.map((_, i) => i)]
  for (let region = work.pop(); region; region = work.pop()) {
    for (const component of findComponents(all, region)) {
      const inside = new Set(component)
      const entries = findEntries(all, inside)
      if (entries.length > 1) {
        const added = addDispatch(all, inside, entries)
        work.push([...component, ...added])
      } else {
        work.push(component.filter((block) => block !== entries[0]))
      }
    }
  }
  return all
}

/** Blocks of a loop that are reached from outside of it. */
function findEntries(blocks: readonly Block[], inside: ReadonlySet<number>): number[] {
  const entries = new Set<number>()
  if (inside.has(0)) entries.add(0)
  blocks.forEach(({ edges }, from) => {
    if (!inside.has(from)) for (const { to } of edges) if (inside.has(to)) entries.add(to)
  })
  return [...entries]
}

/** @returns the new blocks that are in the loop, without the dispatch block, which is its entry now. */
function addDispatch(blocks: Block[], inside: ReadonlySet<number>, entries: readonly number[]): number[] {
  const dispatch = blocks.length
  const none = { start: 0, end: 0, last: 0 }
  blocks.push({ ...none, kind: 'dispatch', edges: entries.map((to) => ({ to, gated: false })), label: 0 })
  const added: number[] = []
  const before = blocks.length - 1
  // Ways from inside and ways from outside have labels of their own, or the labels would be entries again.
  const redirect = (isInside: boolean, entry: number, label: number) => {
    let at = -1
    for (let from = 0; from < before; from++) {
      if (inside.has(from) !== isInside) continue
      for (const edge of (blocks[from] as Block).edges) {
        if (edge.to !== entry) continue
        if (at < 0) {
          at = blocks.length
          blocks.push({ ...none, kind: 'label', edges: [{ to: dispatch, gated: false }], label })
        }
        edge.to = at
      }
    }
    if (at >= 0 && isInside) added.push(at)
  }
  entries.forEach((entry, label) => {
    redirect(true, entry, label)
    redirect(false, entry, label)
  })
  return added
}

/** Strongly connected components of several blocks within a region (Tarjan). */
function findComponents(blocks: readonly Block[], region: readonly number[]): number[][] {
  const within = new Set(region)
  const index = new Map<number, number>()
  const low = new Map<number, number>()
  const onStack = new Set<number>()
  const stack: number[] = []
  const components: number[][] = []
  for (const root of region) {
    if (index.has(root)) continue
    const work: { block: number; next: number }[] = []
    const enter = (block: number) => {
      index.set(block, index.size)
      low.set(block, index.get(block) as number)
      stack.push(block)
      onStack.add(block)
      work.push({ block, next: 0 })
    }
    enter(root)
    for (let top = work.at(-1); top; top = work.at(-1)) {
      const { block } = top
      const edge = (blocks[block] as Block).edges[top.next++]
      if (edge) {
        if (!within.has(edge.to)) continue
        if (!index.has(edge.to)) enter(edge.to)
        else if (onStack.has(edge.to)) {
          low.set(block, Math.min(low.get(block) as number, index.get(edge.to) as number))
        }
        continue
      }
      work.pop()
      const above = work.at(-1)
      if (above) {
        low.set(above.block, Math.min(low.get(above.block) as number, low.get(block) as number))
      }
      if (low.get(block) !== index.get(block)) continue
      const component: number[] = []
      for (let each = stack.pop(); each !== undefined; each = stack.pop()) {
        onStack.delete(each)
        component.push(each)
        if (each === block) break
      }
      if (component.length > 1) components.push(component)
    }
  }
  return components
}
