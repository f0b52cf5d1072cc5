import { Errno } from '../../uapi/errno.ts'
import { kindOf, vlenOf } from '../fields.ts'
import { Kind } from '../kinds.ts'
import { IdenticalTypes } from './identical.ts'
import {
  compatibleArray,
  compatibleEnum,
  compatibleProto,
  equalCommon,
  equalWhole,
  forwardKind,
  shallowEqualStruct,
} from './signature.ts'
import { MAX_ID, UNPROCESSED } from './types.ts'
import type { CanonicalMap, Trace, Types } from './types.ts'

/** Whether two graphs of types are the same (btf_dedup_is_equiv), and what may be concluded from it. */
export class TypeGraph {
  readonly #types: Types
  readonly #map: CanonicalMap
  readonly #identical: IdenticalTypes
  readonly #nameOf: (off: number) => string
  readonly #trace: Trace | undefined
  /** By canonical type, the candidate that is taken to be the same (hypot_map), and which are set, in order. */
  readonly hypotheses: Uint32Array
  #set: Uint32Array = new Uint32Array(64)
  #setCount = 0
  /** The graphs are only alike if the base's types change, which they don't (hypot_adjust_canon). */
  adjustsBase = false
  /** Pairs that are still to be compared, the next one on top: candidate, canonical. */
  #pending: Uint32Array = new Uint32Array(256)
  #top = 0
  /** Only for debugging output: of each pending pair the struct whose member it is. */
  #owners: (Owner | undefined)[] = []

  constructor(types: Types, map: CanonicalMap, nameOf: (off: number) => string, trace: Trace | undefined) {
    this.#types = types
    this.#map = map
    this.#nameOf = nameOf
    this.#trace = trace
    this.#identical = new IdenticalTypes(types, nameOf, trace)
    this.hypotheses = new Uint32Array(types.count).fill(UNPROCESSED)
  }

  /** btf_dedup_clear_hypot_map. */
  clear(): void {
    for (let i = 0; i < this.#setCount; i++) this.hypotheses[this.#set[i] as number] = UNPROCESSED
    this.#setCount = 0
    this.adjustsBase = false
  }

  /** Depth first, like libbpf, but with a stack of its own. @returns 1, 0 or a negative errno. */
  isEquivalent(candidate: number, canonical: number): number {
    this.#top = 0
    this.#push(candidate, canonical, undefined)
    while (this.#top > 0) {
      this.#top -= 2
      const owner = this.#trace && this.#owners[this.#top / 2]
      const result = this.#step(this.#pending[this.#top] as number, this.#pending[this.#top + 1] as number, owner)
      if (result > 0) continue
      if (owner !== undefined) this.#tell(owner, result)
      return result
    }
    return 1
  }

  #push(candidate: number, canonical: number, owner: Owner | undefined): void {
    if (this.#top === this.#pending.length) {
      const larger = new Uint32Array(this.#top * 2)
      larger.set(this.#pending)
      this.#pending = larger
    }
    this.#pending[this.#top] = candidate
    this.#pending[this.#top + 1] = canonical
    if (this.#trace !== undefined) this.#owners[this.#top / 2] = owner
    this.#top += 2
  }

  /** One pair by itself; what it refers to is put on the stack. */
  #step(candidate: number, canonical: number, owner: Owner | undefined): number {
    const map = this.#map
    if (map.resolve(candidate) === map.resolve(canonical)) return 1
    const { words, offsets, startId } = this.#types
    canonical = this.#resolveForward(canonical)
    const known = this.hypotheses[canonical] as number
    if (known <= MAX_ID) {
      return known === candidate || this.#identical.check(known, candidate) ? 1 : 0
    }
    this.#suppose(canonical, candidate)
    const [atCand, atCanon] = [offsets[candidate] as number, offsets[canonical] as number]
    if (words[atCand] !== words[atCanon]) return 0
    const [infoCand, infoCanon] = [words[atCand + 1] as number, words[atCanon + 1] as number]
    const [kindCand, kindCanon] = [kindOf(infoCand), kindOf(infoCanon)]
    if (kindCand !== kindCanon) {
      if (kindCand === Kind.FWD) return forwardKind(infoCand) === kindCanon ? 1 : 0
      if (kindCanon !== Kind.FWD || forwardKind(infoCanon) !== kindCand) return 0
      if (canonical < startId) this.adjustsBase = true
      return 1
    }
    switch (kindCand) {
      case Kind.INT:
        return equalWhole(words, atCand, atCanon) ? 1 : 0
      case Kind.ENUM:
      case Kind.ENUM64:
        return compatibleEnum(words, atCand, atCanon) ? 1 : 0
      case Kind.FWD:
      case Kind.FLOAT:
        return equalCommon(words, atCand, atCanon) ? 1 : 0
      case Kind.CONST:
      case Kind.VOLATILE:
      case Kind.RESTRICT:
      case Kind.PTR:
      case Kind.TYPEDEF:
      case Kind.FUNC:
      case Kind.TYPE_TAG:
        if (infoCand !== infoCanon) return 0
        this.#push(words[atCand + 2] as number, words[atCanon + 2] as number, owner)
        return 1
      case Kind.ARRAY:
        if (!compatibleArray(words, atCand, atCanon)) return 0
        this.#push(words[atCand + 3] as number, words[atCanon + 3] as number, owner)
        this.#push(words[atCand + 4] as number, words[atCanon + 4] as number, owner)
        return 1
      case Kind.STRUCT:
      case Kind.UNION:
        if (!shallowEqualStruct(words, atCand, atCanon)) return 0
        for (let i = vlenOf(infoCand) - 1; i >= 0; i--) {
          const at = 4 + i * 3
          const member = this.#trace && { candidate, canonical, member: i, owner }
          this.#push(words[atCand + at] as number, words[atCanon + at] as number, member)
        }
        return 1
      case Kind.FUNC_PROTO:
        if (!compatibleProto(words, atCand, atCanon)) return 0
        for (let i = vlenOf(infoCand) - 1; i >= 0; i--) {
          const at = 4 + i * 2
          this.#push(words[atCand + at] as number, words[atCanon + at] as number, owner)
        }
        this.#push(words[atCand + 2] as number, words[atCanon + 2] as number, owner)
        return 1
      default:
        return -Errno.EINVAL
    }
  }

  /** resolve_fwd_id: a forward declaration whose definition is known is its definition. */
  #resolveForward(id: number): number {
    const { words, offsets } = this.#types
    if (kindOf(words[(offsets[id] as number) + 1] as number) !== Kind.FWD) return id
    const resolved = this.#map.resolve(id)
    return kindOf(words[(offsets[resolved] as number) + 1] as number) === Kind.FWD ? id : resolved
  }

  /** btf_dedup_hypot_map_add. */
  #suppose(canonical: number, candidate: number): void {
    if (this.#setCount === this.#set.length) {
      const larger = new Uint32Array(this.#setCount * 2)
      larger.set(this.#set)
      this.#set = larger
    }
    this.#set[this.#setCount++] = canonical
    this.hypotheses[canonical] = candidate
  }

  /** btf_dedup_merge_hypot_map. */
  merge(): void {
    const { words, offsets } = this.#types
    const map = this.#map
    const kind = (id: number) => kindOf(words[(offsets[id] as number) + 1] as number)
    for (let i = 0; i < this.#setCount; i++) {
      const from = this.#set[i] as number
      const target = map.resolve(this.hypotheses[from] as number)
      const canonical = map.resolve(from)
      const [targetKind, canonicalKind] = [kind(target), kind(canonical)]
      // A forward declaration of the base is told apart from its definition here too: others go by way of it.
      if (targetKind !== Kind.FWD && canonicalKind === Kind.FWD) map.of[canonical] = target
      if (this.adjustsBase) continue
      if (targetKind === Kind.FWD && canonicalKind !== Kind.FWD) map.of[target] = canonical
      if (
        (targetKind === Kind.STRUCT || targetKind === Kind.UNION) &&
        canonicalKind !== Kind.FWD &&
        map.isMapped(canonical) &&
        !map.isMapped(target)
      ) {
        map.of[target] = canonical
      }
    }
  }

  /** What libbpf's debugging output says of each struct on the way back from a difference. */
  #tell(owner: Owner, result: number): void {
    const { words, offsets } = this.#types
    for (let at: Owner | undefined = owner; at !== undefined; at = at.owner) {
      const first = offsets[at.candidate] as number
      if (words[first] === 0) continue
      const info = words[first + 1] as number
      this.#trace?.(
        `${kindOf(info) === Kind.STRUCT ? 'STRUCT' : 'UNION'} '${this.#nameOf(words[first] as number)}' ` +
          `size=${(words[first + 2] as number) | 0} vlen=${vlenOf(info)} cand_id[${at.candidate}] ` +
          `canon_id[${at.canonical}] shallow-equal but not equiv for field#${at.member} ` +
          `'${this.#nameOf(words[first + 3 + at.member * 3] as number)}': ${result}`,
      )
    }
  }
}

/** A member of a struct that is being compared, and the struct's own place. */
interface Owner {
  candidate: number
  canonical: number
  member: number
  owner: Owner | undefined
}
