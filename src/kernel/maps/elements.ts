import { afterPrefix, concat, u32Key } from '../store/bytes.ts'
import type { Store } from '../store/store.ts'
import { Table } from '../store/store.ts'

/** A record, by its key without the map's id. */
export interface Element {
  key: Uint8Array
  value: Uint8Array
}

/** Records of one map in the store, by keys of the family's own. */
export class Elements {
  readonly #store: Store
  readonly #prefix: Uint8Array
  readonly #until: Uint8Array | undefined

  constructor(store: Store, mapId: number) {
    this.#store = store
    this.#prefix = u32Key(mapId)
    this.#until = afterPrefix(this.#prefix)
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#store.get(Table.ELEM, concat(this.#prefix, key))
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#store.put(Table.ELEM, concat(this.#prefix, key), value)
  }

  remove(key: Uint8Array): void {
    this.#store.remove(Table.ELEM, concat(this.#prefix, key))
  }

  /** Records from `from` on, in the order of their keys' bytes. */
  *scan(from: Uint8Array): Iterable<Element> {
    const { length } = this.#prefix
    for (const [key, value] of this.#store.scan(Table.ELEM, concat(this.#prefix, from), this.#until)) {
      yield { key: key.subarray(length), value }
    }
  }

  /** The first record whose key is at least `from`. */
  first(from: Uint8Array): Element | undefined {
    for (const entry of this.scan(from)) return entry
    return undefined
  }
}
