import { dedupTypes } from './dedup/dedup.ts'
import { forEachId, forEachName, typeWords } from './fields.ts'
import { Kind } from './kinds.ts'
import { StringPool } from './string-pool.ts'
import type { Btf } from './btf.ts'
import type { Trace } from './dedup/types.ts'
import type { FlatBtf } from './flat.ts'

const MAGIC = 0xeb9f
/** With the place of kinds' layouts, which aren't written. */
const HEADER_SIZE = 32
const NO_BYTES = new Uint8Array(0)

/**
 * BTF while it is put together (btf__new_empty, btf__new_empty_split and btf__add_*): each string stands once, in the
 * order of its first use. Of split BTF, the base's words and types come first in the arrays.
 */
export class BtfWriter {
  /** First id that isn't the base's; 1 without a base. */
  readonly startId: number
  readonly #base: FlatBtf | undefined
  readonly #baseStrings: StringPool | undefined
  readonly #startStr: number
  readonly #strings: StringPool
  #words: Uint32Array
  #offsets: Uint32Array
  #count: number
  #end: number

  constructor(base?: Btf) {
    this.#base = base?.flat()
    this.startId = base?.typeCount ?? 1
    this.#startStr = base?.stringsEnd ?? 0
    this.#baseStrings = this.#base && new StringPool(this.#base.strings)
    this.#strings = new StringPool(base === undefined ? new Uint8Array(1) : NO_BYTES)
    // Three zero words stand for void; a base brings its own.
    const known = this.#base?.words ?? new Uint32Array(3)
    this.#words = new Uint32Array(known.length + 1024)
    this.#words.set(known)
    this.#end = known.length
    this.#offsets = new Uint32Array(this.startId + 256)
    if (this.#base !== undefined) this.#offsets.set(this.#base.offsets)
    this.#count = this.startId
  }

  /** One more than the highest id. */
  get typeCount(): number {
    return this.#count
  }

  /** Valid until something is added. What stands in them may be changed. */
  get words(): Uint32Array {
    return this.#words
  }

  get offsets(): Uint32Array {
    return this.#offsets.subarray(0, this.#count)
  }

  /** btf__add_str of another BTF's string. */
  string({ strings }: FlatBtf, off: number): number {
    return this.#string(strings, off)
  }

  /** btf__add_str; each character of the text is a byte. */
  text(text: string): number {
    return this.#string(Buffer.from(text, 'latin1'), 0)
  }

  #string(bytes: Uint8Array, at: number): number {
    const inBase = this.#baseStrings?.find(bytes, at) ?? -1
    return inBase >= 0 ? inBase : this.#startStr + this.#strings.add(bytes, at)
  }

  /** btf__str_by_offset, a character for each byte. */
  textAt(off: number): string {
    const own = off >= this.#startStr
    const bytes = own ? this.#strings.bytes : (this.#base?.strings ?? NO_BYTES)
    const at = own ? off - this.#startStr : off
    const end = bytes.indexOf(0, at)
    return Buffer.from(bytes.subarray(at, end < 0 ? bytes.length : end)).toString('latin1')
  }

  /** btf__add_type: a type as it is, but for its strings; ids stay those of the source. @returns the new id. */
  copy(source: FlatBtf, id: number): number {
    const at = source.offsets[id] as number
    const length = typeWords(source.words[at + 1] as number)
    const start = this.#begin(length)
    const words = this.#words
    for (let i = 0; i < length; i++) words[start + i] = source.words[at + i] as number
    forEachName(words, start, (i) => {
      words[i] = this.#string(source.strings, words[i] as number)
    })
    return this.#count - 1
  }

  /** btf__add_btf: all types of another, which has the same base or none. */
  append(source: Btf): void {
    const flat = source.flat()
    const { startId } = source
    const startStr = source.base?.stringsEnd ?? 0
    const shift = this.#count - startId
    const known = new Uint32Array(source.stringsEnd - startStr)
    for (let id = startId; id < source.typeCount; id++) {
      const at = flat.offsets[id] as number
      const length = typeWords(flat.words[at + 1] as number)
      const start = this.#begin(length)
      const words = this.#words
      for (let i = 0; i < length; i++) words[start + i] = flat.words[at + i] as number
      forEachName(words, start, (i) => {
        const off = words[i] as number
        if (off < startStr || off === 0) return
        words[i] = known[off - startStr] ||= this.#string(flat.strings, off)
      })
      forEachId(words, start, (i) => {
        const ref = words[i] as number
        if (ref >= startId && ref !== 0) words[i] = ref + shift
      })
    }
  }

  /** btf__add_struct and btf__add_union, with some of the source's members. */
  composite(source: FlatBtf, id: number, members: readonly number[]): number {
    const at = source.offsets[id] as number
    const info = source.words[at + 1] as number
    const start = this.#begin(3 + members.length * 3)
    const words = this.#words
    words[start] = this.#string(source.strings, source.words[at] as number)
    words[start + 2] = source.words[at + 2] as number
    let flag = false
    let to = start + 3
    for (const member of members) {
      const from = at + 3 + member * 3
      const offset = source.words[from + 2] as number
      const bits = info >>> 31 ? offset >>> 24 : 0
      const bitOffset = info >>> 31 ? offset & 0xffffff : offset
      flag ||= bits > 0 || bitOffset % 8 !== 0
      words[to] = this.#string(source.strings, source.words[from] as number)
      words[to + 1] = source.words[from + 1] as number
      words[to + 2] = bitOffset | (bits << 24)
      to += 3
    }
    words[start + 1] = (info & 0x7f000000) | members.length | (flag ? 0x80000000 : 0)
    return this.#count - 1
  }

  /** btf__add_datasec and btf__add_datasec_var_info: a section's variables as type, offset and size of each. */
  datasec(name: string, size: number, variables: readonly number[]): number {
    const start = this.#begin(3 + variables.length)
    const words = this.#words
    words[start] = this.text(name)
    words[start + 1] = (Kind.DATASEC << 24) | (variables.length / 3)
    words[start + 2] = size
    words.set(variables, start + 3)
    return this.#count - 1
  }

  /** Room for a type, its words zero. @returns the index of its first word. */
  #begin(length: number): number {
    const start = this.#end
    if (start + length > this.#words.length) {
      const larger = new Uint32Array(Math.max(start + length, this.#words.length * 2))
      larger.set(this.#words)
      this.#words = larger
    }
    if (this.#count === this.#offsets.length) {
      const larger = new Uint32Array(this.#count * 2)
      larger.set(this.#offsets)
      this.#offsets = larger
    }
    this.#offsets[this.#count++] = start
    this.#end = start + length
    return start
  }

  /** Changes the ids that own types from `first` on refer to. */
  mapIds(to: (id: number) => number, first = this.startId): void {
    const words = this.#words
    for (let id = first; id < this.#count; id++) {
      forEachId(words, this.#offsets[id] as number, (i) => {
        words[i] = to(words[i] as number)
      })
    }
  }

  /**
   * btf__dedup. What is written here has each string once, so that only types are compared.
   * @returns the new id by the old one. @throws BtfError.
   */
  dedup(trace?: Trace): Uint32Array {
    const types = { words: this.#words, offsets: this.#offsets, count: this.#count, startId: this.startId }
    const { ids, count, end } = dedupTypes(types, (off) => this.textAt(off), trace)
    this.#count = count
    this.#end = end
    return ids
  }

  /** btf__raw_data: own types and strings. */
  bytes(littleEndian = true): Uint8Array {
    const words = this.#words
    const first = this.#base?.words.length ?? 3
    const typesSize = (this.#end - first) * 4
    const strings = this.#strings.bytes
    const bytes = new Uint8Array(HEADER_SIZE + typesSize + strings.length)
    const view = new DataView(bytes.buffer)
    view.setUint16(0, MAGIC, littleEndian)
    view.setUint8(2, 1)
    const header = [HEADER_SIZE, 0, typesSize, typesSize, strings.length]
    header.forEach((value, i) => {
      view.setUint32(4 + i * 4, value, littleEndian)
    })
    for (let i = first, to = HEADER_SIZE; i < this.#end; i++, to += 4)
      view.setUint32(to, words[i] as number, littleEndian)
    bytes.set(strings, HEADER_SIZE + typesSize)
    return bytes
  }
}
