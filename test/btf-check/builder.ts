import { Kind } from '../../src/btf/kinds.ts'

/** Builds BTF word by word, without asking whether it makes sense. */
export class BtfBuilder {
  readonly #strings = new Map<string, number>([['', 0]])
  #text = '\0'
  readonly #types: number[][] = []

  /** Id of the type that is added next. */
  get nextId(): number {
    return this.#types.length + 1
  }

  get count(): number {
    return this.#types.length
  }

  name(text: string): number {
    let off = this.#strings.get(text)
    if (off === undefined) {
      off = this.#text.length
      this.#strings.set(text, off)
      this.#text += `${text}\0`
    }
    return off
  }

  /** @returns its id. */
  add(
    name: string,
    kind: number,
    vlen: number,
    sizeOrType: number,
    rest: readonly number[] = [],
    kflag = false,
  ): number {
    const info = ((kind << 24) | vlen | (kflag ? 0x80000000 : 0)) >>> 0
    return this.#types.push([this.name(name), info, sizeOrType, ...rest])
  }

  int(name: string, size: number, encoding = 0, bits = size * 8): number {
    return this.add(name, Kind.INT, 0, size, [(encoding << 24) | bits])
  }

  ref(kind: number, type: number, name = ''): number {
    return this.add(name, kind, 0, type)
  }

  array(type: number, index: number, count: number): number {
    return this.add('', Kind.ARRAY, 0, 0, [type, index, count])
  }

  /** @param members name, type and offset in bits. */
  struct(name: string, size: number, members: readonly (readonly [string, number, number])[], union = false): number {
    const rest = members.flatMap(([member, type, offset]) => [this.name(member), type, offset])
    return this.add(name, union ? Kind.UNION : Kind.STRUCT, members.length, size, rest)
  }

  tag(value: string, type: number, component = -1): number {
    return this.add(value, Kind.DECL_TAG, 0, type, [component])
  }

  /** Bytes of a type, as far as it can be told; 0 else. */
  sizeOf(id: number, depth = 0): number {
    const [, info = 0, sizeOrType = 0, element = 0, , count = 0] = this.#types[id - 1] ?? []
    if (depth > 8) return 0
    switch ((info >>> 24) & 0x1f) {
      case Kind.PTR:
        return 8
      case Kind.ARRAY:
        return this.sizeOf(element, depth + 1) * Math.min(count, 64)
      case Kind.TYPEDEF:
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.TYPE_TAG:
      case Kind.VAR:
        return this.sizeOf(sizeOrType, depth + 1)
      case Kind.FUNC:
      case Kind.FUNC_PROTO:
      case Kind.FWD:
      case Kind.DECL_TAG:
        return 0
      default:
        return Math.min(sizeOrType, 4096)
    }
  }

  build(): Uint8Array {
    const types = this.#types.flat()
    const strings = Buffer.from(this.#text, 'latin1')
    const bytes = Buffer.alloc(24 + types.length * 4 + strings.length)
    bytes.writeUInt16LE(0xeb9f, 0)
    bytes.writeUInt8(1, 2)
    bytes.writeUInt32LE(24, 4)
    bytes.writeUInt32LE(types.length * 4, 12)
    bytes.writeUInt32LE(types.length * 4, 16)
    bytes.writeUInt32LE(strings.length, 20)
    types.forEach((word, i) => bytes.writeUInt32LE(word >>> 0, 24 + i * 4))
    strings.copy(bytes, 24 + types.length * 4)
    return Uint8Array.from(bytes)
  }
}
