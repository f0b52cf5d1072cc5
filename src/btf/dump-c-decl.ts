import { Kind } from './kinds.ts'
import { Layout } from './dump-c-layout.ts'
import { NameCounts } from './name-counts.ts'
import { emitPadding } from './dump-c-padding.ts'
import { TypeCycleError } from './error.ts'
import type { Btf } from './btf.ts'
import type { ByteText } from './byte-text.ts'

/** libbpf's PREFIXES: what is nested deeper isn't indented more. */
const MAX_INDENT = 13
const newlines = Array.from({ length: MAX_INDENT + 1 }, (_, level) => `\n${'\t'.repeat(level)}`)
/** libbpf's buffer for a name that had to be told from another. */
const MAX_NAME = 255

/** Definitions and declarations of types in C (btf_dump's emit functions). */
export class CDecl {
  readonly #btf: Btf
  readonly #out: ByteText
  readonly #warn: (text: string) => void
  readonly #words: Uint32Array
  readonly #offsets: Uint32Array
  readonly #strings: Uint8Array
  readonly #layout: Layout
  readonly #typeNames: NameCounts
  readonly #identNames: NameCounts
  /** Which of the types of its name this is, from 1; 0: not asked yet. */
  readonly #ordinals: Uint32Array
  /** Types from a declaration's outermost to its innermost, for all that are under way. */
  #stack = new Uint32Array(64)
  #top = 0
  /** Whether declarations leave out qualifiers and type tags. */
  stripMods = false

  constructor(btf: Btf, out: ByteText, warn: (text: string) => void) {
    const flat = btf.flat()
    this.#btf = btf
    this.#out = out
    this.#warn = warn
    this.#words = flat.words
    this.#offsets = flat.offsets
    this.#strings = flat.strings
    this.#layout = new Layout(flat, btf.pointerSize || 8, warn)
    this.#typeNames = new NameCounts(flat.strings)
    this.#identNames = new NameCounts(flat.strings)
    this.#ordinals = new Uint32Array(flat.offsets.length)
  }

  #kind(id: number): number {
    return ((this.#words[(this.#offsets[id] as number) + 1] as number) >>> 24) & 0x7f
  }

  /** btf_dump_resolve_name: the type's number among those of its name; 1 prints as the name alone. */
  #ordinal(id: number, names: NameCounts): number {
    const known = this.#ordinals[id] as number
    if (known !== 0) return known
    const at = this.#offsets[id] as number
    const info = this.#words[at + 1] as number
    const kind = (info >>> 24) & 0x7f
    const forward = kind === Kind.FWD || (kind === Kind.ENUM && (info & 0xffffff) === 0)
    return (this.#ordinals[id] = forward ? 1 : names.add(this.#words[at] as number))
  }

  #name(off: number | string, ordinal: number): void {
    if (typeof off === 'string') {
      this.#out.put(off)
      return
    }
    if (ordinal <= 1) {
      this.#out.name(off)
      return
    }
    const suffix = `___${ordinal}`
    const end = this.#strings.indexOf(0, off)
    const length = Math.min(end < 0 ? this.#strings.length - off : end - off, MAX_NAME)
    this.#out.name(off, length)
    this.#out.put(suffix.slice(0, MAX_NAME - length))
  }

  #typeName(id: number): void {
    const off = this.#words[this.#offsets[id] as number] as number
    if (off !== 0) this.#name(off, this.#ordinal(id, this.#typeNames))
  }

  /** Whether the type's name is `text`, which is ASCII. */
  isNamed(id: number, text: string): boolean {
    const off = this.#words[this.#offsets[id] as number] as number
    for (let i = 0; i < text.length; i++) if (this.#strings[off + i] !== text.charCodeAt(i)) return false
    return this.#strings[off + text.length] === 0
  }

  /** An integer's name is taken, too. */
  countTypeName(id: number): void {
    if (this.#words[this.#offsets[id] as number] !== 0) this.#ordinal(id, this.#typeNames)
  }

  /** btf_dump_emit_struct_fwd. */
  structFwd(id: number): void {
    const keyword = this.#kind(id) === Kind.STRUCT ? 'struct' : 'union'
    this.#out.put(this.#words[this.#offsets[id] as number] === 0 ? keyword : `${keyword} `)
    this.#typeName(id)
  }

  /** btf_dump_emit_fwd_def. */
  fwdDef(id: number): void {
    const union = (this.#words[(this.#offsets[id] as number) + 1] as number) >>> 31 !== 0
    this.#out.put(union ? 'union ' : 'struct ')
    this.#typeName(id)
  }

  /** btf_dump_emit_struct_def. */
  structDef(id: number, level: number): void {
    // Deeper than there are types: one of them has itself as a member.
    if (level > this.#offsets.length) throw new TypeCycleError()
    const out = this.#out
    const words = this.#words
    const layout = this.#layout
    const at = this.#offsets[id] as number
    const info = words[at + 1] as number
    const size = words[at + 2] as number
    const vlen = info & 0xffffff
    const flag = info >>> 31 !== 0
    const isStruct = ((info >>> 24) & 0x7f) === Kind.STRUCT
    const align = layout.alignOf(id)
    const packed = isStruct && layout.isPacked(id)
    const newline = newlines[Math.min(level + 1, MAX_INDENT)] as string
    this.structFwd(id)
    out.put(' {')
    let off = 0
    let afterBitfield = false
    const end = at + 3 + vlen * 3
    for (let m = at + 3; m < end; m += 3) {
      const type = words[m + 1] as number
      const offset = words[m + 2] as number
      const bits = flag ? offset >>> 24 : 0
      const start = flag ? offset & 0xffffff : offset | 0
      if (off < start) {
        const memberAlign = packed ? 1 : layout.alignOf(type)
        emitPadding(out, newline, layout.pointerSize, off, start, memberAlign, afterBitfield && bits !== 0)
      } else if (!packed) {
        layout.alignOf(type)
      }
      out.put(newline)
      this.declaration(type, words[m] as number, 1, level + 1)
      if (bits !== 0) {
        out.put(': ')
        out.u32(bits)
        off = start + bits
        afterBitfield = true
      } else {
        off = (start + (this.#btf.resolveSize(type) ?? 0) * 8) | 0
        afterBitfield = false
      }
      out.put(';')
    }
    if (isStruct) emitPadding(out, newline, layout.pointerSize, off, (size * 8) | 0, align, false)
    if (vlen > 0 || size > 0) out.put(newlines[Math.min(level, MAX_INDENT)] as string)
    out.put(packed ? '} __attribute__((packed))' : '}')
  }

  /** btf_dump_emit_enum_def. */
  enumDef(id: number, level: number): void {
    const out = this.#out
    const words = this.#words
    const at = this.#offsets[id] as number
    const info = words[at + 1] as number
    const vlen = info & 0xffffff
    out.put(words[at] === 0 ? 'enum' : 'enum ')
    this.#typeName(id)
    if (vlen === 0) return
    out.put(' {')
    const newline = newlines[Math.min(level + 1, MAX_INDENT)] as string
    const wide = ((info >>> 24) & 0x7f) === Kind.ENUM64
    const step = wide ? 3 : 2
    const signed = info >>> 31 !== 0
    for (let i = 0, v = at + 3; i < vlen; i++, v += step) {
      const nameOff = words[v] as number
      // Enumerators share their name space with typedefs.
      const ordinal = this.#identNames.add(nameOff)
      out.put(newline)
      out.name(nameOff)
      out.put(ordinal > 1 ? `___${ordinal} = ` : ' = ')
      if (wide) out.put(`${this.#btf.enumValue(id, i)}${signed ? 'LL' : 'ULL'}`)
      else if (signed) out.i32(words[v + 1] as number)
      else out.u32(words[v + 1] as number)
      out.put(',')
    }
    out.put(newlines[Math.min(level, MAX_INDENT)] as string)
    out.put('}')
    const size = words[at + 2] as number
    if (size === 1) out.put(' __attribute__((mode(byte)))')
    else if (size === 8 && this.#layout.pointerSize === 8 && !(wide && this.#needs64Bits(at, vlen))) {
      out.put(' __attribute__((mode(word)))')
    }
  }

  #needs64Bits(at: number, vlen: number): boolean {
    for (let v = at + 3; v < at + 3 + vlen * 3; v += 3) if (this.#words[v + 2] !== 0) return true
    return false
  }

  /** btf_dump_emit_typedef_def. */
  typedefDef(id: number): void {
    const at = this.#offsets[id] as number
    const nameOff = this.#words[at] as number
    const target = this.#words[at + 2] as number
    const ordinal = nameOff === 0 ? 1 : this.#ordinal(id, this.#identNames)
    if (target === 0 && ordinal === 1 && this.#btf.name(id) === '__gnuc_va_list') {
      this.#out.put('typedef __builtin_va_list __gnuc_va_list')
      return
    }
    this.#out.put('typedef ')
    this.declaration(target, nameOff, ordinal, 0)
  }

  /** btf_dump_emit_type_decl: a name's declaration with the type, inline where the type has no name. */
  declaration(id: number, nameOff: number | string, ordinal: number, level: number): void {
    const start = this.#top
    for (let skipped = 0; ;) {
      const at = this.#offsets[id] as number
      const kind = id === 0 ? Kind.UNKN : ((this.#words[at + 1] as number) >>> 24) & 0x7f
      if (!this.stripMods || !isModifier(kind)) this.#push(id)
      else if (++skipped > this.#offsets.length) throw new TypeCycleError()
      if (id === 0) break
      if (kind === Kind.ARRAY) {
        id = this.#words[at + 3] as number
        continue
      }
      if (isChain(kind)) {
        id = this.#words[at + 2] as number
        continue
      }
      if (!isChainEnd(kind)) this.#warn(`unexpected type in decl chain, kind:${kind}, id:[${id}]`)
      break
    }
    this.#chain(start, this.#top, nameOff, ordinal, level)
    this.#top = start
  }

  #push(id: number): void {
    if (this.#top === this.#stack.length) {
      // Real declarations are short: this is a cycle of modifiers, in which libbpf would not end.
      if (this.#top > this.#offsets.length * 2 + 1024) throw new TypeCycleError()
      const larger = new Uint32Array(this.#top * 2)
      larger.set(this.#stack)
      this.#stack = larger
    }
    this.#stack[this.#top++] = id
  }

  /** btf_dump_emit_mods: qualifiers, which C has before what isn't a pointer. @returns the new count. */
  #modifiers(start: number, count: number): number {
    for (; count > start; count--) {
      const kind = this.#kind(this.#stack[count - 1] as number)
      if (kind === Kind.VOLATILE) this.#out.put('volatile ')
      else if (kind === Kind.CONST) this.#out.put('const ')
      else if (kind === Kind.RESTRICT) this.#out.put('restrict ')
      else break
    }
    return count
  }

  /** btf_dump_drop_mods: qualifiers of arrays and functions, which some compilers make up. */
  #dropModifiers(start: number, count: number): number {
    while (count > start && isModifier(this.#kind(this.#stack[count - 1] as number))) count--
    return count
  }

  #isName(name: number | string): boolean {
    return typeof name === 'string' ? name !== '' : this.#strings[name] !== 0 && name < this.#strings.length
  }

  #finish(nameOff: number | string, ordinal: number, lastWasPtr: boolean): void {
    if (!this.#isName(nameOff)) return
    if (!lastWasPtr) this.#out.put(' ')
    this.#name(nameOff, ordinal)
  }

  /** btf_dump_emit_type_chain over stack[start..count), from its end. */
  #chain(start: number, count: number, nameOff: number | string, ordinal: number, level: number): void {
    const out = this.#out
    const words = this.#words
    let lastWasPtr = true
    while (count > start) {
      const id = this.#stack[--count] as number
      const at = this.#offsets[id] as number
      const kind = id === 0 ? -1 : ((words[at + 1] as number) >>> 24) & 0x7f
      switch (kind) {
        case -1:
          count = this.#modifiers(start, count)
          out.put('void')
          break
        case Kind.INT:
        case Kind.FLOAT:
          count = this.#modifiers(start, count)
          out.name(words[at] as number)
          break
        case Kind.STRUCT:
        case Kind.UNION:
          count = this.#modifiers(start, count)
          if (words[at] === 0) this.structDef(id, level)
          else this.structFwd(id)
          break
        case Kind.ENUM:
        case Kind.ENUM64:
          count = this.#modifiers(start, count)
          if (words[at] === 0) {
            this.enumDef(id, level)
          } else {
            out.put('enum ')
            this.#typeName(id)
          }
          break
        case Kind.FWD:
          count = this.#modifiers(start, count)
          this.fwdDef(id)
          break
        case Kind.TYPEDEF:
          count = this.#modifiers(start, count)
          if (words[at] !== 0) this.#name(words[at] as number, this.#ordinal(id, this.#identNames))
          break
        case Kind.PTR:
          out.put(lastWasPtr ? '*' : ' *')
          break
        case Kind.VOLATILE:
          out.put(' volatile')
          break
        case Kind.CONST:
          out.put(' const')
          break
        case Kind.RESTRICT:
          out.put(' restrict')
          break
        case Kind.TYPE_TAG:
          count = this.#modifiers(start, count)
          out.put((words[at + 1] as number) >>> 31 ? ' __attribute__((' : ' __attribute__((btf_type_tag("')
          out.name(words[at] as number)
          out.put((words[at + 1] as number) >>> 31 ? '))' : '")))')
          break
        case Kind.ARRAY:
          this.#array(start, count, at, nameOff, ordinal, level, lastWasPtr)
          return
        case Kind.FUNC_PROTO:
          this.#function(start, count, at, nameOff, ordinal, level, lastWasPtr)
          return
        default:
          this.#warn(`unexpected type in decl chain, kind:${kind}, id:[${id}]`)
          return
      }
      lastWasPtr = kind === Kind.PTR
    }
    this.#finish(nameOff, ordinal, lastWasPtr)
  }

  #array(
    start: number,
    count: number,
    at: number,
    nameOff: number | string,
    ordinal: number,
    level: number,
    lastWasPtr: boolean,
  ): void {
    const out = this.#out
    count = this.#dropModifiers(start, count)
    if (count === start) {
      this.#finish(nameOff, ordinal, lastWasPtr)
    } else {
      const multidimensional = this.#kind(this.#stack[count - 1] as number) === Kind.ARRAY
      if (!lastWasPtr && this.#isName(nameOff)) out.put(' ')
      if (!multidimensional) out.put('(')
      this.#chain(start, count, nameOff, ordinal, level)
      if (!multidimensional) out.put(')')
    }
    out.put('[')
    out.u32(this.#words[at + 5] as number)
    out.put(']')
  }

  #function(
    start: number,
    count: number,
    at: number,
    nameOff: number | string,
    ordinal: number,
    level: number,
    lastWasPtr: boolean,
  ): void {
    const out = this.#out
    const words = this.#words
    count = this.#dropModifiers(start, count)
    if (count > start) {
      out.put(' (')
      this.#chain(start, count, nameOff, ordinal, level)
      out.put(')')
    } else {
      this.#finish(nameOff, ordinal, lastWasPtr)
    }
    out.put('(')
    const vlen = (words[at + 1] as number) & 0xffffff
    if (vlen === 0 || (vlen === 1 && words[at + 4] === 0)) {
      out.put('void)')
      return
    }
    for (let i = 0, p = at + 3; i < vlen; i++, p += 2) {
      if (i > 0) out.put(', ')
      const type = words[p + 1] as number
      if (i === vlen - 1 && type === 0) out.put('...')
      else this.declaration(type, words[p] as number, 1, level)
    }
    out.put(')')
  }
}

/** btf_is_mod. */
function isModifier(kind: number): boolean {
  return (kind >= Kind.VOLATILE && kind <= Kind.RESTRICT) || kind === Kind.TYPE_TAG
}

function isChain(kind: number): boolean {
  return kind === Kind.PTR || kind === Kind.FUNC_PROTO || isModifier(kind)
}

function isChainEnd(kind: number): boolean {
  return (
    kind === Kind.INT || (kind >= Kind.STRUCT && kind <= Kind.TYPEDEF) || kind === Kind.FLOAT || kind === Kind.ENUM64
  )
}
