import { Kind } from './kinds.ts'
import { ByteText } from './byte-text.ts'
import { CDecl } from './dump-c-decl.ts'
import { TypeOrder } from './dump-c-order.ts'
import type { Btf } from './btf.ts'

const EMITTING = 1
const EMITTED = 2

/** A compiler's own type. */
const builtinVaList = '__builtin_va_list'

/** Integers that a compiler doesn't know by themselves (missing_base_types). */
const missingBaseTypes: Readonly<Record<string, string>> = {
  __Poly8_t: 'unsigned char',
  __Poly16_t: 'unsigned short',
  __Poly64_t: 'unsigned long long',
  __Poly128_t: 'unsigned __int128',
}

/**
 * Types as C that compiles (libbpf's btf_dump): what a type needs comes before it, forward declared where that is
 * enough. Every type is emitted once in a CDump's life.
 */
export class CDump {
  readonly out: ByteText
  readonly #words: Uint32Array
  readonly #offsets: Uint32Array
  readonly #btf: Btf
  readonly #order: TypeOrder
  readonly #decl: CDecl
  readonly #warn: (text: string) => void
  readonly #states: Uint8Array
  readonly #forwarded: Uint8Array
  /** False where btf_dump__new fails with EINVAL: BTF with kinds that aren't known. */
  readonly usable: boolean

  /** @param warn gets libbpf's warnings, without `libbpf: ` and line end. */
  constructor(btf: Btf, sink: (bytes: Uint8Array) => void, warn: (text: string) => void) {
    const flat = btf.flat()
    this.#btf = btf
    this.#words = flat.words
    this.#offsets = flat.offsets
    this.#warn = warn
    this.out = new ByteText(flat.strings, sink)
    this.#order = new TypeOrder(flat, warn)
    this.#decl = new CDecl(btf, this.out, warn)
    this.#states = new Uint8Array(flat.offsets.length)
    this.#forwarded = new Uint8Array(flat.offsets.length)
    this.#states[0] = EMITTED
    this.usable = this.#order.markReferenced()
  }

  /** btf_dump__dump_type: the type and all that it needs. @returns 0 or -errno. */
  dumpType(id: number): number {
    const order = this.#order
    order.queued = 0
    const status = order.order(id, false)
    if (status < 0) return status
    for (let i = 0; i < order.queued; i++) this.#emit(order.queue[i] as number, 0)
    return 0
  }

  /** Whether dumpType may emit anything that isn't out yet. */
  hasMore(id: number): boolean {
    return this.#order.isOpen(id, 0)
  }

  /** btf_dump__emit_type_decl: `type name`, in C's order. `name` is an offset of the string section's, or a text. */
  emitTypeDecl(id: number, name: number | string, { level = 0, stripMods = false } = {}): void {
    this.#decl.stripMods = stripMods
    this.#decl.declaration(id, name, 1, level)
    this.#decl.stripMods = false
  }

  /** btf_dump_emit_type; `container` is the struct or union, or typedef, that it is emitted for, 0 at top level. */
  #emit(id: number, container: number): void {
    const states = this.#states
    const state = states[id] as number
    if (state === EMITTED) return
    const words = this.#words
    const at = this.#offsets[id] as number
    const kind = ((words[at + 1] as number) >>> 24) & 0x7f
    if (state === EMITTING) {
      this.#emitForward(id, kind, at, container)
      return
    }
    const topLevel = container === 0
    switch (kind) {
      case Kind.INT:
        this.#emitMissingAlias(id)
        states[id] = EMITTED
        break
      case Kind.ENUM:
      case Kind.ENUM64:
        if (topLevel) {
          this.#decl.enumDef(id, 0)
          this.out.put(';\n\n')
        }
        states[id] = EMITTED
        break
      case Kind.PTR:
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.TYPE_TAG:
        this.#emit(words[at + 2] as number, container)
        break
      case Kind.ARRAY:
        this.#emit(words[at + 3] as number, container)
        break
      case Kind.FWD:
        this.#decl.fwdDef(id)
        this.out.put(';\n\n')
        states[id] = EMITTED
        break
      case Kind.TYPEDEF:
        states[id] = EMITTING
        this.#emit(words[at + 2] as number, id)
        if (this.#forwarded[id] === 0) this.#emitTypedef(id)
        states[id] = EMITTED
        break
      case Kind.STRUCT:
      case Kind.UNION:
        this.#emitStruct(id, at, container)
        break
      case Kind.FUNC_PROTO: {
        this.#emit(words[at + 2] as number, container)
        const end = at + 3 + ((words[at + 1] as number) & 0xffffff) * 2
        for (let p = at + 3; p < end; p += 2) this.#emit(words[p + 1] as number, container)
        break
      }
      default:
    }
  }

  /** What is needed while it is itself being emitted: its declaration must do. */
  #emitForward(id: number, kind: number, at: number, container: number): void {
    if (this.#forwarded[id] !== 0) return
    if (kind === Kind.STRUCT || kind === Kind.UNION) {
      if (id === container) return
      if (this.#words[at] === 0) {
        this.#warn(`anonymous struct/union loop, id:[${id}]`)
        return
      }
      this.#decl.structFwd(id)
      this.out.put(';\n\n')
      this.#forwarded[id] = 1
    } else if (kind === Kind.TYPEDEF) {
      this.#emitTypedef(id)
      this.#forwarded[id] = 1
    }
  }

  #emitTypedef(id: number): void {
    // A compiler's built-in, which others may define otherwise.
    if (this.#decl.isNamed(id, builtinVaList)) return
    this.#decl.typedefDef(id)
    this.out.put(';\n\n')
  }

  #emitStruct(id: number, at: number, container: number): void {
    const words = this.#words
    const topLevel = container === 0
    const named = words[at] !== 0
    this.#states[id] = EMITTING
    if (topLevel || !named) {
      const inner = named ? id : container
      const end = at + 3 + ((words[at + 1] as number) & 0xffffff) * 3
      for (let m = at + 3; m < end; m += 3) this.#emit(words[m + 1] as number, inner)
    } else if (this.#forwarded[id] === 0 && id !== container) {
      this.#decl.structFwd(id)
      this.out.put(';\n\n')
      this.#forwarded[id] = 1
    }
    if (topLevel) {
      this.#decl.structDef(id, 0)
      this.out.put(';\n\n')
      this.#states[id] = EMITTED
    } else {
      this.#states[id] = 0
    }
  }

  #emitMissingAlias(id: number): void {
    this.#decl.countTypeName(id)
    const name = this.#btf.name(id)
    const base = missingBaseTypes[name]
    if (base !== undefined) this.out.put(`typedef ${base} ${name};\n\n`)
  }
}
