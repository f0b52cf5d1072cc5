import { kindOf, vlenOf } from '../../btf/fields.ts'
import { FuncLinkage, Kind, VarLinkage } from '../../btf/kinds.ts'
import type { Log } from '../log.ts'
import { kindName } from '../object-btf.ts'
import type { LinkTypes } from './model.ts'

/** Types that refer to themselves without end are no types; what a compiler writes is compared in fewer steps. */
const MAX_STEPS = 1 << 20
const MAX_DEPTH = 2000

/** skip_mods_and_typedefs; ends at void in a circle of them. */
export function skipModifiers({ words, offsets, typeCount }: LinkTypes, id: number): number {
  for (let steps = 0; steps < typeCount; steps++) {
    const at = offsets[id] as number
    const kind = kindOf(words[at + 1] as number)
    if ((kind < Kind.TYPEDEF || kind > Kind.RESTRICT) && kind !== Kind.TYPE_TAG) return id
    id = words[at + 2] as number
  }
  return 0
}

/** glob_sym_btf_matches: whether two objects mean the same by a symbol. Says what differs. */
export function typesMatch(symbol: string, log: Log, a: LinkTypes, idA: number, b: LinkTypes, idB: number): boolean {
  return new Comparison(symbol, log, a, b).match(idA, idB, true, 0)
}

class Comparison {
  readonly #symbol: string
  readonly #log: Log
  readonly #a: LinkTypes
  readonly #b: LinkTypes
  #steps = MAX_STEPS

  constructor(symbol: string, log: Log, a: LinkTypes, b: LinkTypes) {
    this.#symbol = symbol
    this.#log = log
    this.#a = a
    this.#b = b
  }

  #differ(what: string): false {
    this.#log.warn(`global '${this.#symbol}': incompatible ${what}`)
    return false
  }

  /** The bytes of a name by the word that its offset stands in. */
  #nameA(at: number): string {
    return this.#a.textAt(this.#a.words[at] as number)
  }

  #nameB(at: number): string {
    return this.#b.textAt(this.#b.words[at] as number)
  }

  match(idA: number, idB: number, exact: boolean, depth: number): boolean {
    const [a, b] = [this.#a.words, this.#b.words]
    if (depth > MAX_DEPTH) return false
    for (;;) {
      if (--this.#steps < 0) return false
      const atA = this.#a.offsets[skipModifiers(this.#a, idA)] as number
      const atB = this.#b.offsets[skipModifiers(this.#b, idB)] as number
      const [infoA, infoB] = [a[atA + 1] as number, b[atB + 1] as number]
      const [kind, kindB] = [kindOf(infoA), kindOf(infoB)]
      if (!exact && (kind === Kind.FWD) !== (kindB === Kind.FWD)) return this.#forward(atA, atB)
      if (kind !== kindB) return this.#differ(`BTF kinds ${kindName(kind)} and ${kindName(kindB)}`)
      const [nameA, nameB] = [this.#nameA(atA), this.#nameB(atB)]
      if (named.has(kind) && nameA !== nameB) {
        return this.#differ(`${kindName(kind)} names '${nameA}' and '${nameB}'`)
      }
      switch (kind) {
        case Kind.UNKN:
        case Kind.FWD:
          return true
        case Kind.INT:
        case Kind.FLOAT:
        case Kind.ENUM:
        case Kind.ENUM64: {
          const [sizeA, sizeB] = [a[atA + 2] as number, b[atB + 2] as number]
          if (sizeA === sizeB) return true
          const name = named.has(kind) ? nameA : '(null)'
          return this.#differ(`${kindName(kind)} '${name}' size ${sizeA} and ${sizeB}`)
        }
        case Kind.PTR:
          exact = false
          idA = a[atA + 2] as number
          idB = b[atB + 2] as number
          break
        case Kind.ARRAY:
          idA = a[atA + 3] as number
          idB = b[atB + 3] as number
          break
        case Kind.FUNC:
          if ((vlenOf(infoA) === FuncLinkage.STATIC) !== (vlenOf(infoB) === FuncLinkage.STATIC)) {
            return this.#differ(`func '${nameA}' linkage`)
          }
          idA = a[atA + 2] as number
          idB = b[atB + 2] as number
          break
        case Kind.VAR:
          if ((a[atA + 3] === VarLinkage.STATIC) !== (b[atB + 3] === VarLinkage.STATIC)) {
            return this.#differ(`var '${nameA}' linkage`)
          }
          idA = a[atA + 2] as number
          idB = b[atB + 2] as number
          break
        case Kind.STRUCT:
        case Kind.UNION:
          return !exact || this.#members(atA, atB, depth)
        case Kind.FUNC_PROTO:
          if (!this.#parameters(atA, atB, exact, depth)) return false
          idA = a[atA + 2] as number
          idB = b[atB + 2] as number
          break
        default:
          this.#log.warn(`global '${this.#symbol}': unsupported BTF kind ${kindName(kind)}`)
          return false
      }
    }
  }

  /** One of the two is a forward declaration: it must be of the other's kind and name. */
  #forward(atA: number, atB: number): boolean {
    const [nameA, nameB] = [this.#nameA(atA), this.#nameB(atB)]
    if (nameA !== nameB) return this.#differ(`forward declaration names '${nameA}' and '${nameB}'`)
    const [infoA, infoB] = [this.#a.words[atA + 1] as number, this.#b.words[atB + 1] as number]
    const [declared, defined] = kindOf(infoA) === Kind.FWD ? [infoA, infoB] : [infoB, infoA]
    const isUnion = declared >>> 31 !== 0
    if (kindOf(defined) === (isUnion ? Kind.UNION : Kind.STRUCT)) return true
    const concrete = kindName(kindOf(defined))
    return this.#differ(`${isUnion ? 'union' : 'struct'} forward declaration and concrete kind ${concrete}`)
  }

  #members(atA: number, atB: number, depth: number): boolean {
    const [a, b] = [this.#a.words, this.#b.words]
    const [infoA, infoB] = [a[atA + 1] as number, b[atB + 1] as number]
    const [count, countB] = [vlenOf(infoA), vlenOf(infoB)]
    if (count !== countB) {
      return this.#differ(`number of ${kindName(kindOf(infoA))} fields ${count} and ${countB}`)
    }
    for (let i = 0; i < count; i++) {
      const [memberA, memberB] = [atA + 3 + i * 3, atB + 3 + i * 3]
      const [nameA, nameB] = [this.#nameA(memberA), this.#nameB(memberB)]
      if (nameA !== nameB) return this.#differ(`field #${i} names '${nameA}' and '${nameB}'`)
      if (a[memberA + 2] !== b[memberB + 2]) return this.#differ(`field #${i} ('${nameA}') offsets`)
      if (!this.match(a[memberA + 1] as number, b[memberB + 1] as number, true, depth + 1)) return false
    }
    return true
  }

  /** Their names don't matter. */
  #parameters(atA: number, atB: number, exact: boolean, depth: number): boolean {
    const [a, b] = [this.#a.words, this.#b.words]
    const [count, countB] = [vlenOf(a[atA + 1] as number), vlenOf(b[atB + 1] as number)]
    if (count !== countB) return this.#differ(`number of func_proto params ${count} and ${countB}`)
    for (let i = 0; i < count; i++) {
      const [paramA, paramB] = [a[atA + 4 + i * 2] as number, b[atB + 4 + i * 2] as number]
      if (!this.match(paramA, paramB, exact, depth + 1)) return false
    }
    return true
  }
}

const named: ReadonlySet<number> = new Set([
  Kind.STRUCT,
  Kind.UNION,
  Kind.ENUM,
  Kind.ENUM64,
  Kind.FWD,
  Kind.FUNC,
  Kind.VAR,
])
