import { kindOf, vlenOf } from '../fields.ts'
import { Kind } from '../kinds.ts'
import {
  compatibleArray,
  compatibleEnum,
  compatibleProto,
  equalCommon,
  equalTypedef,
  equalWhole,
  shallowEqualStruct,
} from './signature.ts'
import type { Trace, Types } from './types.ts'

const MAX_DEPTH = 16
/** More steps than types that a compiler wrote ever need; damaged ones could take forever. */
const MAX_STEPS = 1 << 22

/** btf_dedup_identical_types: compilers describe one type twice at times; whether two are the same all the way down. */
export class IdenticalTypes {
  readonly #types: Types
  readonly #nameOf: (off: number) => string
  readonly #trace: Trace | undefined
  #steps = 0

  constructor(types: Types, nameOf: (off: number) => string, trace: Trace | undefined) {
    this.#types = types
    this.#nameOf = nameOf
    this.#trace = trace
  }

  check(a: number, b: number): boolean {
    this.#steps = MAX_STEPS
    return this.#identical(a, b, MAX_DEPTH)
  }

  #identical(a: number, b: number, depth: number): boolean {
    const { words, offsets } = this.#types
    for (;;) {
      const [atA, atB] = [offsets[a] as number, offsets[b] as number]
      if (depth <= 0) {
        this.#trace?.(
          'Reached depth limit for identical type comparison for ' +
            `'${this.#nameOf(words[atA] as number)}'/'${this.#nameOf(words[atB] as number)}'`,
        )
        return false
      }
      if (--this.#steps < 0) return false
      const kind = kindOf(words[atA + 1] as number)
      if (kind !== kindOf(words[atB + 1] as number)) return false
      switch (kind) {
        case Kind.UNKN:
          return true
        case Kind.INT:
          return equalWhole(words, atA, atB)
        case Kind.ENUM:
        case Kind.ENUM64:
          return compatibleEnum(words, atA, atB)
        case Kind.FWD:
        case Kind.FLOAT:
          return equalCommon(words, atA, atB)
        case Kind.CONST:
        case Kind.VOLATILE:
        case Kind.RESTRICT:
        case Kind.PTR:
        case Kind.TYPEDEF:
        case Kind.FUNC:
        case Kind.TYPE_TAG:
          if (!equalTypedef(words, atA, atB)) return false
          a = words[atA + 2] as number
          b = words[atB + 2] as number
          break
        case Kind.ARRAY:
          // libbpf compares the first array's types with themselves.
          return compatibleArray(words, atA, atB)
        case Kind.STRUCT:
        case Kind.UNION:
          return shallowEqualStruct(words, atA, atB) && this.#members(a, b, depth)
        case Kind.FUNC_PROTO:
          return (
            compatibleProto(words, atA, atB) &&
            this.#same(words[atA + 2] as number, words[atB + 2] as number, depth) &&
            this.#parameters(atA, atB, depth)
          )
        default:
          return false
      }
    }
  }

  #same(a: number, b: number, depth: number): boolean {
    return a === b || this.#identical(a, b, depth - 1)
  }

  #parameters(atA: number, atB: number, depth: number): boolean {
    const { words } = this.#types
    const end = 3 + vlenOf(words[atA + 1] as number) * 2
    for (let i = 4; i < end; i += 2) {
      if (!this.#same(words[atA + i] as number, words[atB + i] as number, depth)) return false
    }
    return true
  }

  #members(a: number, b: number, depth: number): boolean {
    const { words, offsets } = this.#types
    const [atA, atB] = [offsets[a] as number, offsets[b] as number]
    const info = words[atA + 1] as number
    for (let i = 0; i < vlenOf(info); i++) {
      const member = 3 + i * 3
      if (this.#same(words[atA + member + 1] as number, words[atB + member + 1] as number, depth)) continue
      if (this.#trace !== undefined && words[atA] !== 0) {
        this.#trace(
          `${kindOf(info) === Kind.STRUCT ? 'STRUCT' : 'UNION'} '${this.#nameOf(words[atA] as number)}' ` +
            `size=${(words[atA + 2] as number) | 0} vlen=${vlenOf(info)} id1[${a}] id2[${b}] shallow-equal but not ` +
            `identical for field#${i} '${this.#nameOf(words[atA + member] as number)}'`,
        )
      }
      return false
    }
    return true
  }
}
