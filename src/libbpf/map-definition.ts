import { Errno } from '../uapi/errno.ts'
import { MapType } from '../uapi/map-type.ts'
import { LibbpfError } from './error.ts'
import type { Log } from './log.ts'
import { BtfKind, kindName } from './object-btf.ts'
import type { ObjectBtf } from './object-btf.ts'

/** What of an object's types a definition is read with. */
export type DefinitionTypes = Pick<
  ObjectBtf,
  | 'kind'
  | 'vlen'
  | 'type'
  | 'memberName'
  | 'memberType'
  | 'skipModsAndTypedefs'
  | 'arrayElem'
  | 'arrayLength'
  | 'enumValue'
  | 'resolveSize'
>

/** struct btf_map_def: what a variable of `.maps` says of its map. A part left out is undefined. */
export interface BtfMapDef {
  mapType: number
  keySize: number | undefined
  keyTypeId: number | undefined
  valueSize: number | undefined
  valueTypeId: number | undefined
  maxEntries: number | undefined
  mapFlags: number | undefined
  numaNode: number | undefined
  pinning: number | undefined
  mapExtra: bigint | undefined
  inner: BtfMapDef | undefined
  /** Whether `values` set a size of four without saying so as a part of its own. */
  typeGiven: boolean
  valueSizeImplied: boolean
}

export const PIN_NONE = 0
export const PIN_BY_NAME = 1

/** parse_btf_map_def. @throws LibbpfError after saying what's wrong. */
export function parseMapDefinition(
  name: string,
  btf: DefinitionTypes,
  defId: number,
  strict: boolean,
  log: Log,
): BtfMapDef {
  return new Parser(name, btf, strict, log, false).parse(defId)
}

class Parser {
  readonly #name: string
  readonly #btf: DefinitionTypes
  readonly #strict: boolean
  readonly #log: Log
  readonly #inner: boolean
  readonly #def: BtfMapDef = {
    mapType: 0,
    keySize: undefined,
    keyTypeId: undefined,
    valueSize: undefined,
    valueTypeId: undefined,
    maxEntries: undefined,
    mapFlags: undefined,
    numaNode: undefined,
    pinning: undefined,
    mapExtra: undefined,
    inner: undefined,
    typeGiven: false,
    valueSizeImplied: false,
  }

  constructor(name: string, btf: DefinitionTypes, strict: boolean, log: Log, inner: boolean) {
    this.#name = name
    this.#btf = btf
    this.#strict = strict
    this.#log = log
    this.#inner = inner
  }

  #refuse(message: string, errno: number = Errno.EINVAL): never {
    this.#log.warn(`map '${this.#name}': ${message}`)
    throw new LibbpfError(errno)
  }

  parse(defId: number): BtfMapDef {
    const btf = this.#btf
    const count = btf.vlen(defId)
    for (let i = 0; i < count; i++) this.#member(defId, i, count)
    if (this.#def.mapType === MapType.UNSPEC) this.#refuse("map type isn't specified.")
    return this.#def
  }

  #member(defId: number, i: number, count: number): void {
    const def = this.#def
    const name = this.#btf.memberName(defId, i)
    switch (name) {
      case 'type':
        def.mapType = this.#int(defId, i)
        def.typeGiven = true
        break
      case 'max_entries':
        def.maxEntries = this.#int(defId, i)
        break
      case 'map_flags':
        def.mapFlags = this.#int(defId, i)
        break
      case 'numa_node':
        def.numaNode = this.#int(defId, i)
        break
      case 'key_size': {
        const size = this.#int(defId, i)
        if (def.keySize && def.keySize !== size) this.#refuse(`conflicting key size ${def.keySize} != ${size}.`)
        def.keySize = size
        break
      }
      case 'key': {
        const [type, size] = this.#typed(defId, i, 'key', def.keySize)
        def.keySize = size
        def.keyTypeId = type
        break
      }
      case 'value_size': {
        const size = this.#int(defId, i)
        if (def.valueSize && def.valueSize !== size) {
          this.#refuse(`conflicting value size ${def.valueSize} != ${size}.`)
        }
        def.valueSize = size
        def.valueSizeImplied = false
        break
      }
      case 'value': {
        const [type, size] = this.#typed(defId, i, 'value', def.valueSize)
        def.valueSize = size
        def.valueTypeId = type
        def.valueSizeImplied = false
        break
      }
      case 'values':
        this.#values(defId, i, count)
        break
      case 'pinning': {
        if (this.#inner) this.#refuse("inner def can't be pinned.")
        const pinning = this.#int(defId, i)
        if (pinning !== PIN_NONE && pinning !== PIN_BY_NAME) this.#refuse(`invalid pinning value ${pinning}.`)
        def.pinning = pinning
        break
      }
      case 'map_extra':
        def.mapExtra = this.#long(defId, i)
        break
      default:
        if (this.#strict) this.#refuse(`unknown field '${name}'.`, Errno.ENOTSUP)
        this.#log.debug(() => `map '${this.#name}': ignoring unknown field '${name}'.`)
    }
  }

  /** get_map_field_int: `__uint` is a pointer to an array of so many elements. */
  #int(defId: number, i: number): number {
    const btf = this.#btf
    const name = btf.memberName(defId, i)
    const type = btf.skipModsAndTypedefs(btf.memberType(defId, i))
    if (btf.kind(type) !== BtfKind.PTR) {
      this.#refuse(`attr '${name}': expected PTR, got ${kindName(btf.kind(type))}.`)
    }
    const array = btf.type(type)
    if (btf.kind(array) !== BtfKind.ARRAY) {
      this.#refuse(`attr '${name}': expected ARRAY, got ${kindName(btf.kind(array))}.`)
    }
    return btf.arrayLength(array)
  }

  /** get_map_field_long: `__ulong` is an enum of one value. */
  #long(defId: number, i: number): bigint {
    const btf = this.#btf
    const name = btf.memberName(defId, i)
    const type = btf.skipModsAndTypedefs(btf.memberType(defId, i))
    const kind = btf.kind(type)
    if (kind === BtfKind.PTR) return BigInt(this.#int(defId, i))
    if (kind !== BtfKind.ENUM && kind !== BtfKind.ENUM64) {
      this.#refuse(`attr '${name}': expected ENUM or ENUM64, got ${kindName(kind)}.`)
    }
    if (btf.vlen(type) !== 1) this.#refuse(`attr '${name}': invalid __ulong`)
    return BigInt.asUintN(64, btf.enumValue(type, 0))
  }

  /** `__type(key, T)` is a pointer to T. @returns T's id and size. */
  #typed(defId: number, i: number, what: string, known: number | undefined): [number, number] {
    const btf = this.#btf
    const type = btf.memberType(defId, i)
    if (btf.kind(type) !== BtfKind.PTR) this.#refuse(`${what} spec is not PTR: ${kindName(btf.kind(type))}.`)
    const target = btf.type(type)
    const size = btf.resolveSize(target)
    if (size < 0) this.#refuse(`can't determine ${what} size for type [${target}]: ${size}.`, -size)
    if (known && known !== size) this.#refuse(`conflicting ${what} size ${known} != ${size}.`)
    return [target, size]
  }

  /** `__array(values, T)`: the inner map's definition, or nothing more to know of a program array. */
  #values(defId: number, i: number, count: number): void {
    const btf = this.#btf
    const def = this.#def
    const mapInMap = def.mapType === MapType.ARRAY_OF_MAPS || def.mapType === MapType.HASH_OF_MAPS
    const progArray = def.mapType === MapType.PROG_ARRAY
    const what = mapInMap ? 'map-in-map inner' : 'prog-array value'
    if (this.#inner) this.#refuse('multi-level inner maps not supported.', Errno.ENOTSUP)
    if (i !== count - 1) this.#refuse(`'${btf.memberName(defId, i)}' member should be last.`)
    if (!mapInMap && !progArray) this.#refuse('should be map-in-map or prog-array.', Errno.ENOTSUP)
    if (def.valueSize && def.valueSize !== 4) this.#refuse(`conflicting value size ${def.valueSize} != 4.`)
    if (def.valueSize === undefined) def.valueSizeImplied = true
    def.valueSize = 4
    const array = btf.memberType(defId, i)
    if (btf.kind(array) !== BtfKind.ARRAY || btf.arrayLength(array) !== 0) {
      this.#refuse(`${what} spec is not a zero-sized array.`)
    }
    const pointer = btf.skipModsAndTypedefs(btf.arrayElem(array))
    if (btf.kind(pointer) !== BtfKind.PTR) {
      this.#refuse(`${what} def is of unexpected kind ${kindName(btf.kind(pointer))}.`)
    }
    const target = btf.skipModsAndTypedefs(btf.type(pointer))
    const kind = btf.kind(target)
    if (progArray) {
      if (kind !== BtfKind.FUNC_PROTO) this.#refuse(`prog-array value def is of unexpected kind ${kindName(kind)}.`)
      return
    }
    if (kind !== BtfKind.STRUCT) this.#refuse(`map-in-map inner def is of unexpected kind ${kindName(kind)}.`)
    const innerName = `${this.#name}.inner`.slice(0, 127)
    def.inner = new Parser(innerName, btf, this.#strict, this.#log, true).parse(target)
  }
}
