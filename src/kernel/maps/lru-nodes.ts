import { concat, u32Key } from '../store/bytes.ts'
import { Table } from '../store/store.ts'
import type { MapEnvironment } from './map.ts'

/** A node's words: neighbours in its list, the hash of its element, and what it is. */
const PREV = 0
const NEXT = 1
const HASH = 2
/** Kind of list (8 bits), whether it was used (1 bit), CPU (from bit 16). */
const STATE = 3
const WORDS = 4
const REF = 0x100

/** Nodes stand in the store in records of so many. */
const CHUNK_SHIFT = 5
const CHUNK = 1 << CHUNK_SHIFT
/** Keys of these records, behind those of the buckets. */
export const NODE_KEYS = 0x80000000
const SCALARS_KEY = 0xfffffffe

/**
 * The nodes of an LRU map's elements, in circular lists; the first ones are the lists' heads. They are read and written
 * as they're touched. Free nodes are all alike: the lists of free ones are only counted, and their numbers are in a
 * pool.
 */
export class LruNodes {
  readonly #env: MapEnvironment
  readonly #id: number
  readonly #heads: number
  readonly #chunks: (Int32Array | undefined)[] = []
  readonly #dirty = new Set<number>()
  /** Counters and pointers of the lists, for whom it may concern; the first two are the pool's. */
  readonly scalars: Int32Array
  #storedScalars: Int32Array | undefined

  /**
   * @param heads how many lists there are.
   * @param scalars what they begin with.
   */
  constructor(env: MapEnvironment, id: number, heads: number, scalars: readonly number[]) {
    this.#env = env
    this.#id = id
    this.#heads = heads
    const bytes = env.store.get(Table.ELEM, this.#key(SCALARS_KEY))
    // No freed node yet; the first one never used is behind the heads.
    this.scalars = bytes ? wordsOf(bytes) : Int32Array.of(0, heads, ...scalars)
    if (bytes) this.#storedScalars = this.scalars.slice()
  }

  /** A node of the pool. */
  take(): number {
    const freed = this.scalars[0] as number
    if (freed === 0) {
      const fresh = this.scalars[1] as number
      this.scalars[1] = fresh + 1
      return fresh
    }
    this.scalars[0] = this.next(freed)
    return freed
  }

  /** Gives a node that is in no list back to the pool. */
  give(node: number): void {
    this.#set(node, NEXT, this.scalars[0] as number)
    this.scalars[0] = node
  }

  prev(node: number): number {
    return this.#get(node, PREV)
  }

  next(node: number): number {
    return this.#get(node, NEXT)
  }

  hash(node: number): number {
    return this.#get(node, HASH)
  }

  setHash(node: number, hash: number): void {
    this.#set(node, HASH, hash)
  }

  kind(node: number): number {
    return this.#get(node, STATE) & 0xff
  }

  cpu(node: number): number {
    return this.#get(node, STATE) >>> 16
  }

  isRef(node: number): boolean {
    return (this.#get(node, STATE) & REF) !== 0
  }

  /** bpf_lru_node_set_ref. */
  setRef(node: number): void {
    const state = this.#get(node, STATE)
    if ((state & REF) === 0) this.#set(node, STATE, state | REF)
  }

  /** Sets what the node is, not used. */
  setState(node: number, kind: number, cpu: number): void {
    this.#set(node, STATE, kind | (cpu << 16))
  }

  /** list_add: at the list's front. */
  add(node: number, head: number): void {
    const first = this.next(head)
    this.#set(node, PREV, head)
    this.#set(node, NEXT, first)
    this.#set(first, PREV, node)
    this.#set(head, NEXT, node)
  }

  /** list_del. */
  remove(node: number): void {
    const prev = this.prev(node)
    const next = this.next(node)
    this.#set(prev, NEXT, next)
    this.#set(next, PREV, prev)
  }

  flush(): void {
    const { store } = this.#env
    for (const number of this.#dirty) {
      const chunk = this.#chunks[number] as Int32Array
      store.put(Table.ELEM, this.#key(NODE_KEYS + number), bytesOf(chunk))
    }
    this.#dirty.clear()
    const { scalars } = this
    if (this.#storedScalars?.every((word, i) => word === scalars[i])) return
    this.#storedScalars = scalars.slice()
    store.put(Table.ELEM, this.#key(SCALARS_KEY), bytesOf(scalars))
  }

  #get(node: number, word: number): number {
    const chunk = this.#chunks[node >> CHUNK_SHIFT] ?? this.#load(node >> CHUNK_SHIFT)
    return chunk[(node & (CHUNK - 1)) * WORDS + word] as number
  }

  #set(node: number, word: number, value: number): void {
    const number = node >> CHUNK_SHIFT
    const chunk = this.#chunks[number] ?? this.#load(number)
    chunk[(node & (CHUNK - 1)) * WORDS + word] = value
    this.#dirty.add(number)
  }

  #load(number: number): Int32Array {
    const bytes = this.#env.store.get(Table.ELEM, this.#key(NODE_KEYS + number))
    const chunk = bytes ? wordsOf(bytes) : new Int32Array(CHUNK * WORDS)
    if (!bytes) {
      // Heads of empty lists are their own neighbours.
      for (let i = 0; i < CHUNK; i++) {
        const node = (number << CHUNK_SHIFT) + i
        if (node >= this.#heads) break
        chunk[i * WORDS + PREV] = node
        chunk[i * WORDS + NEXT] = node
      }
    }
    this.#chunks[number] = chunk
    return chunk
  }

  #key(number: number): Uint8Array {
    return concat(u32Key(this.#id), u32Key(number))
  }
}

/** Words stand in the store in little-endian order, as all machines have it that this runs on. */
function wordsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.slice().buffer)
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}
