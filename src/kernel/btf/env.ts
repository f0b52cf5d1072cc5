import { Btf, Kind } from '../../btf/btf.ts'
import type { VerifierLog } from '../log.ts'
import type { BtfSections } from './header.ts'
import { bytesAt } from './names.ts'
import type { BtfRules } from './rules.ts'
import { newestRules } from './rules.ts'

/** BTF_MAX_TYPE: there are at most so many types, void among them. */
const MAX_TYPE = 0xfffff
/** Ids of the BTF's own types begin with this one. */
const FIRST_ID = 1

/**
 * BTF while it is checked (struct btf and struct btf_verifier_env). A type is known by where it begins: the index of
 * its first word in `words`. All numbers of BTF are little-endian, as the machine is.
 */
export class BtfEnv {
  readonly log: VerifierLog
  /** The type section, and three zero words that stand for void. */
  readonly words: Uint32Array
  readonly strings: Uint8Array
  readonly typeLen: number
  /** The number in front of messages about a type. */
  logTypeId = FIRST_ID
  /** Whether all types were looked at on their own, so that they are now followed to one another. */
  resolving = false
  /** By type id. */
  offsets: Uint32Array
  count = 1
  /** resolved_ids and resolved_sizes. */
  resolvedIds = new Uint32Array(0)
  resolvedSizes = new Uint32Array(0)

  rules: BtfRules = newestRules

  constructor(log: VerifierLog, { types, strings }: BtfSections) {
    this.log = log
    this.strings = strings
    this.typeLen = types.length
    const count = types.length >>> 2
    const aligned = new Uint8Array((count + 3) * 4)
    aligned.set(types.subarray(0, count * 4))
    this.words = new Uint32Array(aligned.buffer)
    if (!hostIsLittleEndian) {
      const view = new DataView(aligned.buffer)
      for (let i = 0; i < count; i++) this.words[i] = view.getUint32(i * 4, true)
    }
    this.offsets = new Uint32Array(Math.min((count >>> 2) + 2, MAX_TYPE))
    this.offsets[0] = count
  }

  get voidType(): number {
    return this.offsets[0] as number
  }

  /** btf_add_type, whose failure nobody looks at: what is too much is left out. */
  add(t: number): void {
    if (this.count === MAX_TYPE) {
      this.log.write('Exceeded max num of types')
      return
    }
    if (this.count === this.offsets.length) {
      const larger = new Uint32Array(Math.min(this.count * 2, MAX_TYPE))
      larger.set(this.offsets)
      this.offsets = larger
    }
    this.offsets[this.count++] = t
  }

  /** btf_type_by_id; undefined for an id that no type has. */
  byId(id: number): number | undefined {
    return id < this.count ? this.offsets[id] : undefined
  }

  /** The types as all others see them, once all is checked. */
  finish(): Btf {
    const { words, strings, count } = this
    const offsets = this.offsets.slice(0, count)
    return Btf.trusted({ littleEndian: true, words, offsets, count, strings, layout: undefined })
  }

  word(t: number, i: number): number {
    return this.words[t + i] as number
  }

  nameOff(t: number): number {
    return this.words[t] as number
  }

  info(t: number): number {
    return this.words[t + 1] as number
  }

  kind(t: number): number {
    return ((this.words[t + 1] as number) >>> 24) & 0x1f
  }

  vlen(t: number): number {
    return (this.words[t + 1] as number) & 0xffff
  }

  kflag(t: number): boolean {
    return (this.words[t + 1] as number) >>> 31 !== 0
  }

  /** btf_type.size, or btf_type.type. */
  sizeOrType(t: number): number {
    return this.words[t + 2] as number
  }

  /** btf_name_offset_valid. */
  hasString(off: number): boolean {
    return off < this.strings.length
  }

  /** __btf_name_by_offset. */
  name(off: number): string {
    if (off === 0) return '(anon)'
    return this.hasString(off) ? bytesAt(this.strings, off) : '(invalid-name-offset)'
  }

  /** btf_type_nosize_or_null. */
  hasNoSize(t: number | undefined): boolean {
    if (t === undefined || t === this.voidType) return true
    const kind = this.kind(t)
    return kind === Kind.FWD || kind === Kind.FUNC || kind === Kind.FUNC_PROTO || kind === Kind.DECL_TAG
  }

  /** btf_type_id_size: the type behind modifiers and variables, as far as they are resolved, and its size. */
  idSize(id: number): SizedType | undefined {
    const t = this.byId(id)
    if (t === undefined || this.hasNoSize(t)) return undefined
    const direct = this.#sizeOf(t, id)
    if (direct !== undefined) return { id, t, size: direct }
    const target = this.resolvedIds[id] as number
    const resolved = this.byId(target)
    if (resolved === undefined || this.hasNoSize(resolved)) return undefined
    const size = this.#sizeOf(resolved, target)
    return size === undefined ? undefined : { id: target, t: resolved, size }
  }

  #sizeOf(t: number, id: number): number | undefined {
    switch (this.kind(t)) {
      case Kind.INT:
      case Kind.STRUCT:
      case Kind.UNION:
      case Kind.ENUM:
      case Kind.DATASEC:
      case Kind.FLOAT:
      case Kind.ENUM64:
        return this.sizeOrType(t)
      case Kind.ARRAY:
        return this.resolvedSizes[id] as number
      case Kind.PTR:
        return POINTER_SIZE
      default:
        return undefined
    }
  }

  /** btf_type_int_is_regular: whole bytes, as many as the machine's integers have. */
  isRegularInt(t: number): boolean {
    return regularIntBytes(this.word(t, 3)) !== undefined
  }
}

export interface SizedType {
  readonly id: number
  readonly t: number
  readonly size: number
}

export const POINTER_SIZE = 8

const hostIsLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

/** __btf_type_int_is_regular of an integer's data. @returns its bytes. */
export function regularIntBytes(data: number): number | undefined {
  const bits = data & 0xff
  const bytes = bits / 8
  return (data & 0xff0000) === 0 && [1, 2, 4, 8, 16].includes(bytes) ? bytes : undefined
}

/** btf_type_is_modifier. */
export function isModifier(kind: number): boolean {
  return (kind >= Kind.TYPEDEF && kind <= Kind.RESTRICT) || kind === Kind.TYPE_TAG
}

export function isStructOrUnion(kind: number): boolean {
  return kind === Kind.STRUCT || kind === Kind.UNION
}

/** btf_type_is_resolve_source_only: nothing may be made of these. */
export function isSourceOnly(kind: number): boolean {
  return kind === Kind.VAR || kind === Kind.DECL_TAG || kind === Kind.DATASEC
}

/** btf_type_needs_resolve. */
export function needsResolve(kind: number): boolean {
  return (
    isModifier(kind) ||
    isStructOrUnion(kind) ||
    isSourceOnly(kind) ||
    kind === Kind.PTR ||
    kind === Kind.ARRAY ||
    kind === Kind.FUNC
  )
}
