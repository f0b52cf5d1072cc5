import { Kind } from '../../btf/btf.ts'
import { ByteText } from '../../btf/byte-text.ts'
import { intEncodingName, kindName, linkageName } from './btf-names.ts'
import { JsonText } from './json.ts'
import type { Btf } from '../../btf/btf.ts'
import type { JsonWriter } from './json.ts'

/**
 * dump_btf_type as JSON, one type a call, for elements of an array that `json` has open. The objects are made here as
 * bytes, as there are hundreds of thousands, and go past the writer, which gets but the first; `flush` at the end.
 */
export class RawJson {
  readonly #btf: Btf
  readonly #words: Uint32Array
  readonly #offsets: Uint32Array
  readonly #out: ByteText
  readonly #json: JsonWriter
  /** Line starts of a type's fields and of its members', empty but in pretty mode. */
  readonly #lines: readonly string[]
  readonly #colon: string
  #first = true

  /** @param write prints after what `json` was given so far. */
  constructor(btf: Btf, json: JsonWriter, write: (bytes: Uint8Array) => void, pretty: boolean) {
    const { words, offsets, strings } = btf.flat()
    this.#btf = btf
    this.#words = words
    this.#offsets = offsets
    this.#json = json
    this.#out = new ByteText(strings, write)
    const depth = json instanceof JsonText ? json.depth : 0
    this.#lines = [0, 1, 2, 3].map((level) => (pretty ? `\n${'    '.repeat(depth + level)}` : ''))
    this.#colon = pretty ? '": ' : '":'
  }

  flush(): void {
    this.#out.flush()
  }

  /** A field's name at `level`; the first of an object has no comma. */
  #key(name: string, level: number, comma = true): void {
    this.#out.put(`${comma ? ',' : ''}${this.#lines[level]}"${name}${this.#colon}`)
  }

  #number(name: string, value: number, level = 1, comma = true): void {
    this.#key(name, level, comma)
    this.#out.u32(value)
  }

  #text(name: string, value: string, level = 1): void {
    this.#key(name, level)
    this.#out.put(`"${value}"`)
  }

  #name(off: number, level = 1, comma = true): void {
    this.#key('name', level, comma)
    if (off === 0) this.#out.put('"(anon)"')
    else this.#out.quoted(off)
  }

  type(id: number): void {
    const out = this.#out
    const words = this.#words
    const at = this.#offsets[id] as number
    const info = words[at + 1] as number
    const kind = (info >>> 24) & 0x7f
    const vlen = info & 0xffffff
    const third = words[at + 2] as number
    if (this.#first) this.#json.raw('{')
    else out.put(',{')
    this.#first = false
    this.#number('id', id, 1, false)
    this.#text('kind', kindName(kind))
    this.#name(words[at] as number)
    switch (kind) {
      case Kind.INT: {
        const int = words[at + 3] as number
        this.#number('size', third)
        this.#number('bits_offset', (int >>> 16) & 0xff)
        this.#number('nr_bits', int & 0xff)
        this.#text('encoding', intEncodingName((int >>> 24) & 0xf))
        break
      }
      case Kind.PTR:
      case Kind.CONST:
      case Kind.VOLATILE:
      case Kind.RESTRICT:
      case Kind.TYPEDEF:
      case Kind.TYPE_TAG:
        this.#number('type_id', third)
        break
      case Kind.ARRAY:
        this.#number('type_id', words[at + 3] as number)
        this.#number('index_type_id', words[at + 4] as number)
        this.#number('nr_elems', words[at + 5] as number)
        break
      case Kind.STRUCT:
      case Kind.UNION:
        this.#number('size', third)
        this.#number('vlen', vlen)
        this.#list('members', vlen, (i) => {
          this.#member(at + 3 + i * 3, info >>> 31 !== 0)
        })
        break
      case Kind.ENUM:
      case Kind.ENUM64:
        this.#text('encoding', info >>> 31 ? 'SIGNED' : 'UNSIGNED')
        this.#number('size', third)
        this.#number('vlen', vlen)
        this.#list('values', vlen, (i) => {
          this.#name(this.#btf.enumNameOff(id, i), 3, false)
          this.#key('val', 3)
          out.put(String(jsonEnumValue(this.#btf.enumValue(id, i))))
        })
        break
      case Kind.FWD:
        this.#text('fwd_kind', info >>> 31 ? 'union' : 'struct')
        break
      case Kind.FUNC:
        this.#number('type_id', third)
        this.#text('linkage', linkageName(vlen))
        break
      case Kind.FUNC_PROTO:
        this.#number('ret_type_id', third)
        this.#number('vlen', vlen)
        this.#list('params', vlen, (i) => {
          this.#name(words[at + 3 + i * 2] as number, 3, false)
          this.#number('type_id', words[at + 4 + i * 2] as number, 3)
        })
        break
      case Kind.VAR:
        this.#number('type_id', third)
        this.#text('linkage', linkageName(words[at + 3] as number))
        break
      case Kind.DATASEC:
        this.#number('size', third)
        this.#number('vlen', vlen)
        this.#list('vars', vlen, (i) => {
          this.#number('type_id', words[at + 3 + i * 3] as number, 3, false)
          this.#number('offset', words[at + 4 + i * 3] as number, 3)
          this.#number('size', words[at + 5 + i * 3] as number, 3)
        })
        break
      case Kind.FLOAT:
        this.#number('size', third)
        break
      case Kind.DECL_TAG:
        this.#number('type_id', third)
        this.#key('component_idx', 1)
        out.i32(words[at + 3] as number)
        break
      default:
    }
    out.put(`${this.#lines[0]}}`)
  }

  #member(m: number, flag: boolean): void {
    const words = this.#words
    const offset = words[m + 2] as number
    this.#name(words[m] as number, 3, false)
    this.#number('type_id', words[m + 1] as number, 3)
    this.#number('bits_offset', flag ? offset & 0xffffff : offset, 3)
    if (flag && offset >>> 24 !== 0) this.#number('bitfield_size', offset >>> 24, 3)
  }

  #list(name: string, count: number, fields: (i: number) => void): void {
    const out = this.#out
    this.#key(name, 1)
    out.put('[')
    for (let i = 0; i < count; i++) {
      out.put(i > 0 ? ',{' : '{')
      fields(i)
      out.put(`${this.#lines[2]}}`)
    }
    out.put(count > 0 ? `${this.#lines[1]}]` : ']')
  }
}

/** An unsigned enumerator goes through an int on its way to 64 bits. */
function jsonEnumValue(value: number | bigint): number | bigint {
  return typeof value === 'number' && value > 0x7fffffff ? BigInt.asUintN(64, BigInt(value | 0)) : value
}
