import { MAX_RESOLVE_DEPTH, resolveSize } from '../btf/resolve-size.ts'
import { Errno } from '../uapi/errno.ts'
import { latin1 } from './elf.ts'
import { LibbpfError } from './error.ts'
import type { Log } from './log.ts'

export const BtfKind = {
  VOID: 0,
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const

const kindNames = [
  'void',
  'int',
  'ptr',
  'array',
  'struct',
  'union',
  'enum',
  'fwd',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'func',
  'func_proto',
  'var',
  'datasec',
  'float',
  'decl_tag',
  'type_tag',
  'enum64',
]

/** btf_kind_str. */
export function kindName(kind: number): string {
  return kindNames[kind] ?? 'unknown'
}

/** Bytes after the 12 that every type has: [fixed, per element]. */
const layout: readonly (readonly [number, number])[] = [
  [0, 0],
  [4, 0],
  [0, 0],
  [12, 0],
  [0, 12],
  [0, 12],
  [0, 8],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 8],
  [4, 0],
  [0, 12],
  [0, 0],
  [4, 0],
  [0, 0],
  [0, 12],
]

const MAGIC = 0xeb9f
const HEADER_SIZE = 24

export const VarLinkage = { STATIC: 0, GLOBAL: 1, EXTERN: 2 } as const
export const FuncLinkage = { STATIC: 0, GLOBAL: 1, EXTERN: 2 } as const

/**
 * BTF as libbpf holds it while it opens an object: in the host's byte order, checked, and open to the changes that
 * libbpf makes before the kernel gets it (sections get sizes, externs become variables, functions become static).
 * Type ids start at 1; 0 is void.
 */
export class ObjectBtf {
  #types: Uint8Array
  #view: DataView
  #strings: Uint8Array
  #raw: Uint8Array | undefined
  #header: Uint8Array
  /** Where each type starts, by id; [0] is unused. */
  #offsets: Uint32Array
  #count: number
  #byName: Map<string, number[]> | undefined
  readonly #aligns = new Map<number, number>()

  private constructor(raw: Uint8Array, header: Uint8Array, types: Uint8Array, strings: Uint8Array, offsets: number[]) {
    this.#raw = raw
    this.#header = header
    this.#types = types
    this.#view = new DataView(types.buffer, types.byteOffset, types.byteLength)
    this.#strings = strings
    this.#offsets = Uint32Array.from(offsets)
    this.#count = offsets.length
  }

  /** btf__new: copies, turns to little-endian and checks. @throws LibbpfError. */
  static parse(bytes: Uint8Array, log: Log): ObjectBtf {
    const bad = (message: () => string): never => {
      log.debug(message)
      throw new LibbpfError(Errno.EINVAL)
    }
    if (bytes.length < HEADER_SIZE) bad(() => 'BTF header not found')
    const raw = bytes.slice()
    const view = new DataView(raw.buffer)
    const magic = view.getUint16(0, true)
    const swapped = magic === 0x9feb
    if (!swapped && magic !== MAGIC) bad(() => `Invalid BTF magic: ${magic.toString(16)}`)
    const u32 = (at: number): number => view.getUint32(at, !swapped)
    const headerLength = u32(4)
    if (swapped && headerLength < HEADER_SIZE) {
      log.warn(`Can't load BTF with non-native endianness due to unsupported header length ${headerLength}`)
      throw new LibbpfError(Errno.ENOTSUP)
    }
    if (raw.length < headerLength) {
      bad(() => `BTF header len ${headerLength} larger than data size ${raw.length}`)
    }
    const field = (at: number): number => (at + 4 <= headerLength ? u32(at) : 0)
    const [typeOff, typeLen, strOff, strLen] = [field(8), field(12), field(16), field(20)]
    const [layoutOff, layoutLen] = [field(24), field(28)]
    if (raw.length - headerLength < strOff + strLen) bad(() => `Invalid BTF total size: ${raw.length}`)
    if (typeOff + typeLen > strOff) {
      bad(
        () =>
          `Invalid BTF data sections layout: type data at ${typeOff} + ${typeLen}, strings data at ${strOff} + ${strLen}`,
      )
    }
    if (typeOff % 4) bad(() => 'BTF type section is not aligned to 4 bytes')
    if (layoutLen !== 0) {
      if (layoutOff % 4) bad(() => 'BTF layout section is not aligned to 4 bytes')
      if (layoutOff < typeOff + typeLen) {
        bad(
          () =>
            `Invalid BTF data sections layout: type data at ${typeOff} + ${typeLen},  layout data at ${layoutOff} + ${layoutLen}`,
        )
      }
      if (layoutOff + layoutLen > strOff) {
        bad(
          () =>
            `Invalid BTF data sections layout: layout data at ${layoutOff} + ${layoutLen}, strings data at ${strOff}`,
        )
      }
    }
    const stringsAt = headerLength + strOff
    if (strLen === 0 || strLen - 1 > 0x7fff_ffff || raw[stringsAt + strLen - 1] !== 0) {
      bad(() => 'Invalid BTF string section')
    }
    if (raw[stringsAt] !== 0) bad(() => 'Malformed BTF string section, did you forget to provide base BTF?')
    if (swapped) {
      view.setUint16(0, MAGIC, true)
      for (let at = 4; at + 4 <= Math.min(headerLength, 32); at += 4)
        view.setUint32(at, view.getUint32(at, false), true)
    }
    const typesAt = headerLength + typeOff
    const types = raw.subarray(typesAt, typesAt + typeLen)
    const offsets = findTypes(new DataView(raw.buffer, typesAt, typeLen), swapped, log)
    const strings = raw.subarray(stringsAt, stringsAt + strLen)
    const btf = new ObjectBtf(raw, raw.subarray(0, headerLength), types, strings, offsets)
    btf.#check(log)
    return btf
  }

  /** btf_sanity_check. */
  #check(log: Log): void {
    const refuse = (message: string): never => {
      log.warn(message)
      throw new LibbpfError(Errno.EINVAL)
    }
    const text = (id: number, off: number, what: string): void => {
      if (off >= this.#strings.length) refuse(`btf: type [${id}]: invalid ${what} (string offset ${off})`)
    }
    const ref = (id: number, to: number): void => {
      if (to >= this.#count) refuse(`btf: type [${id}]: invalid referenced type ID ${to}`)
    }
    for (let id = 1; id < this.#count; id++) {
      text(id, this.nameOff(id), 'type name')
      const kind = this.kind(id)
      const vlen = this.vlen(id)
      const at = (this.#offsets[id] as number) + 12
      switch (kind) {
        case BtfKind.PTR:
        case BtfKind.TYPEDEF:
        case BtfKind.VOLATILE:
        case BtfKind.CONST:
        case BtfKind.RESTRICT:
        case BtfKind.VAR:
        case BtfKind.DECL_TAG:
        case BtfKind.TYPE_TAG:
          ref(id, this.type(id))
          break
        case BtfKind.ARRAY:
          ref(id, this.arrayElem(id))
          ref(id, this.arrayIndexType(id))
          break
        case BtfKind.STRUCT:
        case BtfKind.UNION:
          for (let i = 0; i < vlen; i++) {
            text(id, this.#view.getUint32(at + i * 12, true), 'field name')
            ref(id, this.memberType(id, i))
          }
          break
        case BtfKind.ENUM:
        case BtfKind.ENUM64:
          for (let i = 0; i < vlen; i++) {
            text(id, this.#view.getUint32(at + i * (kind === BtfKind.ENUM ? 8 : 12), true), 'enum name')
          }
          break
        case BtfKind.FUNC:
          ref(id, this.type(id))
          if (this.kind(this.type(id)) !== BtfKind.FUNC_PROTO) {
            refuse(`btf: type [${id}]: referenced type [${this.type(id)}] is not FUNC_PROTO`)
          }
          break
        case BtfKind.FUNC_PROTO:
          for (let i = 0; i < vlen; i++) {
            text(id, this.#view.getUint32(at + i * 8, true), 'param name')
            ref(id, this.paramType(id, i))
          }
          break
        case BtfKind.DATASEC:
          for (let i = 0; i < vlen; i++) ref(id, this.secVarType(id, i))
          break
        default:
      }
    }
  }

  /** Ids run from 1 to typeCount - 1. */
  get typeCount(): number {
    return this.#count
  }

  #at(id: number): number {
    return this.#offsets[id] as number
  }

  #get(id: number, offset: number): number {
    return id === 0 ? 0 : this.#view.getUint32(this.#at(id) + offset, true)
  }

  #set(id: number, offset: number, value: number): void {
    this.#view.setUint32(this.#at(id) + offset, value, true)
  }

  nameOff(id: number): number {
    return this.#get(id, 0)
  }

  name(id: number): string {
    return this.string(this.nameOff(id))
  }

  string(off: number): string {
    if (off >= this.#strings.length) return ''
    return latin1(this.#strings, off, this.#strings.indexOf(0, off))
  }

  hasString(off: number): boolean {
    return off < this.#strings.length
  }

  kind(id: number): number {
    return (this.#get(id, 4) >>> 24) & 0x7f
  }

  vlen(id: number): number {
    return this.#get(id, 4) & 0xff_ffff
  }

  kflag(id: number): boolean {
    return this.#get(id, 4) >>> 31 === 1
  }

  size(id: number): number {
    return this.#get(id, 8)
  }

  type(id: number): number {
    return this.#get(id, 8)
  }

  memberName(id: number, i: number): string {
    return this.string(this.memberNameOff(id, i))
  }

  memberNameOff(id: number, i: number): number {
    return this.#get(id, 12 + i * 12)
  }

  memberType(id: number, i: number): number {
    return this.#get(id, 16 + i * 12)
  }

  memberBitOffset(id: number, i: number): number {
    const offset = this.#get(id, 20 + i * 12)
    return this.kflag(id) ? offset & 0xff_ffff : offset
  }

  memberBitfieldSize(id: number, i: number): number {
    return this.kflag(id) ? this.#get(id, 20 + i * 12) >>> 24 : 0
  }

  #enumAt(id: number, i: number): number {
    return 12 + i * (this.kind(id) === BtfKind.ENUM ? 8 : 12)
  }

  enumName(id: number, i: number): string {
    return this.string(this.#get(id, this.#enumAt(id, i)))
  }

  /** A 32-bit enumerator signed as C's `__s32 val`, a 64-bit one as its two words say. */
  enumValue(id: number, i: number): bigint {
    const at = this.#enumAt(id, i)
    const low = this.#get(id, at + 4)
    if (this.kind(id) === BtfKind.ENUM) return BigInt(low | 0)
    return (BigInt(this.#get(id, at + 8)) << 32n) | BigInt(low)
  }

  arrayElem(id: number): number {
    return this.#get(id, 12)
  }

  arrayIndexType(id: number): number {
    return this.#get(id, 16)
  }

  arrayLength(id: number): number {
    return this.#get(id, 20)
  }

  intEncoding(id: number): number {
    return (this.#get(id, 12) >>> 24) & 15
  }

  intOffset(id: number): number {
    return (this.#get(id, 12) >>> 16) & 0xff
  }

  intBits(id: number): number {
    return this.#get(id, 12) & 0xff
  }

  paramNameOff(id: number, i: number): number {
    return this.#get(id, 12 + i * 8)
  }

  paramType(id: number, i: number): number {
    return this.#get(id, 16 + i * 8)
  }

  varLinkage(id: number): number {
    return this.#get(id, 12)
  }

  funcLinkage(id: number): number {
    return this.vlen(id)
  }

  declTagIndex(id: number): number {
    return this.#get(id, 12) | 0
  }

  secVarType(id: number, i: number): number {
    return this.#get(id, 12 + i * 12)
  }

  secVarOffset(id: number, i: number): number {
    return this.#get(id, 16 + i * 12)
  }

  secVarSize(id: number, i: number): number {
    return this.#get(id, 20 + i * 12)
  }

  /** All ids of a name, in order; kept, since objects ask often. */
  idsNamed(name: string): readonly number[] {
    if (this.#byName === undefined) {
      this.#byName = new Map()
      for (let id = 1; id < this.#count; id++) {
        const its = this.name(id)
        const ids = this.#byName.get(its)
        if (ids === undefined) this.#byName.set(its, [id])
        else ids.push(id)
      }
    }
    return this.#byName.get(name) ?? []
  }

  findByName(name: string): number | undefined {
    return this.idsNamed(name)[0]
  }

  findByNameKind(name: string, kind: number): number | undefined {
    return this.idsNamed(name).find((id) => this.kind(id) === kind)
  }

  /** skip_mods_and_typedefs; 0 where it ends in void. A circle of modifiers ends, as void, after as many steps as there are types. */
  skipModsAndTypedefs(id: number): number {
    for (let steps = 0; steps < this.#count; steps++) {
      switch (this.kind(id)) {
        case BtfKind.TYPEDEF:
        case BtfKind.VOLATILE:
        case BtfKind.CONST:
        case BtfKind.RESTRICT:
        case BtfKind.TYPE_TAG:
          id = this.type(id)
          break
        default:
          return id
      }
    }
    return 0
  }

  /** btf__resolve_size: bytes, or a negative errno. */
  resolveSize(id: number): number {
    return resolveSize(this, id)
  }

  /** btf__resolve_type: past modifiers, typedefs and variables; undefined where nothing is there. */
  resolveType(id: number): number | undefined {
    for (let depth = 0; depth < MAX_RESOLVE_DEPTH; depth++) {
      switch (this.kind(id)) {
        case BtfKind.TYPEDEF:
        case BtfKind.VOLATILE:
        case BtfKind.CONST:
        case BtfKind.RESTRICT:
        case BtfKind.TYPE_TAG:
        case BtfKind.VAR:
          id = this.type(id)
          break
        case BtfKind.VOID:
        case BtfKind.FWD:
          return undefined
        default:
          return id
      }
    }
    return undefined
  }

  /** btf__align_of; 0 where it can't be told. */
  alignOf(id: number, log: Log, depth = 0): number {
    if (depth > MAX_RESOLVE_DEPTH) return 0
    const known = this.#aligns.get(id)
    if (known !== undefined) return known
    const align = this.#findAlign(id, log, depth)
    this.#aligns.set(id, align)
    return align
  }

  #findAlign(id: number, log: Log, depth: number): number {
    switch (this.kind(id)) {
      case BtfKind.INT:
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
      case BtfKind.FLOAT:
        return Math.min(8, this.size(id))
      case BtfKind.PTR:
        return 8
      case BtfKind.TYPEDEF:
      case BtfKind.VOLATILE:
      case BtfKind.CONST:
      case BtfKind.RESTRICT:
      case BtfKind.TYPE_TAG:
        return this.alignOf(this.type(id), log, depth + 1)
      case BtfKind.ARRAY:
        return this.alignOf(this.arrayElem(id), log, depth + 1)
      case BtfKind.STRUCT:
      case BtfKind.UNION: {
        let most = 1
        for (let i = 0; i < this.vlen(id); i++) {
          const align = this.alignOf(this.memberType(id, i), log, depth + 1)
          if (align <= 0) return align
          most = Math.max(most, align)
          if (this.memberBitfieldSize(id, i) === 0 && this.memberBitOffset(id, i) % (8 * align) !== 0) return 1
        }
        return this.size(id) % most === 0 ? most : 1
      }
      default:
        log.warn(`unsupported BTF_KIND:${this.kind(id)}`)
        return 0
    }
  }

  // Changes. Names and counts never change here, so the index of names stays good but for added types.

  setSize(id: number, size: number): void {
    this.#set(id, 8, size)
  }

  setType(id: number, type: number): void {
    this.#set(id, 8, type)
  }

  setVarLinkage(id: number, linkage: number): void {
    this.#set(id, 12, linkage)
  }

  setFuncLinkage(id: number, linkage: number): void {
    this.#set(id, 4, ((this.#get(id, 4) & ~0xffff) | linkage) >>> 0)
  }

  setParamNameOff(id: number, i: number, off: number): void {
    this.#set(id, 12 + i * 8, off)
  }

  setSecVar(id: number, i: number, type: number, offset: number, size: number): void {
    this.#set(id, 12 + i * 12, type)
    this.#set(id, 16 + i * 12, offset)
    this.#set(id, 20 + i * 12, size)
  }

  /** Orders a DATASEC's variables by offset; equal ones keep their order, as with glibc's merge sort. */
  sortSecVars(id: number): void {
    const vars = Array.from({ length: this.vlen(id) }, (_, i) => [
      this.secVarType(id, i),
      this.secVarOffset(id, i),
      this.secVarSize(id, i),
    ])
    vars.sort((a, b) => ((a[1] as number) - (b[1] as number)) | 0)
    vars.forEach(([type, offset, size], i) => {
      this.setSecVar(id, i, type as number, offset as number, size as number)
    })
  }

  /** Makes another type of one, of as many words; its name goes unless `named`. */
  setKind(id: number, kind: number, vlen: number, named: boolean): void {
    if (!named) this.#set(id, 0, 0)
    this.#set(id, 4, (((kind << 24) >>> 0) | vlen) >>> 0)
  }

  /** The word behind a type's first three. */
  setExtra(id: number, value: number): void {
    this.#set(id, 12, value)
  }

  setMember(id: number, i: number, type: number, offset: number): void {
    this.#set(id, 16 + i * 12, type)
    this.#set(id, 20 + i * 12, offset)
  }

  /** btf__add_int. @returns the new type's id. */
  addInt(name: string, size: number): number {
    return this.#addType(name, BtfKind.INT, size, size * 8)
  }

  /** btf__add_var. @returns the new type's id. */
  addVar(name: string, linkage: number, type: number): number {
    return this.#addType(name, BtfKind.VAR, type, linkage)
  }

  #addType(name: string, kind: number, type: number, extra: number): number {
    const nameOff = this.#addString(name)
    const types = new Uint8Array(this.#types.length + 16)
    types.set(this.#types)
    const view = new DataView(types.buffer)
    const at = this.#types.length
    view.setUint32(at, nameOff, true)
    view.setUint32(at + 4, kind << 24, true)
    view.setUint32(at + 8, type, true)
    view.setUint32(at + 12, extra, true)
    this.#types = types
    this.#view = view
    const offsets = new Uint32Array(this.#count + 1)
    offsets.set(this.#offsets)
    offsets[this.#count] = at
    this.#offsets = offsets
    this.#byName = undefined
    this.#raw = undefined
    return this.#count++
  }

  #addString(text: string): number {
    const wanted = Uint8Array.from([...text].map((c) => c.charCodeAt(0)))
    for (let off = 0; off < this.#strings.length; off = this.#strings.indexOf(0, off) + 1) {
      const end = this.#strings.indexOf(0, off)
      if (end - off === wanted.length && wanted.every((byte, i) => this.#strings[off + i] === byte)) return off
    }
    const off = this.#strings.length
    const strings = new Uint8Array(off + wanted.length + 1)
    strings.set(this.#strings)
    strings.set(wanted, off)
    this.#strings = strings
    return off
  }

  /** btf__raw_data: what the kernel gets. @param swapped in big-endian byte order. */
  rawData(swapped = false): Uint8Array {
    if (swapped) return this.#swappedData()
    if (this.#raw !== undefined) return this.#raw
    const raw = new Uint8Array(HEADER_SIZE + this.#types.length + this.#strings.length)
    raw.set(this.#header.subarray(0, HEADER_SIZE))
    const view = new DataView(raw.buffer)
    view.setUint32(4, HEADER_SIZE, true)
    view.setUint32(8, 0, true)
    view.setUint32(12, this.#types.length, true)
    view.setUint32(16, this.#types.length, true)
    view.setUint32(20, this.#strings.length, true)
    raw.set(this.#types, HEADER_SIZE)
    raw.set(this.#strings, HEADER_SIZE + this.#types.length)
    return raw
  }

  #swappedData(): Uint8Array {
    const raw = this.rawData().slice()
    const view = new DataView(raw.buffer)
    const header = view.getUint32(4, true)
    const types = header + view.getUint32(8, true)
    view.setUint16(0, MAGIC, false)
    for (let at = 4; at < Math.min(header, 32); at += 4) view.setUint32(at, view.getUint32(at, true), false)
    for (let at = types; at < types + this.#types.length; at += 4) view.setUint32(at, view.getUint32(at, true), false)
    return raw
  }
}

/** btf_parse_type_sec: where the types start, turning them to little-endian on the way. */
function findTypes(view: DataView, swapped: boolean, log: Log): number[] {
  const offsets = [0]
  let at = 0
  while (at + 12 <= view.byteLength) {
    if (swapped) swap(view, at, 12)
    const info = view.getUint32(at + 4, true)
    const kind = (info >>> 24) & 0x7f
    const shape = layout[kind]
    if (shape === undefined || kind === BtfKind.VOID) {
      log.debug(() => `Unsupported BTF_KIND: ${kind}`)
      throw new LibbpfError(Errno.EINVAL)
    }
    const rest = shape[0] + shape[1] * (info & 0xff_ffff)
    if (at + 12 + rest > view.byteLength) {
      log.warn(`BTF type [${offsets.length}] is malformed`)
      throw new LibbpfError(Errno.EINVAL)
    }
    if (swapped) swap(view, at + 12, rest)
    offsets.push(at)
    at += 12 + rest
  }
  if (at !== view.byteLength) {
    log.warn('BTF types data is malformed')
    throw new LibbpfError(Errno.EINVAL)
  }
  return offsets
}

function swap(view: DataView, at: number, length: number): void {
  for (let i = at; i < at + length; i += 4) view.setUint32(i, view.getUint32(i, false), true)
}
