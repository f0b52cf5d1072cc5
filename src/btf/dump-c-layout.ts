import { TypeCycleError } from './error.ts'
import { Kind } from './kinds.ts'
import type { FlatBtf } from './flat.ts'

/** A struct's or union's member as the C dumper needs it. */
const MEMBER_WORDS = 3
/** In the place of an alignment that is being found. */
const ASKED = 255

/** Sizes and alignments of types, as btf__align_of, btf__resolve_size and btf_is_struct_packed work them out. */
export class Layout {
  readonly #words: Uint32Array
  readonly #offsets: Uint32Array
  readonly #warn: (text: string) => void
  /** Alignments found so far; 0: not asked yet. */
  readonly #aligns: Uint8Array
  readonly pointerSize: number

  constructor({ words, offsets }: FlatBtf, pointerSize: number, warn: (text: string) => void) {
    this.#words = words
    this.#offsets = offsets
    this.#warn = warn
    this.#aligns = new Uint8Array(offsets.length)
    this.pointerSize = pointerSize
  }

  /** btf__align_of; 0 where a type has none. */
  alignOf(id: number): number {
    const known = this.#aligns[id] as number
    if (known === ASKED) throw new TypeCycleError()
    if (known !== 0) return known
    this.#aligns[id] = ASKED
    return (this.#aligns[id] = this.#findAlign(id))
  }

  #findAlign(id: number): number {
    const words = this.#words
    const at = this.#offsets[id] as number
    const kind = ((words[at + 1] as number) >>> 24) & 0x7f
    switch (kind) {
      case Kind.INT:
      case Kind.ENUM:
      case Kind.ENUM64:
      case Kind.FLOAT:
        return Math.min(this.pointerSize, words[at + 2] as number)
      case Kind.PTR:
        return this.pointerSize
      case Kind.TYPEDEF:
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.TYPE_TAG:
        return this.alignOf(words[at + 2] as number)
      case Kind.ARRAY:
        return this.alignOf(words[at + 3] as number)
      case Kind.STRUCT:
      case Kind.UNION:
        return this.#structAlign(at)
      default:
        this.#warn(`unsupported BTF_KIND:${kind}`)
        return 0
    }
  }

  #structAlign(at: number): number {
    const words = this.#words
    const info = words[at + 1] as number
    const end = at + 3 + (info & 0xffffff) * MEMBER_WORDS
    const flag = info >>> 31 !== 0
    let max = 1
    for (let m = at + 3; m < end; m += MEMBER_WORDS) {
      const align = this.alignOf(words[m + 1] as number)
      if (align <= 0) return align
      if (align > max) max = align
      const offset = words[m + 2] as number
      if ((!flag || offset >>> 24 === 0) && offset % (8 * align) !== 0) return 1
    }
    return (words[at + 2] as number) % max !== 0 ? 1 : max
  }

  /** btf_is_struct_packed. */
  isPacked(id: number): boolean {
    const words = this.#words
    const at = this.#offsets[id] as number
    const info = words[at + 1] as number
    const end = at + 3 + (info & 0xffffff) * MEMBER_WORDS
    const flag = info >>> 31 !== 0
    let max = 1
    for (let m = at + 3; m < end; m += MEMBER_WORDS) {
      const align = this.alignOf(words[m + 1] as number)
      const offset = words[m + 2] as number
      if (align !== 0 && (!flag || offset >>> 24 === 0) && offset % (8 * align) !== 0) return true
      if (align > max) max = align
    }
    return (words[at + 2] as number) % max !== 0
  }
}
