import { Errno } from '../uapi/errno.ts'
import { TypeCycleError } from './error.ts'
import { Kind, NR_BTF_KINDS, elementWords } from './kinds.ts'
import type { FlatBtf } from './flat.ts'

const ORDERING = 1
const ORDERED = 2
/** How far `isOpen` searches. */
const MAX_DEPTH = 16
const MAX_LOOKED = 200
/** What is followed for one type of a real kernel is thousands of types; prototypes of prototypes can be made to be endless. */
const MAX_STEPS = 50_000_000

/**
 * In which order types must be defined (btf_dump_order_type): depth first, and what is only pointed to may wait for
 * its definition where it has a name.
 */
export class TypeOrder {
  readonly #words: Uint32Array
  readonly #offsets: Uint32Array
  readonly #warn: (text: string) => void
  readonly #states: Uint8Array
  readonly #referenced: Uint8Array
  /** Types to define, in order: the first `queued` of `queue`. The caller empties it. */
  queue = new Uint32Array(64)
  queued = 0
  #looked = 0
  #steps = 0

  constructor({ words, offsets }: FlatBtf, warn: (text: string) => void) {
    this.#words = words
    this.#offsets = offsets
    this.#warn = warn
    this.#states = new Uint8Array(offsets.length)
    this.#referenced = new Uint8Array(offsets.length)
    this.#states[0] = ORDERED
  }

  /** btf_dump_mark_referenced; false where a kind isn't known. */
  markReferenced(): boolean {
    const words = this.#words
    const offsets = this.#offsets
    const referenced = this.#referenced
    for (let id = 1; id < offsets.length; id++) {
      const at = offsets[id] as number
      const info = words[at + 1] as number
      const kind = (info >>> 24) & 0x7f
      switch (kind) {
        case Kind.INT:
        case Kind.ENUM:
        case Kind.ENUM64:
        case Kind.FWD:
        case Kind.FLOAT:
          break
        case Kind.ARRAY:
          referenced[words[at + 3] as number] = 1
          referenced[words[at + 4] as number] = 1
          break
        case Kind.STRUCT:
        case Kind.UNION:
        case Kind.FUNC_PROTO: {
          const step = elementWords[kind]
          const end = at + 3 + (info & 0xffffff) * step
          for (let m = at + 3; m < end; m += step) referenced[words[m + 1] as number] = 1
          break
        }
        case Kind.DATASEC: {
          const end = at + 3 + (info & 0xffffff) * 3
          for (let m = at + 3; m < end; m += 3) referenced[words[m] as number] = 1
          break
        }
        default:
          if (kind === Kind.UNKN || kind >= NR_BTF_KINDS) return false
          referenced[words[at + 2] as number] = 1
      }
    }
    return true
  }

  #enqueue(id: number): void {
    if (this.queued === this.queue.length) {
      const larger = new Uint32Array(this.queued * 4)
      larger.set(this.queue)
      this.queue = larger
    }
    this.queue[this.queued++] = id
  }

  /** @returns 1 for a strong link, 0 for a weak one, -errno. */
  order(id: number, throughPtr: boolean): number {
    const states = this.#states
    const state = states[id] as number
    if (state === ORDERED) return 1
    if (++this.#steps > MAX_STEPS) throw new TypeCycleError()
    const words = this.#words
    const at = this.#offsets[id] as number
    const named = words[at] !== 0
    const kind = ((words[at + 1] as number) >>> 24) & 0x7f
    if (state === ORDERING) {
      if ((kind === Kind.STRUCT || kind === Kind.UNION) && throughPtr && named) return 0
      this.#warn(`unsatisfiable type cycle, id:[${id}]`)
      return -Errno.ELOOP
    }
    switch (kind) {
      case Kind.INT:
      case Kind.FLOAT:
        states[id] = ORDERED
        return 0
      case Kind.PTR: {
        const strong = this.order(words[at + 2] as number, true)
        states[id] = ORDERED
        return strong
      }
      case Kind.ARRAY:
        return this.order(words[at + 3] as number, false)
      case Kind.STRUCT:
      case Kind.UNION:
        return throughPtr && named ? 0 : this.#orderMembers(id, at, named)
      case Kind.ENUM:
      case Kind.ENUM64:
      case Kind.FWD:
        if (named || this.#referenced[id] === 0) this.#enqueue(id)
        states[id] = ORDERED
        return 1
      case Kind.TYPEDEF: {
        const strong = this.order(words[at + 2] as number, throughPtr)
        if (strong < 0) return strong
        if (throughPtr && strong === 0) return 0
        this.#enqueue(id)
        states[id] = ORDERED
        return 1
      }
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.TYPE_TAG:
        return this.order(words[at + 2] as number, throughPtr)
      case Kind.FUNC_PROTO:
        return this.#orderParams(at, throughPtr)
      case Kind.FUNC:
      case Kind.VAR:
      case Kind.DATASEC:
      case Kind.DECL_TAG:
        states[id] = ORDERED
        return 0
      default:
        return -Errno.EINVAL
    }
  }

  /** Whether `order` may come upon a definition that isn't ordered yet; true where that would be a long search. */
  isOpen(id: number, depth: number): boolean {
    if (this.#states[id] === ORDERED) return false
    if (depth === 0) this.#looked = 0
    if (depth > MAX_DEPTH || this.#looked++ > MAX_LOOKED) return true
    const words = this.#words
    const at = this.#offsets[id] as number
    const info = words[at + 1] as number
    switch ((info >>> 24) & 0x7f) {
      case Kind.FUNC:
      case Kind.VAR:
      case Kind.DATASEC:
      case Kind.DECL_TAG:
        return false
      case Kind.PTR:
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.TYPE_TAG:
        return this.isOpen(words[at + 2] as number, depth + 1)
      case Kind.ARRAY:
        return this.isOpen(words[at + 3] as number, depth + 1)
      case Kind.FUNC_PROTO: {
        if (this.isOpen(words[at + 2] as number, depth + 1)) return true
        const end = at + 3 + (info & 0xffffff) * 2
        for (let p = at + 3; p < end; p += 2) if (this.isOpen(words[p + 1] as number, depth + 1)) return true
        return false
      }
      default:
        return true
    }
  }

  #orderMembers(id: number, at: number, named: boolean): number {
    const words = this.#words
    this.#states[id] = ORDERING
    const end = at + 3 + ((words[at + 1] as number) & 0xffffff) * 3
    for (let m = at + 3; m < end; m += 3) {
      const status = this.order(words[m + 1] as number, false)
      if (status < 0) return status
    }
    if (named) this.#enqueue(id)
    this.#states[id] = ORDERED
    return 1
  }

  #orderParams(at: number, throughPtr: boolean): number {
    const words = this.#words
    let strong = this.order(words[at + 2] as number, throughPtr)
    if (strong < 0) return strong
    const end = at + 3 + ((words[at + 1] as number) & 0xffffff) * 2
    for (let p = at + 3; p < end; p += 2) {
      const status = this.order(words[p + 1] as number, throughPtr)
      if (status < 0) return status
      if (status > 0) strong = 1
    }
    return strong
  }
}
