import type { Memory } from '../../memory/memory.ts'

/** struct bpf_rb_node: parent, whether it's black, children, the number of its tree. */
export const NODE = { PARENT: 0, BLACK: 4, RIGHT: 8, LEFT: 16, OWNER: 24, SIZE: 32 } as const
/** struct bpf_rb_root: the root, the tree's number, the first node. */
export const ROOT = { NODE: 0, NUMBER: 4, FIRST: 8, SIZE: 16 } as const

type Side = typeof NODE.LEFT | typeof NODE.RIGHT

const other = (side: Side): Side => (side === NODE.LEFT ? NODE.RIGHT : NODE.LEFT)

/**
 * A red-black tree in memory, of the shape that Linux's has after the same insertions and removals: programs can walk it.
 * Places are offsets in memory, 0 for none.
 */
export class RbTree {
  readonly #memory: Memory
  readonly #at: number

  /** @param at where its struct bpf_rb_root is. */
  constructor(memory: Memory, at: number) {
    this.#memory = memory
    this.#at = at
  }

  #get(at: number): number {
    return this.#memory.view.getUint32(at, true)
  }

  #set(at: number, value: number): void {
    this.#memory.view.setUint32(at, value, true)
  }

  get root(): number {
    return this.#get(this.#at + ROOT.NODE)
  }

  get first(): number {
    return this.#get(this.#at + ROOT.FIRST)
  }

  get number(): number {
    return this.#get(this.#at + ROOT.NUMBER)
  }

  set number(number: number) {
    this.#set(this.#at + ROOT.NUMBER, number)
  }

  ownerOf(node: number): number {
    return this.#get(node + NODE.OWNER)
  }

  has(node: number): boolean {
    return this.number !== 0 && this.ownerOf(node) === this.number
  }

  left(node: number): number {
    return this.#get(node + NODE.LEFT)
  }

  right(node: number): number {
    return this.#get(node + NODE.RIGHT)
  }

  #parent(node: number): number {
    return this.#get(node + NODE.PARENT)
  }

  #isBlack(node: number): boolean {
    return node === 0 || this.#get(node + NODE.BLACK) !== 0
  }

  #paint(node: number, black: boolean): void {
    this.#set(node + NODE.BLACK, black ? 1 : 0)
  }

  /** Puts `now` where `old` was below `parent`. */
  #replace(parent: number, old: number, now: number): void {
    if (parent === 0) this.#set(this.#at + ROOT.NODE, now)
    else this.#set(parent + (this.left(parent) === old ? NODE.LEFT : NODE.RIGHT), now)
    if (now !== 0) this.#set(now + NODE.PARENT, parent)
  }

  /** Turns the tree at a node, whose child on the other side comes up. */
  #rotate(node: number, side: Side): void {
    const up = this.#get(node + other(side))
    const inner = this.#get(up + side)
    this.#set(node + other(side), inner)
    if (inner !== 0) this.#set(inner + NODE.PARENT, node)
    this.#replace(this.#parent(node), node, up)
    this.#set(up + side, node)
    this.#set(node + NODE.PARENT, up)
  }

  /** rb_link_node and rb_insert_color_cached. */
  insert(node: number, parent: number, left: boolean): void {
    this.#memory.u8.fill(0, node, node + NODE.SIZE)
    this.#set(node + NODE.PARENT, parent)
    this.#set(node + NODE.OWNER, this.number)
    if (parent === 0) this.#set(this.#at + ROOT.NODE, node)
    else this.#set(parent + (left ? NODE.LEFT : NODE.RIGHT), node)
    if (parent === 0 || (left && this.first === parent)) this.#set(this.#at + ROOT.FIRST, node)
    let at = node
    for (;;) {
      let up = this.#parent(at)
      if (this.#isBlack(up)) break
      const top = this.#parent(up)
      const side: Side = this.left(top) === up ? NODE.LEFT : NODE.RIGHT
      const uncle = this.#get(top + other(side))
      if (!this.#isBlack(uncle)) {
        this.#paint(up, true)
        this.#paint(uncle, true)
        this.#paint(top, false)
        at = top
        continue
      }
      if (this.#get(up + other(side)) === at) {
        this.#rotate(up, side)
        at = up
        up = this.#parent(at)
      }
      this.#paint(up, true)
      this.#paint(top, false)
      this.#rotate(top, other(side))
    }
    this.#paint(this.root, true)
  }

  /** The node after one, in order (rb_next). */
  next(node: number): number {
    let at = this.right(node)
    if (at !== 0) {
      for (let left = this.left(at); left !== 0; left = this.left(at)) at = left
      return at
    }
    let up = this.#parent(node)
    for (at = node; up !== 0 && this.right(up) === at; up = this.#parent(at)) at = up
    return up
  }

  /** rb_erase_cached: the node belongs to nobody then. */
  erase(node: number): void {
    if (this.first === node) this.#set(this.#at + ROOT.FIRST, this.next(node))
    let child: number
    let parent: number
    let wasBlack = this.#isBlack(node)
    if (this.left(node) === 0 || this.right(node) === 0) {
      child = this.left(node) || this.right(node)
      parent = this.#parent(node)
      this.#replace(parent, node, child)
    } else {
      let successor = this.right(node)
      for (let left = this.left(successor); left !== 0; left = this.left(successor)) successor = left
      wasBlack = this.#isBlack(successor)
      child = this.right(successor)
      if (this.#parent(successor) === node) parent = successor
      else {
        parent = this.#parent(successor)
        this.#replace(parent, successor, child)
        this.#adopt(successor, NODE.RIGHT, this.right(node))
      }
      this.#replace(this.#parent(node), node, successor)
      this.#adopt(successor, NODE.LEFT, this.left(node))
      this.#paint(successor, this.#isBlack(node))
    }
    if (wasBlack) this.#restore(child, parent)
    this.#memory.u8.fill(0, node, node + NODE.SIZE)
  }

  #adopt(node: number, side: Side, child: number): void {
    this.#set(node + side, child)
    this.#set(child + NODE.PARENT, node)
  }

  /** ____rb_erase_color: a black node less on the way to `at`, which is 0 where there's nothing. */
  #restore(at: number, parent: number): void {
    while (parent !== 0 && this.#isBlack(at)) {
      const side: Side = this.left(parent) === at ? NODE.LEFT : NODE.RIGHT
      let sibling = this.#get(parent + other(side))
      if (!this.#isBlack(sibling)) {
        this.#paint(sibling, true)
        this.#paint(parent, false)
        this.#rotate(parent, side)
        sibling = this.#get(parent + other(side))
      }
      if (this.#isBlack(this.left(sibling)) && this.#isBlack(this.right(sibling))) {
        this.#paint(sibling, false)
        at = parent
        parent = this.#parent(at)
        continue
      }
      if (this.#isBlack(this.#get(sibling + other(side)))) {
        this.#paint(this.#get(sibling + side), true)
        this.#paint(sibling, false)
        this.#rotate(sibling, other(side))
        sibling = this.#get(parent + other(side))
      }
      this.#paint(sibling, this.#isBlack(parent))
      this.#paint(parent, true)
      this.#paint(this.#get(sibling + other(side)), true)
      this.#rotate(parent, side)
      at = this.root
      break
    }
    if (at !== 0) this.#paint(at, true)
  }
}

/** Takes all nodes of a tree that goes, in their order. */
export function nodesOfTree(memory: Memory, root: number): number[] {
  const tree = new RbTree(memory, root)
  const nodes: number[] = []
  for (let node = tree.first; node !== 0; node = tree.first) {
    tree.erase(node)
    nodes.push(node)
  }
  memory.u8.fill(0, root, root + ROOT.SIZE)
  return nodes
}
