import { Errno, errnoName } from '../../uapi/errno.ts'
import { BtfError } from '../error.ts'
import { forEachId, kindOf, typeWords, vlenOf } from '../fields.ts'
import { Kind } from '../kinds.ts'
import { Candidates } from './candidates.ts'
import { TypeGraph } from './graph.ts'
import {
  compatibleEnum,
  equalTypedef,
  equalWhole,
  forwardKind,
  hashType,
  isEnumForward,
  shallowEqualStruct,
} from './signature.ts'
import { CanonicalMap, IN_PROGRESS, MAX_ID, UNPROCESSED } from './types.ts'
import type { Trace, Types } from './types.ts'

/** What is left of the types, and what became of each. */
export interface Deduplicated {
  /** By old id, the new one. */
  ids: Uint32Array
  count: number
  /** Where the last type's words end. */
  end: number
}

/**
 * btf__dedup, but for strings: equal strings must be one already. Types move together in place, and refer to each other
 * by their new ids.
 * @param nameOf a string by its offset, for debugging output.
 * @throws BtfError.
 */
export function dedupTypes(types: Types, nameOf: (off: number) => string, trace?: Trace): Deduplicated {
  return new Dedup(types, nameOf, trace).run()
}

class Dedup {
  readonly #types: Types
  readonly #map: CanonicalMap
  readonly #candidates: Candidates
  readonly #graph: TypeGraph

  constructor(types: Types, nameOf: (off: number) => string, trace: Trace | undefined) {
    this.#types = types
    this.#map = new CanonicalMap(types.count)
    this.#candidates = new Candidates(types.count)
    this.#graph = new TypeGraph(types, this.#map, nameOf, trace)
    for (let id = 1; id < types.count; id++) {
      if (this.#kind(id) === Kind.VAR || this.#kind(id) === Kind.DATASEC) this.#map.of[id] = id
    }
  }

  run(): Deduplicated {
    this.#step('prep', () => this.#addBase())
    this.#step('prim_types', () => this.#each((id) => this.#primitive(id)))
    this.#step('struct_types', () => this.#each((id) => this.#composite(id)))
    this.#step('resolve_fwds', () => this.#resolveForwards())
    this.#step('ref_types', () => this.#each((id) => this.#reference(id)))
    return this.#compact()
  }

  #step(name: string, run: () => number): void {
    const result = run()
    if (result < 0) throw dedupError(name, -result)
  }

  /** @returns 0, or the first of the negative numbers that a visit gives. */
  #each(visit: (id: number) => number): number {
    for (let id = this.#types.startId; id < this.#types.count; id++) {
      const result = visit(id)
      if (result < 0) return result
    }
    return 0
  }

  #at(id: number): number {
    return this.#types.offsets[id] as number
  }

  #info(id: number): number {
    return this.#types.words[this.#at(id) + 1] as number
  }

  #kind(id: number): number {
    return kindOf(this.#info(id))
  }

  /** A type becomes another, or stays and may be what others become. */
  #settle(id: number, canonical: number, hash: number): number {
    this.#map.of[id] = canonical
    if (canonical === id) this.#candidates.add(hash, id)
    return 0
  }

  /** btf_dedup_prep: the base's types are what they are. */
  #addBase(): number {
    const { words, startId } = this.#types
    for (let id = 1; id < startId; id++) {
      const kind = this.#kind(id)
      this.#map.of[id] = id
      if (kind === Kind.VAR || kind === Kind.DATASEC) continue
      if (kind === Kind.UNKN || kind > Kind.ENUM64) return -Errno.EINVAL
      this.#candidates.add(hashType(words, this.#at(id)), id)
    }
    return 0
  }

  /** btf_dedup_prim_type: types that refer to none. */
  #primitive(id: number): number {
    const { words } = this.#types
    const at = this.#at(id)
    switch (this.#kind(id)) {
      case Kind.INT:
      case Kind.FWD:
      case Kind.FLOAT: {
        const hash = hashType(words, at)
        return this.#settle(id, this.#equal(id, hash, equalWhole), hash)
      }
      case Kind.ENUM:
      case Kind.ENUM64:
        return this.#enum(id)
      case Kind.UNKN:
        return -Errno.EINVAL
      default:
        return this.#kind(id) > Kind.ENUM64 ? -Errno.EINVAL : 0
    }
  }

  /** The first candidate that a comparison takes for the same; the type itself where there is none. */
  #equal(id: number, hash: number, equal: (words: Uint32Array, a: number, b: number) => boolean): number {
    const at = this.#at(id)
    for (let other = this.#candidates.first(hash); other !== 0; other = this.#candidates.after(other)) {
      if (equal(this.#types.words, at, this.#at(other))) return other
    }
    return id
  }

  #enum(id: number): number {
    const { words } = this.#types
    const at = this.#at(id)
    const hash = hashType(words, at)
    let canonical = id
    for (let other = this.#candidates.first(hash); other !== 0; other = this.#candidates.after(other)) {
      const its = this.#at(other)
      const equal = equalWhole(words, at, its)
      if (!equal && !compatibleEnum(words, at, its)) continue
      if (equal || isEnumForward(words[at + 1] as number)) {
        canonical = other
        break
      }
      this.#map.of[other] = id
    }
    return this.#settle(id, canonical, hash)
  }

  /** btf_dedup_struct_type: structs, unions and typedefs, by the graphs that they begin. */
  #composite(id: number): number {
    if (this.#map.isMapped(id)) return 0
    const kind = this.#kind(id)
    if (kind !== Kind.STRUCT && kind !== Kind.UNION && kind !== Kind.TYPEDEF) return 0
    const { words } = this.#types
    const at = this.#at(id)
    const hash = hashType(words, at)
    const graph = this.#graph
    const equal = kind === Kind.TYPEDEF ? equalTypedef : shallowEqualStruct
    let canonical = id
    for (let other = this.#candidates.first(hash); other !== 0; other = this.#candidates.after(other)) {
      if (!equal(words, at, this.#at(other))) continue
      graph.clear()
      const result = graph.isEquivalent(id, other)
      if (result < 0) return result
      if (result === 0) continue
      graph.merge()
      if (graph.adjustsBase) continue
      canonical = other
      break
    }
    return this.#settle(id, canonical, hash)
  }

  /** btf_dedup_resolve_fwds: what is only declared and has one definition of its name is that. */
  #resolveForwards(): number {
    const { words, count, startId } = this.#types
    const map = this.#map.of
    /** By name; 0 where several have it. */
    const named = new Map<number, number>()
    for (let id = 1; id < count; id++) {
      const kind = this.#kind(id)
      if ((kind !== Kind.STRUCT && kind !== Kind.UNION) || map[id] !== id) continue
      const name = words[this.#at(id)] as number
      named.set(name, named.has(name) ? 0 : id)
    }
    for (let id = startId; id < count; id++) {
      if (this.#kind(id) !== Kind.FWD || map[id] !== id) continue
      const found = named.get(words[this.#at(id)] as number) ?? 0
      if (found !== 0 && this.#kind(found) === forwardKind(this.#info(id))) map[id] = found
    }
    return 0
  }

  /** btf_dedup_ref_type: first what a type refers to, then the type; a stack of its own stands for recursion. */
  #reference(first: number): number {
    if (this.#map.isMapped(first)) return 0
    const { words } = this.#types
    const map = this.#map.of
    const stack = [first]
    const done = [0]
    if (!this.#isReference(first)) return -Errno.EINVAL
    map[first] = IN_PROGRESS
    while (stack.length > 0) {
      const top = stack.length - 1
      const id = stack[top] as number
      const at = this.#at(id)
      const field = this.#field(at, done[top] as number)
      if (field !== 0) {
        const ref = words[field] as number
        if (map[ref] === IN_PROGRESS) return -Errno.ELOOP
        if ((map[ref] as number) <= MAX_ID) {
          words[field] = this.#map.resolve(ref)
          done[top] = (done[top] as number) + 1
          continue
        }
        if (!this.#isReference(ref)) return -Errno.EINVAL
        map[ref] = IN_PROGRESS
        stack.push(ref)
        done.push(0)
        continue
      }
      const hash = hashType(words, at)
      this.#settle(id, this.#equal(id, hash, equalWhole), hash)
      stack.pop()
      done.pop()
    }
    return 0
  }

  #isReference(id: number): boolean {
    switch (this.#kind(id)) {
      case Kind.CONST:
      case Kind.VOLATILE:
      case Kind.RESTRICT:
      case Kind.PTR:
      case Kind.FUNC:
      case Kind.TYPE_TAG:
      case Kind.DECL_TAG:
      case Kind.ARRAY:
      case Kind.FUNC_PROTO:
        return true
      default:
        return false
    }
  }

  /** The index of a reference type's n-th type id; 0: it has no more. */
  #field(at: number, n: number): number {
    const info = this.#types.words[at + 1] as number
    switch (kindOf(info)) {
      case Kind.ARRAY:
        return n < 2 ? at + 3 + n : 0
      case Kind.FUNC_PROTO:
        if (n === 0) return at + 2
        return n <= vlenOf(info) ? at + 2 + n * 2 : 0
      default:
        return n === 0 ? at + 2 : 0
    }
  }

  /** btf_dedup_compact_types and btf_dedup_remap_types. */
  #compact(): Deduplicated {
    const { words, offsets, count, startId } = this.#types
    const map = this.#map.of
    const compacted = new Uint32Array(count).fill(UNPROCESSED)
    for (let id = 0; id < startId; id++) compacted[id] = id
    let next = startId
    let end = startId < count ? this.#at(startId) : 0
    for (let id = startId; id < count; id++) {
      if (map[id] !== id) continue
      const at = this.#at(id)
      const length = typeWords(words[at + 1] as number)
      words.copyWithin(end, at, at + length)
      compacted[id] = next
      offsets[next++] = end
      end += length
    }
    const ids = new Uint32Array(count)
    for (let id = 0; id < count; id++) ids[id] = compacted[this.#map.resolve(id)] as number
    for (let id = startId; id < next; id++) {
      forEachId(words, offsets[id] as number, (i) => {
        const to = ids[words[i] as number] as number
        if (to > MAX_ID) throw dedupError('remap_types', Errno.EINVAL)
        words[i] = to
      })
    }
    return { ids, count: next, end }
  }
}

function dedupError(step: string, errno: number): BtfError {
  return BtfError.debug(errno, `btf_dedup_${step} failed: -${errnoName(errno) ?? errno}`)
}
