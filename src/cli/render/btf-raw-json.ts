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
  readonly #keys: Keys
  #first = true

  /** @param write prints after what `json` was given so far. */
  constructor(btf: Btf, json: JsonWriter, write: (bytes: Uint8Array) => void, pretty: boolean) {
    const { words, offsets, strings } = btf.flat()
    this.#btf = btf
    this.#words = words
    this.#offsets = offsets
    this.#json = json
    this.#out = new ByteText(strings, write)
    this.#keys = makeKeys(json instanceof JsonText ? json.depth : 0, pretty)
  }

  flush(): void {
    this.#out.flush()
  }

  #number(key: string, value: number): void {
    this.#out.put(key)
    this.#out.u32(value)
  }

  #text(key: string, value: string): void {
    this.#out.put(key)
    this.#out.put('"')
    this.#out.put(value)
    this.#out.put('"')
  }

  #name(key: string, off: number): void {
    this.#out.put(key)
    if (off === 0) this.#out.put('"(anon)"')
    else this.#out.quoted(off)
  }

  type(id: number): void {
    const out = this.#out
    const words = this.#words
    const keys = this.#keys
    const at = this.#offsets[id] as number
    const info = words[at + 1] as number
    const kind = (info >>> 24) & 0x7f
    const vlen = info & 0xffffff
    const third = words[at + 2] as number
    if (this.#first) this.#json.raw('{')
    else out.put(',{')
    this.#first = false
    this.#number(keys.id, id)
    this.#text(keys.kind, kindName(kind))
    this.#name(keys.name, words[at] as number)
    switch (kind) {
      case Kind.INT: {
        const int = words[at + 3] as number
        this.#number(keys.size, third)
        this.#number(keys.bits_offset, (int >>> 16) & 0xff)
        this.#number(keys.nr_bits, int & 0xff)
        this.#text(keys.encoding, intEncodingName((int >>> 24) & 0xf))
        break
      }
      case Kind.PTR:
      case Kind.CONST:
      case Kind.VOLATILE:
      case Kind.RESTRICT:
      case Kind.TYPEDEF:
      case Kind.TYPE_TAG:
        this.#number(keys.type_id, third)
        break
      case Kind.ARRAY:
        this.#number(keys.type_id, words[at + 3] as number)
        this.#number(keys.index_type_id, words[at + 4] as number)
        this.#number(keys.nr_elems, words[at + 5] as number)
        break
      case Kind.STRUCT:
      case Kind.UNION:
        this.#number(keys.size, third)
        this.#number(keys.vlen, vlen)
        this.#list(keys.members, vlen, (i) => {
          this.#member(at + 3 + i * 3, info >>> 31 !== 0)
        })
        break
      case Kind.ENUM:
      case Kind.ENUM64:
        this.#text(keys.encoding, info >>> 31 ? 'SIGNED' : 'UNSIGNED')
        this.#number(keys.size, third)
        this.#number(keys.vlen, vlen)
        this.#list(keys.values, vlen, (i) => {
          this.#name(keys.innerName, this.#btf.enumNameOff(id, i))
          out.put(keys.val)
          out.put(String(jsonEnumValue(this.#btf.enumValue(id, i))))
        })
        break
      case Kind.FWD:
        this.#text(keys.fwd_kind, info >>> 31 ? 'union' : 'struct')
        break
      case Kind.FUNC:
        this.#number(keys.type_id, third)
        this.#text(keys.linkage, linkageName(vlen))
        break
      case Kind.FUNC_PROTO:
        this.#number(keys.ret_type_id, third)
        this.#number(keys.vlen, vlen)
        this.#list(keys.params, vlen, (i) => {
          this.#name(keys.innerName, words[at + 3 + i * 2] as number)
          this.#number(keys.innerType, words[at + 4 + i * 2] as number)
        })
        break
      case Kind.VAR:
        this.#number(keys.type_id, third)
        this.#text(keys.linkage, linkageName(words[at + 3] as number))
        break
      case Kind.DATASEC:
        this.#number(keys.size, third)
        this.#number(keys.vlen, vlen)
        this.#list(keys.vars, vlen, (i) => {
          this.#number(keys.firstType, words[at + 3 + i * 3] as number)
          this.#number(keys.offset, words[at + 4 + i * 3] as number)
          this.#number(keys.innerSize, words[at + 5 + i * 3] as number)
        })
        break
      case Kind.FLOAT:
        this.#number(keys.size, third)
        break
      case Kind.DECL_TAG:
        this.#number(keys.type_id, third)
        out.put(keys.component_idx)
        out.i32(words[at + 3] as number)
        break
      default:
    }
    out.put(keys.end)
  }

  #member(m: number, flag: boolean): void {
    const words = this.#words
    const keys = this.#keys
    const offset = words[m + 2] as number
    this.#name(keys.innerName, words[m] as number)
    this.#number(keys.innerType, words[m + 1] as number)
    this.#number(keys.innerBits, flag ? offset & 0xffffff : offset)
    if (flag && offset >>> 24 !== 0) this.#number(keys.bitfield_size, offset >>> 24)
  }

  #list(key: string, count: number, fields: (i: number) => void): void {
    const out = this.#out
    out.put(key)
    out.put('[')
    for (let i = 0; i < count; i++) {
      out.put(i > 0 ? ',{' : '{')
      fields(i)
      out.put(this.#keys.innerEnd)
    }
    out.put(count > 0 ? this.#keys.listEnd : ']')
  }
}

type Keys = ReturnType<typeof makeKeys>

/** What stands before each field's value, made once: comma, line start in pretty mode, name. */
function makeKeys(depth: number, pretty: boolean) {
  const line = (level: number) => (pretty ? `\n${'    '.repeat(depth + level)}` : '')
  const colon = pretty ? '": ' : '":'
  const first = (name: string, level: number) => `${line(level)}"${name}${colon}`
  const key = (name: string) => `,${first(name, 1)}`
  const inner = (name: string) => `,${first(name, 3)}`
  return {
    id: first('id', 1),
    kind: key('kind'),
    name: key('name'),
    size: key('size'),
    bits_offset: key('bits_offset'),
    nr_bits: key('nr_bits'),
    encoding: key('encoding'),
    type_id: key('type_id'),
    index_type_id: key('index_type_id'),
    nr_elems: key('nr_elems'),
    vlen: key('vlen'),
    fwd_kind: key('fwd_kind'),
    linkage: key('linkage'),
    ret_type_id: key('ret_type_id'),
    component_idx: key('component_idx'),
    members: key('members'),
    values: key('values'),
    params: key('params'),
    vars: key('vars'),
    end: `${line(0)}}`,
    innerName: first('name', 3),
    innerType: inner('type_id'),
    firstType: first('type_id', 3),
    innerBits: inner('bits_offset'),
    innerSize: inner('size'),
    bitfield_size: inner('bitfield_size'),
    offset: inner('offset'),
    val: inner('val'),
    innerEnd: `${line(2)}}`,
    listEnd: `${line(1)}]`,
  }
}

/** An unsigned enumerator goes through an int on its way to 64 bits. */
function jsonEnumValue(value: number | bigint): number | bigint {
  return typeof value === 'number' && value > 0x7fffffff ? BigInt.asUintN(64, BigInt(value | 0)) : value
}
