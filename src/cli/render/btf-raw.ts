import { Kind } from '../../btf/btf.ts'
import { ByteText } from '../../btf/byte-text.ts'
import { intEncodingName, kindName, linkageName } from './btf-names.ts'
import type { Btf } from '../../btf/btf.ts'

/** dump_btf_type in plain text, one type a call; `flush` at the end. */
export class RawText {
  readonly #btf: Btf
  readonly #words: Uint32Array
  readonly #offsets: Uint32Array
  readonly #out: ByteText

  constructor(btf: Btf, sink: (bytes: Uint8Array) => void) {
    const { words, offsets, strings } = btf.flat()
    this.#btf = btf
    this.#words = words
    this.#offsets = offsets
    this.#out = new ByteText(strings, sink)
  }

  flush(): void {
    this.#out.flush()
  }

  #name(off: number): void {
    if (off === 0) this.#out.put('(anon)')
    else this.#out.name(off)
  }

  #field(label: string, value: number): void {
    this.#out.put(label)
    this.#out.u32(value)
  }

  /** `\n\t'NAME' LABEL`. */
  #item(nameOff: number, label: string): void {
    this.#out.put("\n\t'")
    this.#name(nameOff)
    this.#out.put(label)
  }

  type(id: number): void {
    const out = this.#out
    const words = this.#words
    const at = this.#offsets[id] as number
    const info = words[at + 1] as number
    const kind = (info >>> 24) & 0x7f
    const third = words[at + 2] as number
    this.#field('[', id)
    out.put('] ')
    out.put(kindName(kind))
    out.put(" '")
    this.#name(words[at] as number)
    out.put("'")
    switch (kind) {
      case Kind.INT: {
        const int = words[at + 3] as number
        this.#field(' size=', third)
        this.#field(' bits_offset=', (int >>> 16) & 0xff)
        this.#field(' nr_bits=', int & 0xff)
        out.put(' encoding=')
        out.put(intEncodingName((int >>> 24) & 0xf))
        break
      }
      case Kind.PTR:
      case Kind.CONST:
      case Kind.VOLATILE:
      case Kind.RESTRICT:
      case Kind.TYPEDEF:
      case Kind.TYPE_TAG:
        this.#field(' type_id=', third)
        break
      case Kind.ARRAY:
        this.#field(' type_id=', words[at + 3] as number)
        this.#field(' index_type_id=', words[at + 4] as number)
        this.#field(' nr_elems=', words[at + 5] as number)
        break
      case Kind.STRUCT:
      case Kind.UNION:
        this.#members(at, info)
        break
      case Kind.ENUM:
      case Kind.ENUM64:
        this.#enumerators(id, at, info)
        break
      case Kind.FWD:
        out.put(info >>> 31 ? ' fwd_kind=union' : ' fwd_kind=struct')
        break
      case Kind.FUNC:
        this.#field(' type_id=', third)
        out.put(' linkage=')
        out.put(linkageName(info & 0xffffff))
        break
      case Kind.FUNC_PROTO:
        this.#field(' ret_type_id=', third)
        this.#field(' vlen=', info & 0xffffff)
        for (let i = info & 0xffffff, p = at + 3; i > 0; i--, p += 2) {
          this.#item(words[p] as number, "' type_id=")
          out.u32(words[p + 1] as number)
        }
        break
      case Kind.VAR:
        this.#field(' type_id=', third)
        out.put(', linkage=')
        out.put(linkageName(words[at + 3] as number))
        break
      case Kind.DATASEC:
        this.#variables(at, info)
        break
      case Kind.FLOAT:
        this.#field(' size=', third)
        break
      case Kind.DECL_TAG:
        this.#field(' type_id=', third)
        out.put(' component_idx=')
        out.i32(words[at + 3] as number)
        break
      default:
    }
    out.put('\n')
  }

  #members(at: number, info: number): void {
    const words = this.#words
    const flag = info >>> 31 !== 0
    this.#field(' size=', words[at + 2] as number)
    this.#field(' vlen=', info & 0xffffff)
    for (let i = info & 0xffffff, m = at + 3; i > 0; i--, m += 3) {
      const offset = words[m + 2] as number
      this.#item(words[m] as number, "' type_id=")
      this.#out.u32(words[m + 1] as number)
      this.#field(' bits_offset=', flag ? offset & 0xffffff : offset)
      if (flag && offset >>> 24 !== 0) this.#field(' bitfield_size=', offset >>> 24)
    }
  }

  #enumerators(id: number, at: number, info: number): void {
    const out = this.#out
    const words = this.#words
    const signed = info >>> 31 !== 0
    const wide = ((info >>> 24) & 0x7f) === Kind.ENUM64
    const vlen = info & 0xffffff
    out.put(signed ? ' encoding=SIGNED' : ' encoding=UNSIGNED')
    this.#field(' size=', words[at + 2] as number)
    this.#field(' vlen=', vlen)
    for (let i = 0, v = at + 3; i < vlen; i++, v += wide ? 3 : 2) {
      this.#item(words[v] as number, "' val=")
      if (wide) out.put(`${this.#btf.enumValue(id, i)}${signed ? 'LL' : 'ULL'}`)
      else if (signed) out.i32(words[v + 1] as number)
      else out.u32(words[v + 1] as number)
    }
  }

  #variables(at: number, info: number): void {
    const words = this.#words
    this.#field(' size=', words[at + 2] as number)
    this.#field(' vlen=', info & 0xffffff)
    for (let i = info & 0xffffff, v = at + 3; i > 0; i--, v += 3) {
      const type = words[v] as number
      this.#field('\n\ttype_id=', type)
      this.#field(' offset=', words[v + 1] as number)
      this.#field(' size=', words[v + 2] as number)
      if (type >= this.#btf.typeCount) continue
      const target = this.#offsets[type] as number
      this.#out.put(` (${kindName(((words[target + 1] as number) >>> 24) & 0x7f)} '`)
      this.#name(words[target] as number)
      this.#out.put("')")
    }
  }
}
