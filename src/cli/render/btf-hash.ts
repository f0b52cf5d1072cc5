import { Kind } from '../../btf/btf.ts'
import type { FlatBtf } from '../../btf/flat.ts'

/**
 * btf_type_disambig_hash: 64-bit hashes of what types are called and made of, which tell types apart that have the
 * same name. A hash is kept as two 32-bit halves.
 */
export class TypeHash {
  readonly #flat: FlatBtf
  /** What was found already: at 2 * id without members, at 2 * id + 1 with them. */
  readonly #known: Uint8Array
  readonly #his: Uint32Array
  readonly #los: Uint32Array
  /** The last result. */
  hi = 0
  lo = 0

  constructor(flat: FlatBtf) {
    this.#flat = flat
    this.#known = new Uint8Array(flat.offsets.length * 2)
    this.#his = new Uint32Array(flat.offsets.length * 2)
    this.#los = new Uint32Array(flat.offsets.length * 2)
  }

  /** Orders two types by their hashes with members. */
  compare(a: number, b: number): number {
    this.compute(a, true)
    const { hi, lo } = this
    this.compute(b, true)
    return hi - this.hi || lo - this.lo
  }

  /** hasher(): hash * 31 + value. */
  #mix(hi: number, lo: number, valueHi: number, valueLo: number): void {
    const low = lo * 31 + valueLo
    this.lo = low >>> 0
    this.hi = (Math.imul(hi, 31) + valueHi + Math.floor(low / 0x100000000)) >>> 0
  }

  /** btf_name_hasher on the hash so far. */
  #name(off: number): void {
    if (off === 0) return
    const { strings } = this.#flat
    const { hi, lo } = this
    this.hi = 0
    this.lo = 0
    for (let i = off; strings[i]; i++) {
      const c = strings[i] as number
      // The characters are signed.
      if (c < 0x80) this.#mix(this.hi, this.lo, 0, c)
      else this.#mix(this.hi, this.lo, 0xffffffff, (c - 256) >>> 0)
    }
    this.#mix(hi, lo, this.hi, this.lo)
  }

  /** Mixes another type's hash into the hash so far. */
  #nested(id: number, members: boolean): void {
    const { hi, lo } = this
    this.compute(id, members)
    this.#mix(hi, lo, this.hi, this.lo)
  }

  /** Leaves the type's hash in `hi` and `lo`. */
  compute(id: number, members: boolean): void {
    const slot = id * 2 + (members ? 1 : 0)
    if (this.#known[slot] === 0) {
      this.#compute(id, members)
      this.#known[slot] = 1
      this.#his[slot] = this.hi
      this.#los[slot] = this.lo
    } else {
      this.hi = this.#his[slot] as number
      this.lo = this.#los[slot] as number
    }
  }

  #compute(id: number, members: boolean): void {
    const { words, offsets } = this.#flat
    const at = offsets[id] as number
    const info = words[at + 1] as number
    const vlen = info & 0xffffff
    this.hi = 0
    this.lo = 0
    this.#name(words[at] as number)
    const kind = (info >>> 24) & 0x7f
    switch (kind) {
      case Kind.ENUM:
      case Kind.ENUM64: {
        const step = kind === Kind.ENUM ? 2 : 3
        for (let i = 0; i < vlen; i++) this.#name(words[at + 3 + i * step] as number)
        break
      }
      case Kind.STRUCT:
      case Kind.UNION:
        if (!members) break
        for (let m = at + 3; m < at + 3 + vlen * 3; m += 3) {
          this.#name(words[m] as number)
          this.#nested(words[m + 1] as number, false)
        }
        break
      case Kind.TYPE_TAG:
      case Kind.CONST:
      case Kind.PTR:
      case Kind.VOLATILE:
      case Kind.RESTRICT:
      case Kind.TYPEDEF:
      case Kind.DECL_TAG:
        this.#nested(words[at + 2] as number, members)
        break
      case Kind.ARRAY:
        this.#mix(this.hi, this.lo, 0, words[at + 5] as number)
        this.#nested(words[at + 3] as number, members)
        break
      default:
    }
  }
}
