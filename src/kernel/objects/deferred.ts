import { fromUtf8, utf8 } from '../store/bytes.ts'
import type { Store } from '../store/store.ts'
import { Table } from '../store/store.ts'

/** A timer or a work in a map's value: what it calls, and when (struct bpf_async_cb). */
export interface Deferred {
  readonly id: number
  readonly mapId: number
  /** The element that it's in, and where in its value; an element without a key can't be found again. */
  readonly key: readonly number[]
  readonly offset: number
  /** Which clock a timer goes by; undefined for a work. */
  readonly clock: number | undefined
  /** The program whose function it calls, and the function's slot; 0 for none yet. */
  progId: number
  slot: number
  /** Nanoseconds of CLOCK_BOOTTIME; empty where it isn't armed. */
  expires: string
}

const KEY = utf8('deferred')

/**
 * All timers and works of a machine. Few have any, so they are one fact among its others, read when a program uses one
 * and when a test run ends.
 */
export class DeferredList {
  readonly #store: Store | undefined
  #entries: Map<number, Deferred> | undefined
  #stored = '[]'

  constructor(store?: Store) {
    this.#store = store
  }

  get #all(): Map<number, Deferred> {
    if (!this.#entries) {
      const bytes = this.#store?.get(Table.META, KEY)
      if (bytes) this.#stored = fromUtf8(bytes)
      this.#entries = new Map((JSON.parse(this.#stored) as Deferred[]).map((entry) => [entry.id, entry]))
    }
    return this.#entries
  }

  get(id: number): Deferred | undefined {
    return this.#all.get(id)
  }

  add(entry: Omit<Deferred, 'id'>): Deferred {
    let id = 1
    while (this.#all.has(id)) id++
    const added = { ...entry, id }
    this.#all.set(id, added)
    return added
  }

  remove(id: number): void {
    this.#all.delete(id)
  }

  /** The one that is due first, of those that are due by then. */
  due(until: bigint): Deferred | undefined {
    let first: Deferred | undefined
    for (const entry of this.#all.values()) {
      if (entry.expires === '' || BigInt(entry.expires) > until) continue
      if (!first || BigInt(entry.expires) < BigInt(first.expires)) first = entry
    }
    return first
  }

  /** Within a transaction. */
  flush(): void {
    if (!this.#entries || !this.#store) return
    const text = JSON.stringify([...this.#entries.values()])
    if (text === this.#stored) return
    this.#stored = text
    this.#store.put(Table.META, KEY, utf8(text))
  }
}
