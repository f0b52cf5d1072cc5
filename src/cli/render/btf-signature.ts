import { Kind, VarLinkage } from '../../btf/btf.ts'
import type { Btf } from '../../btf/btf.ts'

/** bpftool's buffer for a signature: one that doesn't fit isn't printed at all. */
const SIZE = 1024
/** Types that nest deeper than this are a cycle. */
const MAX_DEPTH = 512

/**
 * btf_dumper_type_only: a type, most often a function, in the words that `prog dump` prints before its instructions:
 * `int prog(struct xdp_md * ctx)`. Empty where that can't be done.
 */
export function functionSignature(btf: Btf, typeId: number): string {
  return new Signature(btf).type(typeId, 0)?.text ?? ''
}

/** btf_dump_func of a prototype without a name; undefined where it is too long. */
export function protoSignature(btf: Btf, protoId: number): string | undefined {
  const signature = new Signature(btf)
  return signature.func(protoId, undefined, 0)?.text
}

class Signature {
  readonly #btf: Btf
  text = ''

  constructor(btf: Btf) {
    this.#btf = btf
  }

  /** BTF_PRINT_ARG. */
  put(text: string): this | undefined {
    this.text += text
    return this.text.length >= SIZE ? undefined : this
  }

  /** __btf_dumper_type_only; undefined where it gives up. */
  type(id: number, depth: number): this | undefined {
    const btf = this.#btf
    if (id === 0) return this.put('void ')
    if (!btf.has(id) || depth > MAX_DEPTH) return undefined
    const inner = () => this.type(btf.type(id), depth + 1)
    switch (btf.kind(id)) {
      case Kind.INT:
      case Kind.TYPEDEF:
      case Kind.FLOAT:
        return this.put(`${btf.name(id)} `)
      case Kind.STRUCT:
        return this.put(`struct ${btf.name(id)} `)
      case Kind.UNION:
        return this.put(`union ${btf.name(id)} `)
      case Kind.ENUM:
      case Kind.ENUM64:
        return this.put(`enum ${btf.name(id)} `)
      case Kind.ARRAY:
        return this.type(btf.arrayElem(id), depth + 1)?.put(`[${btf.arrayLength(id)}]`)
      case Kind.PTR:
        return inner()?.put('* ')
      case Kind.FWD:
        return this.put(`${btf.kflag(id) ? 'union' : 'struct'} ${btf.name(id)} `)
      case Kind.VOLATILE:
        return this.put('volatile ') && inner()
      case Kind.CONST:
        return this.put('const ') && inner()
      case Kind.RESTRICT:
        return this.put('restrict ') && inner()
      case Kind.FUNC_PROTO:
        return this.func(id, undefined, depth + 1)
      case Kind.FUNC:
        return this.func(btf.type(id), btf.name(id), depth + 1)
      case Kind.VAR:
        if (btf.varLinkage(id) === VarLinkage.STATIC && this.put('static ') === undefined) return undefined
        return inner()?.put(` ${btf.name(id)}`)
      case Kind.DATASEC:
        return this.put(`section ("${btf.name(id)}") `)
      default:
        return undefined
    }
  }

  /** btf_dump_func. */
  func(proto: number, name: string | undefined, depth: number): this | undefined {
    const btf = this.#btf
    if (this.type(btf.type(proto), depth + 1)?.put(`${name ?? ''}(`) === undefined) return undefined
    const vlen = btf.vlen(proto)
    for (let i = 0; i < vlen; i++) {
      if (i > 0 && this.put(', ') === undefined) return undefined
      const param = btf.paramType(proto, i)
      if (param === 0) {
        if (this.put('...') === undefined) return undefined
        continue
      }
      if (this.type(param, depth + 1) === undefined) return undefined
      if (btf.paramNameOff(proto, i) !== 0) {
        if (this.put(btf.paramName(proto, i)) === undefined) return undefined
      } else if (this.text.endsWith(' ')) {
        this.text = this.text.slice(0, -1)
      }
    }
    return this.put(')')
  }
}
