import { Errno } from '../../uapi/errno.ts'
import { Kind } from '../../btf/btf.ts'
import { BtfWriter } from '../../btf/writer.ts'
import { CoreKind, isFieldKind } from '../../btf/core/spec.ts'
import { kindName } from '../../libbpf/object-btf.ts'
import { CommandError } from '../command.ts'
import type { Btf } from '../../btf/btf.ts'
import type { Spec } from '../../btf/core/spec.ts'

const modifiers: readonly number[] = [Kind.CONST, Kind.VOLATILE, Kind.RESTRICT, Kind.TYPE_TAG, Kind.TYPEDEF]

/** The types of a kernel, and the members of them, that relocations need (struct btfgen_info). */
export class CoreMarks {
  readonly #btf: Btf
  readonly #types: Uint8Array
  readonly #members = new Map<number, Set<number>>()

  constructor(btf: Btf) {
    this.#btf = btf
    this.#types = new Uint8Array(btf.typeCount)
  }

  /** btfgen_record_reloc. @throws CommandError for kinds of types that bpftool doesn't know here. */
  record(spec: Spec): void {
    if (isFieldKind(spec.kind)) this.#field(spec)
    else if (spec.kind === CoreKind.TYPE_MATCHES) this.#match(spec.rootTypeId, false)
    else this.#type(spec.rootTypeId, spec.kind !== CoreKind.ENUMVAL_EXISTS && spec.kind !== CoreKind.ENUMVAL_VALUE)
  }

  #member(type: number, index: number): void {
    const known = this.#members.get(type)
    if (known === undefined) this.#members.set(type, new Set([index]))
    else known.add(index)
  }

  #unsupported(id: number, shown: number): never {
    throw new CommandError(`unsupported kind: ${kindName(this.#btf.kind(id))} (${shown})`, -Errno.EINVAL)
  }

  /** btfgen_mark_type: a type and what it's made of; structs without their members. */
  #type(id: number, followPointers: boolean): void {
    const btf = this.#btf
    if (id === 0) return
    this.#types[id] = 1
    switch (btf.kind(id)) {
      case Kind.INT:
      case Kind.FLOAT:
      case Kind.ENUM:
      case Kind.ENUM64:
      case Kind.STRUCT:
      case Kind.UNION:
        break
      case Kind.PTR:
        if (followPointers) this.#type(btf.type(id), followPointers)
        break
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.VOLATILE:
      case Kind.TYPEDEF:
        this.#type(btf.type(id), followPointers)
        break
      case Kind.ARRAY:
        this.#type(btf.arrayElem(id), followPointers)
        this.#type(btf.arrayIndexType(id), followPointers)
        break
      case Kind.FUNC_PROTO:
        this.#type(btf.type(id), followPointers)
        for (let i = 0; i < btf.vlen(id); i++) this.#type(btf.paramType(id, i), followPointers)
        break
      default:
        this.#unsupported(id, id)
    }
  }

  /** btfgen_record_field_relo: the members on a path, and their types. */
  #field({ rootTypeId, raw }: Spec): void {
    const btf = this.#btf
    let id = rootTypeId
    this.#type(id, false)
    for (const index of raw.slice(1)) {
      while (modifiers.includes(btf.kind(id))) id = btf.type(id)
      switch (btf.kind(id)) {
        case Kind.STRUCT:
        case Kind.UNION:
          this.#member(id, index)
          id = btf.memberType(id, index)
          this.#type(id, false)
          break
        case Kind.ARRAY:
          id = btf.arrayElem(id)
          break
        default:
          this.#unsupported(id, btf.type(id))
      }
    }
  }

  /** btfgen_mark_type_match: a type with all that decides whether another matches it; behind pointers, names alone. */
  #match(id: number, behindPointer: boolean): void {
    const btf = this.#btf
    if (id === 0) return
    this.#types[id] = 1
    switch (btf.kind(id)) {
      case Kind.INT:
      case Kind.FLOAT:
      case Kind.ENUM:
      case Kind.ENUM64:
        break
      case Kind.STRUCT:
      case Kind.UNION:
        if (behindPointer) break
        for (let i = 0; i < btf.vlen(id); i++) {
          this.#member(id, i)
          this.#match(btf.memberType(id, i), false)
        }
        break
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.VOLATILE:
      case Kind.TYPEDEF:
        this.#match(btf.type(id), behindPointer)
        break
      case Kind.FWD:
        // bpftool takes the flag that tells a struct from a union for a type's id.
        this.#match(btf.type(id), behindPointer)
        break
      case Kind.PTR:
        this.#match(btf.type(id), true)
        break
      case Kind.ARRAY:
        this.#match(btf.arrayElem(id), false)
        this.#match(btf.arrayIndexType(id), false)
        break
      case Kind.FUNC_PROTO:
        this.#match(btf.type(id), false)
        for (let i = 0; i < btf.vlen(id); i++) this.#match(btf.paramType(id, i), false)
        break
      default:
        this.#unsupported(id, id)
    }
  }

  /** btfgen_get_btf. */
  minimized(): Uint8Array {
    const btf = this.#btf
    const flat = btf.flat()
    const writer = new BtfWriter()
    const ids = new Uint32Array(btf.typeCount)
    for (let id = this.#types.indexOf(1); id > 0; id = this.#types.indexOf(1, id + 1)) {
      const kind = btf.kind(id)
      if (kind === Kind.STRUCT || kind === Kind.UNION) {
        const members = [...(this.#members.get(id) ?? [])].sort((a, b) => a - b)
        ids[id] = writer.composite(flat, id, members)
      } else {
        ids[id] = writer.copy(flat, id)
      }
    }
    writer.mapIds((id) => ids[id] ?? 0)
    return writer.bytes()
  }
}
