import { BtfError } from './error.ts'
import { EssentialIndex } from './essential.ts'
import { flatten } from './flat.ts'
import { Kind } from './kinds.ts'
import { NameIndex } from './names.ts'
import { parseSections } from './parse.ts'
import { MAX_RESOLVE_DEPTH, resolveSize } from './resolve-size.ts'
import { checkTypes } from './sanity.ts'
import type { BtfLogLine } from './error.ts'
import type { FlatBtf } from './flat.ts'
import type { KindLayout, Sections } from './parse.ts'

export { BtfError, TypeCycleError } from './error.ts'
export type { BtfLogLine } from './error.ts'
export { FuncLinkage, IntEncoding, Kind, VarLinkage } from './kinds.ts'

/** libbpf's determine_ptr_size knows an architecture's pointer size by that of long. */
const longNames: ReadonlySet<string> = new Set([
  'long',
  'long int',
  'int long',
  'unsigned long',
  'long unsigned',
  'unsigned long int',
  'unsigned int long',
  'long unsigned int',
  'long int unsigned',
  'int unsigned long',
  'int long unsigned',
])

/**
 * Type information, as libbpf's struct btf: the words of the type section in the host's byte order, strings decoded
 * when asked for. Type ids count from 1; 0 is void. Of split BTF, ids and string offsets go on where the base's end.
 *
 * Ids must be below `typeCount` (see `has`); an accessor that doesn't fit the type's kind reads whatever is there.
 */
export class Btf {
  readonly base: Btf | undefined
  readonly littleEndian: boolean
  /** What libbpf logs of BTF that it accepts. */
  readonly lines: readonly BtfLogLine[]
  /** First id that isn't the base's; 1 without a base. */
  readonly startId: number
  /** One more than the highest id (btf__type_cnt). */
  readonly typeCount: number
  /** @internal The kind layout section, for kinds that aren't known. */
  readonly layout: KindLayout | undefined
  readonly #words: Uint32Array
  readonly #offsets: Uint32Array
  readonly #strings: Uint8Array
  readonly #startStr: number
  #names: NameIndex | undefined
  #essential: EssentialIndex | undefined
  #flat: FlatBtf | undefined
  #pointerSize: number | undefined
  readonly #decoded = new Map<number, string>()

  /** @throws BtfError as libbpf's btf_new refuses it. */
  static parse(bytes: Uint8Array, base?: Btf): Btf {
    const lines: BtfLogLine[] = []
    try {
      const sections = parseSections(bytes, base, lines)
      const btf = new Btf(sections, base, lines)
      const { startId, typeCount, stringsEnd } = btf
      checkTypes({ ...sections, startId, typeCount, stringsEnd, kind: (id) => btf.kind(id) }, sections.reach)
      return btf
    } catch (error) {
      if (error instanceof BtfError && lines.length > 0) throw new BtfError(error.errno, [...lines, ...error.lines])
      throw error
    }
  }

  /** Of sections that somebody else has checked: the kernel, which has its own rules. */
  static trusted(sections: Sections): Btf {
    return new Btf(sections, undefined, [])
  }

  private constructor(sections: Sections, base: Btf | undefined, lines: readonly BtfLogLine[]) {
    this.lines = lines
    this.base = base
    this.littleEndian = sections.littleEndian
    this.layout = sections.layout
    this.startId = base?.typeCount ?? 1
    this.typeCount = this.startId + sections.count - 1
    this.#words = sections.words
    this.#offsets = sections.offsets
    this.#strings = sections.strings
    this.#startStr = base?.stringsEnd ?? 0
  }

  /** First string offset past this BTF's own. */
  get stringsEnd(): number {
    return this.#startStr + this.#strings.length
  }

  has(id: number): boolean {
    return id < this.typeCount
  }

  #word(id: number, i: number): number {
    if (id >= this.startId) return this.#words[(this.#offsets[id - this.startId + 1] as number) + i] as number
    return id === 0 ? 0 : (this.base as Btf).#word(id, i)
  }

  nameOff(id: number): number {
    return this.#word(id, 0)
  }

  name(id: number): string {
    return this.string(this.#word(id, 0))
  }

  kind(id: number): number {
    return (this.#word(id, 1) >>> 24) & 0x7f
  }

  vlen(id: number): number {
    return this.#word(id, 1) & 0xffffff
  }

  kflag(id: number): boolean {
    return this.#word(id, 1) >>> 31 !== 0
  }

  /** The raw third word: a size in bytes or a type id, as the kind has it. */
  sizeOrType(id: number): number {
    return this.#word(id, 2)
  }

  size(id: number): number {
    return this.#word(id, 2)
  }

  type(id: number): number {
    return this.#word(id, 2)
  }

  memberNameOff(id: number, i: number): number {
    return this.#word(id, 3 + i * 3)
  }

  memberName(id: number, i: number): string {
    return this.string(this.#word(id, 3 + i * 3))
  }

  memberType(id: number, i: number): number {
    return this.#word(id, 4 + i * 3)
  }

  /** btf_member.offset as it stands. */
  memberOffset(id: number, i: number): number {
    return this.#word(id, 5 + i * 3)
  }

  memberBitOffset(id: number, i: number): number {
    const offset = this.#word(id, 5 + i * 3)
    return this.kflag(id) ? offset & 0xffffff : offset
  }

  /** Bits of a bit field; 0 for other members. */
  memberBitfieldSize(id: number, i: number): number {
    return this.kflag(id) ? this.#word(id, 5 + i * 3) >>> 24 : 0
  }

  enumNameOff(id: number, i: number): number {
    return this.#word(id, 3 + i * (this.kind(id) === Kind.ENUM64 ? 3 : 2))
  }

  enumName(id: number, i: number): string {
    return this.string(this.enumNameOff(id, i))
  }

  /** Signed where the type's kind flag says so; bigint for ENUM64. */
  enumValue(id: number, i: number): number | bigint {
    if (this.kind(id) !== Kind.ENUM64) {
      const value = this.#word(id, 4 + i * 2)
      return this.kflag(id) ? value | 0 : value
    }
    const value = (BigInt(this.#word(id, 5 + i * 3)) << 32n) | BigInt(this.#word(id, 4 + i * 3))
    return this.kflag(id) ? BigInt.asIntN(64, value) : value
  }

  enum64Low(id: number, i: number): number {
    return this.#word(id, 4 + i * 3)
  }

  enum64High(id: number, i: number): number {
    return this.#word(id, 5 + i * 3)
  }

  arrayElem(id: number): number {
    return this.#word(id, 3)
  }

  arrayIndexType(id: number): number {
    return this.#word(id, 4)
  }

  arrayLength(id: number): number {
    return this.#word(id, 5)
  }

  /** Encoding, offset and bits of an integer in one word. */
  intData(id: number): number {
    return this.#word(id, 3)
  }

  /** IntEncoding bits. */
  intEncoding(id: number): number {
    return (this.#word(id, 3) >>> 24) & 0xf
  }

  intOffset(id: number): number {
    return (this.#word(id, 3) >>> 16) & 0xff
  }

  intBits(id: number): number {
    return this.#word(id, 3) & 0xff
  }

  paramNameOff(id: number, i: number): number {
    return this.#word(id, 3 + i * 2)
  }

  paramName(id: number, i: number): string {
    return this.string(this.#word(id, 3 + i * 2))
  }

  paramType(id: number, i: number): number {
    return this.#word(id, 4 + i * 2)
  }

  varLinkage(id: number): number {
    return this.#word(id, 3)
  }

  funcLinkage(id: number): number {
    return this.vlen(id)
  }

  secVarType(id: number, i: number): number {
    return this.#word(id, 3 + i * 3)
  }

  secVarOffset(id: number, i: number): number {
    return this.#word(id, 4 + i * 3)
  }

  secVarSize(id: number, i: number): number {
    return this.#word(id, 5 + i * 3)
  }

  /** The tagged member or parameter; -1: the type itself. */
  declTagIndex(id: number): number {
    return this.#word(id, 3) | 0
  }

  /** All that the dumpers read in their loops: the base's part and its own as one. */
  flat(): FlatBtf {
    return (this.#flat ??= flatten(this.base?.flat(), {
      words: this.#words,
      offsets: this.#offsets,
      strings: this.#strings,
    }))
  }

  hasString(off: number): boolean {
    return off < this.stringsEnd
  }

  /** btf__name_by_offset; empty where there is no such string. */
  string(off: number): string {
    if (off < this.#startStr) return (this.base as Btf).string(off)
    const at = off - this.#startStr
    const known = this.#decoded.get(at)
    if (known !== undefined) return known
    const bytes = this.#strings
    let text = ''
    let i = at
    for (; i < bytes.length; i++) {
      const c = bytes[i] as number
      if (c === 0) break
      if (c >= 0x80) {
        const end = bytes.indexOf(0, i)
        text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(at, end < 0 ? bytes.length : end))
        break
      }
      text += String.fromCharCode(c)
    }
    if (at < bytes.length) this.#decoded.set(at, text)
    return text
  }

  /** btf__find_by_name_kind: the first type of that name and kind, the base's before its own. */
  findByNameKind(name: string, kind: number): number | undefined {
    if (kind === Kind.UNKN || name === 'void') return 0
    return this.base?.findByNameKind(name, kind) ?? this.findOwnByNameKind(name, kind)
  }

  /** btf__find_by_name_kind_own: not in the base. */
  findOwnByNameKind(name: string, kind: number): number | undefined {
    this.#names ??= new NameIndex(this, this.#strings, this.#startStr)
    return this.#names.find(name, kind)
  }

  /** Own types whose names without `___flavour` are this one, in order. */
  idsOfEssentialName(name: string): number[] {
    const own = { words: this.#words, offsets: this.#offsets, strings: this.#strings }
    this.#essential ??= new EssentialIndex(this, own, this.#startStr)
    return this.#essential.ids(name)
  }

  /** Size of a pointer, guessed from that of `long`; 0 where nothing tells. `setPointerSize` overrides the guess. */
  get pointerSize(): number {
    if (this.#pointerSize !== undefined) return this.#pointerSize
    return (this.#pointerSize = this.#guessPointerSize())
  }

  setPointerSize(size: 4 | 8): void {
    this.#pointerSize = size
  }

  #guessPointerSize(): number {
    const inherited = this.base?.pointerSize
    if (inherited) return inherited
    for (let id = this.startId; id < this.typeCount; id++) {
      if (this.kind(id) !== Kind.INT) continue
      const size = this.size(id)
      if ((size === 4 || size === 8) && longNames.has(this.name(id))) return size
    }
    return 0
  }

  /** btf__resolve_size: bytes of a value of the type; undefined where it has no size. */
  resolveSize(id: number): number | undefined {
    if (!this.has(id)) return undefined
    const size = resolveSize(this, id, this.pointerSize || 8)
    return size < 0 ? undefined : size
  }

  /** btf__resolve_type: past modifiers, typedefs and variables; undefined at void or after 32 steps. */
  resolveType(id: number): number | undefined {
    for (let depth = 0; depth < MAX_RESOLVE_DEPTH; depth++) {
      if (id === 0 || !this.has(id)) return undefined
      const kind = this.kind(id)
      if (kind === Kind.FWD) return undefined
      if (!isModifierOrTypedef(kind) && kind !== Kind.VAR) return id
      id = this.type(id)
    }
    return undefined
  }

  /** skip_mods_and_typedefs; ends at void in a cycle of them. */
  skipModsAndTypedefs(id: number): number {
    for (let depth = 0; isModifierOrTypedef(this.kind(id)); depth++) {
      if (depth > this.typeCount) return 0
      id = this.type(id)
    }
    return id
  }
}

/** btf_is_mod or btf_is_typedef. */
export function isModifierOrTypedef(kind: number): boolean {
  return (kind >= Kind.TYPEDEF && kind <= Kind.RESTRICT) || kind === Kind.TYPE_TAG
}
