import type { RemoveElement } from './lru-list.ts'
import { LIST_SCALARS, ListKind, LruList } from './lru-list.ts'
import { LruNodes } from './lru-nodes.ts'
import type { MapEnvironment } from './map.ts'

/** LOCAL_FREE_TARGET and LOCAL_NR_SCANS; PERCPU_FREE_TARGET and PERCPU_NR_SCANS. */
const LOCAL_TARGET = 128
const PERCPU_TARGET = 4
/** Where a map's own counters begin: behind the pool's. */
const BASE = 2

/** struct bpf_lru: which elements of a map are thrown out when there's no room. */
export interface Lru {
  readonly nodes: LruNodes
  /** bpf_lru_pop_free: a node for an element with this hash, which may cost others theirs; 0 when there is none. */
  pop(hash: number): number
  /** bpf_lru_push_free: the element of this node is gone. */
  push(node: number): void
}

/** One LRU for all CPUs; each CPU has some free nodes of its own and keeps its newest elements to itself at first. */
export class CommonLru implements Lru {
  readonly nodes: LruNodes
  readonly #env: MapEnvironment
  readonly #list: LruList
  readonly #target: number
  readonly #removeElement: RemoveElement

  constructor(env: MapEnvironment, id: number, entries: number, removeElement: RemoveElement) {
    const cpus = env.possibleCpus
    this.#env = env
    this.#removeElement = removeElement
    // Lists: active, inactive, each CPU's pending ones. Counters: the list's, each CPU's free nodes, each CPU's next
    // one to steal from.
    const own: number[] = LruList.scalars(0, entries)
    for (let cpu = 0; cpu < cpus; cpu++) own.push(0)
    for (let cpu = 0; cpu < cpus; cpu++) own.push(cpu)
    this.nodes = new LruNodes(env, id, 2 + cpus, own)
    this.#list = new LruList(this.nodes, 0, BASE, LOCAL_TARGET, removeElement)
    this.#target = Math.min(Math.max(Math.floor(Math.floor(entries / cpus) / 2), 1), LOCAL_TARGET)
  }

  /** bpf_common_lru_pop_free. */
  pop(hash: number): number {
    const cpu = this.#env.currentCpu()
    let node = this.#popLocalFree(cpu)
    if (node === 0) {
      this.#fillLocal(cpu)
      node = this.#popLocalFree(cpu)
    }
    if (node === 0) node = this.#steal(cpu)
    if (node !== 0) this.#addPending(cpu, node, hash)
    return node
  }

  /** bpf_common_lru_push_free. */
  push(node: number): void {
    const { nodes } = this
    if (nodes.kind(node) === ListKind.LOCAL_PENDING) {
      nodes.remove(node)
      this.#addFree(nodes.cpu(node), 1)
      nodes.give(node)
      return
    }
    this.#list.drop(node)
    this.#list.free++
  }

  #pending(cpu: number): number {
    return 2 + cpu
  }

  #addFree(cpu: number, by: number): void {
    const { scalars } = this.nodes
    const at = BASE + LIST_SCALARS + cpu
    scalars[at] = (scalars[at] as number) + by
  }

  /** __local_list_pop_free. */
  #popLocalFree(cpu: number): number {
    if (this.nodes.scalars[BASE + LIST_SCALARS + cpu] === 0) return 0
    this.#addFree(cpu, -1)
    return this.nodes.take()
  }

  /** __local_list_add_pending. */
  #addPending(cpu: number, node: number, hash: number): void {
    const { nodes } = this
    nodes.setHash(node, hash)
    nodes.setState(node, ListKind.LOCAL_PENDING, cpu)
    nodes.add(node, this.#pending(cpu))
  }

  /** bpf_lru_list_pop_free_to_local. */
  #fillLocal(cpu: number): void {
    const list = this.#list
    this.#flushPending(cpu)
    list.rotate()
    const free = Math.min(list.free, this.#target)
    list.free -= free
    this.#addFree(cpu, free)
    if (free < this.#target) this.#addFree(cpu, list.shrink(this.#target - free))
  }

  /** __local_list_flush. */
  #flushPending(cpu: number): void {
    const { nodes } = this
    const head = this.#pending(cpu)
    for (let node = nodes.prev(head); node !== head;) {
      const before = nodes.prev(node)
      const kind = nodes.isRef(node) ? ListKind.ACTIVE : ListKind.INACTIVE
      nodes.remove(node)
      this.#list.moveIn(node, kind)
      node = before
    }
  }

  #steal(cpu: number): number {
    const { scalars } = this.nodes
    const cpus = this.#env.possibleCpus
    const at = BASE + LIST_SCALARS + cpus + cpu
    const first = scalars[at] as number
    let from = first
    let node: number
    do {
      node = this.#popLocalFree(from)
      if (node === 0) node = this.#popPending(from)
      from = (from + 1) % cpus
    } while (node === 0 && from !== first)
    scalars[at] = from
    return node
  }

  /** __local_list_pop_pending: the oldest that wasn't used, else the oldest. */
  #popPending(cpu: number): number {
    const { nodes } = this
    const head = this.#pending(cpu)
    let node = nodes.prev(head)
    while (node !== head && nodes.isRef(node)) node = nodes.prev(node)
    if (node === head) node = nodes.prev(head)
    if (node === head) return 0
    this.#removeElement(node)
    nodes.remove(node)
    return node
  }
}

/** BPF_F_NO_COMMON_LRU: each CPU has its own share of the nodes, and an LRU of its own. */
export class PerCpuLru implements Lru {
  readonly nodes: LruNodes
  readonly #env: MapEnvironment
  readonly #lists: LruList[] = []

  constructor(env: MapEnvironment, id: number, entries: number, removeElement: RemoveElement) {
    const cpus = env.possibleCpus
    this.#env = env
    const scalars: number[] = []
    for (let cpu = 0; cpu < cpus; cpu++) scalars.push(...LruList.scalars(cpu * 2, entries / cpus))
    this.nodes = new LruNodes(env, id, cpus * 2, scalars)
    for (let cpu = 0; cpu < cpus; cpu++) {
      const base = BASE + cpu * LIST_SCALARS
      this.#lists.push(new LruList(this.nodes, cpu * 2, base, PERCPU_TARGET, removeElement))
    }
  }

  /** bpf_percpu_lru_pop_free. */
  pop(hash: number): number {
    const cpu = this.#env.currentCpu()
    const list = this.#lists[cpu] as LruList
    list.rotate()
    if (list.free === 0) list.free += list.shrink(PERCPU_TARGET)
    if (list.free === 0) return 0
    list.free--
    const node = this.nodes.take()
    this.nodes.setHash(node, hash)
    this.nodes.setState(node, ListKind.FREE, cpu)
    list.moveIn(node, ListKind.INACTIVE)
    return node
  }

  /** bpf_percpu_lru_push_free. */
  push(node: number): void {
    const list = this.#lists[this.nodes.cpu(node)] as LruList
    list.drop(node)
    list.free++
  }
}
