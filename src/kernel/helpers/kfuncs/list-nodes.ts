import { isInHeap } from '../../memory/heap-area.ts'
import type { Memory } from '../../memory/memory.ts'

/**
 * Lists in memory (struct bpf_list_head and bpf_list_node), into which only the kernel looks. A node doesn't say where its
 * head is, as that may be in a map's value, which is elsewhere in another process: a list has a number instead.
 */

export const HEAD = { FIRST: 0, LAST: 8, NUMBER: 12, SIZE: 16 } as const
export const NODE = { NEXT: 0, PREV: 8, OWNER: 16, SIZE: 24 } as const

/** First node of a list, 0 for none. A head that nobody has used yet points to itself, or nowhere. */
export function firstNode({ view }: Memory, head: number): number {
  const node = view.getUint32(head + HEAD.FIRST, true)
  return node !== head && isInHeap(node) ? node : 0
}

/** Puts a node at one end. @param number what a list without a node is called from now on. */
export function insertNode(memory: Memory, head: number, node: number, tail: boolean, number: () => number): void {
  const { view, u8 } = memory
  const first = firstNode(memory, head)
  if (first === 0) {
    u8.fill(0, head, head + HEAD.SIZE)
    view.setUint32(head + HEAD.NUMBER, number(), true)
  }
  const last = view.getUint32(head + HEAD.LAST, true)
  u8.fill(0, node, node + NODE.SIZE)
  view.setUint32(node + NODE.OWNER, view.getUint32(head + HEAD.NUMBER, true), true)
  view.setUint32(node + NODE.NEXT, tail ? 0 : first, true)
  view.setUint32(node + NODE.PREV, tail ? last : 0, true)
  view.setUint32(tail && last !== 0 ? last + NODE.NEXT : head + HEAD.FIRST, node, true)
  view.setUint32(!tail && first !== 0 ? first + NODE.PREV : head + HEAD.LAST, node, true)
}

/** Takes the node at one end. @returns it, 0 where there's none. */
export function takeNode(memory: Memory, head: number, tail: boolean): number {
  const { view, u8 } = memory
  const first = firstNode(memory, head)
  if (first === 0) return 0
  const node = tail ? view.getUint32(head + HEAD.LAST, true) : first
  const next = view.getUint32(node + NODE.NEXT, true)
  const prev = view.getUint32(node + NODE.PREV, true)
  view.setUint32(prev === 0 ? head + HEAD.FIRST : prev + NODE.NEXT, next, true)
  view.setUint32(next === 0 ? head + HEAD.LAST : next + NODE.PREV, prev, true)
  u8.fill(0, node, node + NODE.SIZE)
  return node
}

/** Takes all nodes of a list that goes. */
export function nodesOfList(memory: Memory, head: number): number[] {
  const nodes: number[] = []
  for (let node = takeNode(memory, head, false); node !== 0; node = takeNode(memory, head, false)) nodes.push(node)
  memory.u8.fill(0, head, head + HEAD.SIZE)
  return nodes
}
