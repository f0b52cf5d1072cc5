import { Kind, elementWords, fixedWords } from './kinds.ts'
import type { FlatBtf } from './flat.ts'

const MAGIC = 0xeb9f
/** With the place of kinds' layouts, which aren't written. */
const HEADER_SIZE = 32

/** BTF while it is put together (btf__new_empty and btf__add_*): each string stands once, in the order of its first use. */
export class BtfWriter {
  readonly #words: number[] = []
  /** Where each type begins, by id; [0] is void. */
  readonly #offsets: number[] = [0]
  readonly #strings: number[] = [0]
  readonly #known = new Map<string, number>([['', 0]])

  get typeCount(): number {
    return this.#offsets.length
  }

  /** btf__add_str of another BTF's string. */
  string({ strings }: FlatBtf, off: number): number {
    const end = strings.indexOf(0, off)
    const bytes = strings.subarray(off, end < 0 ? strings.length : end)
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const at = this.#strings.length
    this.#known.set(key, at)
    for (const byte of bytes) this.#strings.push(byte)
    this.#strings.push(0)
    return at
  }

  /** btf__add_type: a type as it is, but for its strings; ids stay those of the source. @returns the new id. */
  copy(source: FlatBtf, id: number): number {
    const { words, offsets } = source
    const at = offsets[id] as number
    const info = words[at + 1] as number
    const kind = (info >>> 24) & 0x7f
    const element = elementWords[kind] ?? 0
    const length = 3 + (fixedWords[kind] ?? 0) + element * (info & 0xffffff)
    const start = this.#begin(this.string(source, words[at] as number))
    for (let i = 1; i < length; i++) this.#words.push(words[at + i] as number)
    // Members, enumerators and parameters begin with their names; variables of a section don't.
    if (element > 0 && kind !== Kind.DATASEC) {
      for (let i = 3; i < length; i += element) this.#words[start + i] = this.string(source, words[at + i] as number)
    }
    return this.#offsets.length - 1
  }

  /** btf__add_struct and btf__add_union, with some of the source's members. */
  composite(source: FlatBtf, id: number, members: readonly number[]): number {
    const { words, offsets } = source
    const at = offsets[id] as number
    const info = words[at + 1] as number
    const start = this.#begin(this.string(source, words[at] as number))
    this.#words.push(0, words[at + 2] as number)
    let flag = false
    for (const member of members) {
      const from = at + 3 + member * 3
      const offset = words[from + 2] as number
      const bits = info >>> 31 ? offset >>> 24 : 0
      const bitOffset = info >>> 31 ? offset & 0xffffff : offset
      flag ||= bits > 0 || bitOffset % 8 !== 0
      this.#words.push(this.string(source, words[from] as number), words[from + 1] as number)
      this.#words.push((bitOffset | (bits << 24)) >>> 0)
    }
    this.#words[start + 1] = ((info & 0x7f000000) | members.length | (flag ? 0x80000000 : 0)) >>> 0
    return this.#offsets.length - 1
  }

  #begin(nameOff: number): number {
    const start = this.#words.length
    this.#offsets.push(start)
    this.#words.push(nameOff)
    return start
  }

  /** Changes the ids of types that types refer to. */
  mapIds(to: (id: number) => number): void {
    const words = this.#words
    const change = (at: number) => {
      words[at] = to(words[at] as number)
    }
    for (const at of this.#offsets.slice(1)) {
      const info = words[at + 1] as number
      const kind = (info >>> 24) & 0x7f
      const count = info & 0xffffff
      if (refersByType.has(kind)) change(at + 2)
      if (kind === Kind.ARRAY) {
        change(at + 3)
        change(at + 4)
      }
      const element = elementWords[kind] ?? 0
      const inElement = kind === Kind.STRUCT || kind === Kind.UNION || kind === Kind.FUNC_PROTO ? 1 : -1
      const first = kind === Kind.DATASEC ? 0 : inElement
      if (first >= 0) for (let i = 0; i < count; i++) change(at + 3 + i * element + first)
    }
  }

  /** btf__raw_data. */
  bytes(): Uint8Array {
    const typesSize = this.#words.length * 4
    const bytes = new Uint8Array(HEADER_SIZE + typesSize + this.#strings.length)
    const view = new DataView(bytes.buffer)
    view.setUint16(0, MAGIC, true)
    view.setUint8(2, 1)
    const header = [HEADER_SIZE, 0, typesSize, typesSize, this.#strings.length]
    header.forEach((value, i) => {
      view.setUint32(4 + i * 4, value, true)
    })
    this.#words.forEach((word, i) => {
      view.setUint32(HEADER_SIZE + i * 4, word, true)
    })
    bytes.set(this.#strings, HEADER_SIZE + typesSize)
    return bytes
  }
}

/** Kinds whose third word is a type's id. */
const refersByType: ReadonlySet<number> = new Set([
  Kind.PTR,
  Kind.TYPEDEF,
  Kind.VOLATILE,
  Kind.CONST,
  Kind.RESTRICT,
  Kind.FUNC,
  Kind.FUNC_PROTO,
  Kind.VAR,
  Kind.DECL_TAG,
  Kind.TYPE_TAG,
])
