import type { LruNodes } from './lru-nodes.ts'

/** enum bpf_lru_list_type. */
export const ListKind = { ACTIVE: 0, INACTIVE: 1, FREE: 2, LOCAL_FREE: 3, LOCAL_PENDING: 4 } as const

/** Counters of one list in `nodes.scalars`, from its base on. */
const ACTIVE_COUNT = 0
const INACTIVE_COUNT = 1
const FREE_COUNT = 2
/** Where the next look at the inactive list begins. */
const ROTATION = 3
export const LIST_SCALARS = 4

/** Takes a node's element out of the hash table. */
export type RemoveElement = (node: number) => void

/**
 * struct bpf_lru_list: active elements, inactive ones, and free nodes. Elements that were used move from the inactive
 * to the active list, those that weren't the other way; the inactive list's end is where room is made.
 */
export class LruList {
  readonly #nodes: LruNodes
  readonly #active: number
  readonly #inactive: number
  readonly #base: number
  readonly #scans: number
  readonly #removeElement: RemoveElement

  /**
   * @param active the active list's head; the inactive one's comes next.
   * @param base of its counters.
   * @param scans how many nodes are looked at in one go (nr_scans).
   */
  constructor(nodes: LruNodes, active: number, base: number, scans: number, removeElement: RemoveElement) {
    this.#nodes = nodes
    this.#active = active
    this.#inactive = active + 1
    this.#base = base
    this.#scans = scans
    this.#removeElement = removeElement
  }

  /** What its counters begin with. */
  static scalars(active: number, free: number): number[] {
    return [0, 0, free, active + 1]
  }

  get free(): number {
    return this.#scalar(FREE_COUNT)
  }

  set free(count: number) {
    this.#nodes.scalars[this.#base + FREE_COUNT] = count
  }

  /** __bpf_lru_node_move_in: a node that was in no list of this one. */
  moveIn(node: number, kind: number): void {
    this.#count(kind, 1)
    this.#nodes.setState(node, kind, this.#nodes.cpu(node))
    this.#nodes.add(node, kind === ListKind.ACTIVE ? this.#active : this.#inactive)
  }

  /** __bpf_lru_node_move_to_free: the node becomes one of the pool; the caller counts where it's free. */
  drop(node: number): void {
    this.#passRotation(node)
    this.#count(this.#nodes.kind(node), -1)
    this.#nodes.remove(node)
    this.#nodes.give(node)
  }

  /** __bpf_lru_list_rotate. */
  rotate(): void {
    if (this.#scalar(INACTIVE_COUNT) < this.#scalar(ACTIVE_COUNT)) this.#rotateActive()
    this.#rotateInactive()
  }

  /** __bpf_lru_list_shrink. @returns how many elements were thrown out: `target` at most. */
  shrink(target: number): number {
    const shrunk = this.#shrinkInactive(target)
    if (shrunk > 0) return shrunk
    const nodes = this.#nodes
    // Whether they were used doesn't count any more.
    const head = nodes.next(this.#inactive) !== this.#inactive ? this.#inactive : this.#active
    const node = nodes.prev(head)
    if (node === head) return 0
    this.#removeElement(node)
    this.drop(node)
    return 1
  }

  #rotateActive(): void {
    const nodes = this.#nodes
    const first = nodes.next(this.#active)
    let node = nodes.prev(this.#active)
    for (let i = 1; node !== this.#active; i++) {
      const before = nodes.prev(node)
      this.#move(node, nodes.isRef(node) ? ListKind.ACTIVE : ListKind.INACTIVE)
      if (i === this.#scans || node === first) break
      node = before
    }
  }

  #rotateInactive(): void {
    const nodes = this.#nodes
    const head = this.#inactive
    if (nodes.next(head) === head) return
    let last = nodes.next(this.#scalar(ROTATION))
    if (last === head) last = nodes.next(last)
    let at = this.#scalar(ROTATION)
    let next = head
    let i = 0
    while (i < this.#scans) {
      if (at === head) {
        at = nodes.prev(at)
        continue
      }
      next = nodes.prev(at)
      if (nodes.isRef(at)) this.#move(at, ListKind.ACTIVE)
      if (at === last) break
      at = next
      i++
    }
    this.#nodes.scalars[this.#base + ROTATION] = next
  }

  #shrinkInactive(target: number): number {
    const nodes = this.#nodes
    let shrunk = 0
    let node = nodes.prev(this.#inactive)
    for (let i = 1; node !== this.#inactive; i++) {
      const before = nodes.prev(node)
      if (nodes.isRef(node)) this.#move(node, ListKind.ACTIVE)
      else {
        this.#removeElement(node)
        this.drop(node)
        if (++shrunk === target) break
      }
      if (i === this.#scans) break
      node = before
    }
    return shrunk
  }

  /** __bpf_lru_node_move: to the front of a list, not used. */
  #move(node: number, kind: number): void {
    const nodes = this.#nodes
    const before = nodes.kind(node)
    if (before !== kind) {
      this.#count(before, -1)
      this.#count(kind, 1)
    }
    nodes.setState(node, kind, nodes.cpu(node))
    this.#passRotation(node)
    nodes.remove(node)
    nodes.add(node, kind === ListKind.ACTIVE ? this.#active : this.#inactive)
  }

  /** A node that leaves its place isn't where the next look begins. */
  #passRotation(node: number): void {
    if (this.#scalar(ROTATION) === node) this.#nodes.scalars[this.#base + ROTATION] = this.#nodes.prev(node)
  }

  #scalar(which: number): number {
    return this.#nodes.scalars[this.#base + which] as number
  }

  #count(kind: number, by: number): void {
    if (kind > ListKind.INACTIVE) return
    const at = this.#base + (kind === ListKind.ACTIVE ? ACTIVE_COUNT : INACTIVE_COUNT)
    this.#nodes.scalars[at] = (this.#nodes.scalars[at] as number) + by
  }
}
