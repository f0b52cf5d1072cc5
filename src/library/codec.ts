import { IntEncoding, Kind } from '../btf/btf.ts'
import type { Btf } from '../btf/btf.ts'
import type { Value } from './value.ts'

/** Reads and writes values of one type. */
export interface Codec {
  readonly size: number
  read(view: DataView, at: number): Value
  /** @param where what is being written, for messages. @throws TypeError, RangeError. */
  write(view: DataView, at: number, value: unknown, where: string): void
}

export function decode(codec: Codec, bytes: Uint8Array): Value {
  return codec.read(viewOf(bytes), 0)
}

/** @throws TypeError, RangeError. */
export function encode(codec: Codec, value: unknown, where: string): Uint8Array {
  const bytes = new Uint8Array(codec.size)
  codec.write(viewOf(bytes), 0, value, where)
  return bytes
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function refuse(where: string, value: unknown, wanted: string): never {
  const shown = typeof value === 'object' && value !== null ? 'an object' : String(value)
  throw new TypeError(`${where}: ${shown} is not ${wanted}`)
}

/** Bytes as they are, wherever a value is taken; false where it is none. */
function writeBytes(view: DataView, at: number, size: number, value: unknown, where: string): boolean {
  if (!(value instanceof Uint8Array)) return false
  if (value.length !== size) throw new RangeError(`${where}: ${value.length} bytes where ${size} are due`)
  new Uint8Array(view.buffer, view.byteOffset + at, size).set(value)
  return true
}

/** Little-endian bytes of which no type is known; written also as an unsigned number where they are 1, 2, 4 or 8. */
export function untypedCodec(size: number): Codec {
  const number = [1, 2, 4, 8].includes(size) ? intCodec(size, false) : undefined
  return {
    size,
    read: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, size).slice(),
    write(view, at, value, where) {
      if (writeBytes(view, at, size, value, where)) return
      if (number === undefined) refuse(where, value, `${size} bytes`)
      number.write(view, at, value, where)
    },
  }
}

/** A whole number, checked against the type's range. */
function toInteger(value: unknown, bits: number, signed: boolean, where: string): bigint {
  const whole = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
  if (!whole) refuse(where, value, `a whole number of ${bits} bits`)
  const number = BigInt(value as number | bigint)
  // What fits either way round is what a C programmer writes: -1 for all ones among it.
  const fits = signed ? BigInt.asIntN(bits, number) : BigInt.asUintN(bits, number)
  if (fits !== number && !(number < 0n && number >= -(1n << BigInt(bits - 1)))) {
    throw new RangeError(
      `${where}: ${number} does not fit ${signed ? 'a signed' : 'an unsigned'} integer of ${bits} bits`,
    )
  }
  return number
}

function intCodec(size: number, signed: boolean): Codec {
  const bits = size * 8
  const write = (view: DataView, at: number, value: unknown, where: string): void => {
    if (writeBytes(view, at, size, value, where)) return
    const number = BigInt.asUintN(bits, toInteger(value, bits, signed, where))
    for (let i = 0; i < size; i++) view.setUint8(at + i, Number((number >> BigInt(8 * i)) & 0xffn))
  }
  switch (size) {
    case 1:
      return { size, read: (view, at) => (signed ? view.getInt8(at) : view.getUint8(at)), write }
    case 2:
      return { size, read: (view, at) => (signed ? view.getInt16(at, true) : view.getUint16(at, true)), write }
    case 4:
      return { size, read: (view, at) => (signed ? view.getInt32(at, true) : view.getUint32(at, true)), write }
    case 8:
      return { size, read: (view, at) => (signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true)), write }
    default:
      return {
        size,
        read: (view, at) => {
          const number = readBits(view, at, 0, bits)
          return signed ? BigInt.asIntN(bits, number) : number
        },
        write,
      }
  }
}

/** An index of an array. */
export const indexCodec: Codec = intCodec(4, false)

/** Bits from the lowest of byte `at` on. */
function readBits(view: DataView, at: number, from: number, bits: number): bigint {
  let number = 0n
  for (let i = Math.ceil((from + bits) / 8) - 1; i >= 0; i--) number = (number << 8n) | BigInt(view.getUint8(at + i))
  return BigInt.asUintN(bits, number >> BigInt(from))
}

/** A bit field that begins `from` bits into its byte. */
function bitsCodec(from: number, bits: number, signed: boolean, bool: boolean): Codec {
  return {
    size: Math.ceil((from + bits) / 8),
    read(view, at) {
      const unsigned = readBits(view, at, from, bits)
      if (bool) return unsigned !== 0n
      const number = signed ? BigInt.asIntN(bits, unsigned) : unsigned
      return bits > 32 ? number : Number(number)
    },
    write(view, at, value, where) {
      const number = bool && typeof value === 'boolean' ? Number(value) : value
      const unsigned = BigInt.asUintN(bits, toInteger(number, bits, signed, where))
      for (let i = 0; i < bits; i++) {
        const bit = from + i
        const mask = 1 << (bit & 7)
        const byte = view.getUint8(at + (bit >> 3))
        view.setUint8(at + (bit >> 3), (unsigned >> BigInt(i)) & 1n ? byte | mask : byte & ~mask)
      }
    },
  }
}

const boolCodec = (size: number): Codec => ({
  size,
  read: (view, at) => view.getUint8(at) !== 0,
  write(view, at, value, where) {
    if (writeBytes(view, at, size, value, where)) return
    if (typeof value !== 'boolean' && value !== 0 && value !== 1) refuse(where, value, 'true or false')
    view.setUint8(at, Number(value))
  },
})

const floatCodec = (size: number): Codec => ({
  size,
  read: (view, at) => (size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true)),
  write(view, at, value, where) {
    if (writeBytes(view, at, size, value, where)) return
    if (typeof value !== 'number') refuse(where, value, 'a number')
    if (size === 4) view.setFloat32(at, value, true)
    else view.setFloat64(at, value, true)
  },
})

const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const textEncoder = new TextEncoder()

/** An array of char. What is no UTF-8 stays bytes. */
function textCodec(size: number): Codec {
  return {
    size,
    read(view, at) {
      const bytes = new Uint8Array(view.buffer, view.byteOffset + at, size)
      const end = bytes.indexOf(0)
      try {
        return textDecoder.decode(end < 0 ? bytes : bytes.subarray(0, end))
      } catch {
        return bytes.slice()
      }
    },
    write(view, at, value, where) {
      if (writeBytes(view, at, size, value, where)) return
      if (typeof value !== 'string') refuse(where, value, 'a string')
      const bytes = textEncoder.encode(value)
      if (bytes.length > size) throw new RangeError(`${where}: ${bytes.length} bytes of text where ${size} fit`)
      new Uint8Array(view.buffer, view.byteOffset + at, size).set(bytes)
    },
  }
}

function arrayCodec(element: Codec, length: number): Codec {
  const size = element.size * length
  return {
    size,
    read: (view, at) => Array.from({ length }, (_, i) => element.read(view, at + i * element.size)),
    write(view, at, value, where) {
      if (writeBytes(view, at, size, value, where)) return
      if (!Array.isArray(value)) refuse(where, value, `an array of ${length}`)
      if (value.length > length) throw new RangeError(`${where}: ${value.length} elements where ${length} fit`)
      value.forEach((each: unknown, i) => {
        element.write(view, at + i * element.size, each, `${where}[${i}]`)
      })
    },
  }
}

function enumCodec(size: number, signed: boolean, names: ReadonlyMap<bigint, string>): Codec {
  const integer = intCodec(size, signed)
  const values = new Map([...names].map(([value, name]) => [name, value]))
  return {
    size,
    read(view, at) {
      const value = integer.read(view, at) as number | bigint
      return names.get(BigInt(value)) ?? value
    },
    write(view, at, value, where) {
      const number = typeof value === 'string' ? values.get(value) : value
      if (number === undefined) refuse(where, value, `one of ${[...values.keys()].join(', ')}`)
      integer.write(view, at, number, where)
    },
  }
}

interface Member {
  name: string
  at: number
  codec: Codec
}

function structCodec(size: number, members: readonly Member[], name: string): Codec {
  const byName = new Map(members.map((member) => [member.name, member]))
  return {
    size,
    read: (view, at) => Object.fromEntries(members.map((each) => [each.name, each.codec.read(view, at + each.at)])),
    write(view, at, value, where) {
      if (writeBytes(view, at, size, value, where)) return
      if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(where, value, `a ${name}`)
      for (const [key, each] of Object.entries(value as Record<string, unknown>)) {
        if (each === undefined) continue
        const member = byName.get(key)
        if (member === undefined)
          throw new TypeError(`${where}: ${name} has no ${key}, it has ${[...byName.keys()].join(', ')}`)
        member.codec.write(view, at + member.at, each, `${where}.${key}`)
      }
    },
  }
}

/** A variable of a section of global data. */
export interface Variable {
  readonly name: string
  readonly at: number
  readonly codec: Codec
}

/** Codecs of the types of one BTF, each made when first asked for. */
export class Codecs {
  readonly #btf: Btf
  readonly #made = new Map<number, Codec>()

  constructor(btf: Btf) {
    this.#btf = btf
  }

  /** The codec of a type; a type without values, such as a function, gives undefined. */
  of(id: number, depth = 0): Codec | undefined {
    const known = this.#made.get(id)
    if (known !== undefined) return known
    const codec = depth > 32 || !this.#btf.has(id) ? undefined : this.#make(id, depth)
    if (codec !== undefined) this.#made.set(id, codec)
    return codec
  }

  /** The codec of a structure of this name. */
  struct(name: string): Codec | undefined {
    const id = this.#btf.findByNameKind(name, Kind.STRUCT)
    return id === undefined ? undefined : this.of(id)
  }

  /** Variables of a data section. */
  variables(section: number): Variable[] {
    const btf = this.#btf
    if (!btf.has(section) || btf.kind(section) !== Kind.DATASEC) return []
    return Array.from({ length: btf.vlen(section) }, (_, i) => {
      const id = btf.secVarType(section, i)
      const codec = this.of(id) ?? untypedCodec(btf.secVarSize(section, i))
      return { name: btf.name(id), at: btf.secVarOffset(section, i), codec }
    })
  }

  #make(id: number, depth: number): Codec | undefined {
    const btf = this.#btf
    const size = btf.size(id)
    switch (btf.kind(id)) {
      case Kind.INT:
        return this.#int(id)
      case Kind.PTR:
        return intCodec(8, false)
      case Kind.FLOAT:
        return size === 4 || size === 8 ? floatCodec(size) : untypedCodec(size)
      case Kind.ENUM:
      case Kind.ENUM64: {
        // The first enumerator of a value names it.
        const names = new Map<bigint, string>()
        for (let i = btf.vlen(id) - 1; i >= 0; i--) names.set(BigInt(btf.enumValue(id, i)), btf.enumName(id, i))
        return enumCodec(size, btf.kflag(id), names)
      }
      case Kind.ARRAY:
        return this.#array(id, depth)
      case Kind.STRUCT:
      case Kind.UNION:
        return structCodec(size, this.#members(id, 0, depth), btf.name(id) || 'structure')
      case Kind.DATASEC:
        return structCodec(size, this.variables(id), btf.name(id))
      case Kind.TYPEDEF:
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.VAR:
      case Kind.TYPE_TAG:
        return this.of(btf.type(id), depth + 1)
      default:
        return undefined
    }
  }

  #int(id: number): Codec {
    const btf = this.#btf
    const [size, bits, encoding] = [btf.size(id), btf.intBits(id), btf.intEncoding(id)]
    const signed = (encoding & IntEncoding.SIGNED) !== 0
    const bool = (encoding & IntEncoding.BOOL) !== 0
    // Older compilers gave bit fields integers of their own.
    if (bits !== size * 8 || btf.intOffset(id) !== 0) return bitsCodec(btf.intOffset(id), bits, signed, bool)
    return bool ? boolCodec(size) : intCodec(size, signed)
  }

  #array(id: number, depth: number): Codec | undefined {
    const btf = this.#btf
    const length = btf.arrayLength(id)
    const elementId = btf.skipModsAndTypedefs(btf.arrayElem(id))
    if (btf.kind(elementId) === Kind.INT && btf.size(elementId) === 1) {
      const encoding = btf.intEncoding(elementId)
      if ((encoding & IntEncoding.CHAR) !== 0 || btf.name(elementId) === 'char') return textCodec(length)
      if (encoding === 0) return bytesCodec(length)
    }
    const element = this.of(btf.arrayElem(id), depth + 1)
    return element && arrayCodec(element, length)
  }

  /** Members of a structure at byte `at`; those of anonymous ones are its own, as in C. */
  #members(id: number, at: number, depth: number): Member[] {
    const btf = this.#btf
    const members: Member[] = []
    for (let i = 0; i < btf.vlen(id); i++) {
      const [name, type, bit] = [btf.memberName(id, i), btf.memberType(id, i), btf.memberBitOffset(id, i)]
      const bits = btf.memberBitfieldSize(id, i)
      const inner = btf.skipModsAndTypedefs(type)
      const kind = btf.kind(inner)
      if (name === '' && (kind === Kind.STRUCT || kind === Kind.UNION) && depth < 32) {
        members.push(...this.#members(inner, at + bit / 8, depth + 1))
        continue
      }
      const codec = bits === 0 ? this.#member(type, inner, bit & 7, depth) : this.#bitField(inner, bit & 7, bits)
      if (name !== '' && codec !== undefined) members.push({ name, at: at + (bit >>> 3), codec })
    }
    return members
  }

  /** A member that isn't told to be a bit field; with older compilers its integer may say so itself. */
  #member(type: number, inner: number, from: number, depth: number): Codec | undefined {
    const btf = this.#btf
    const old = btf.kind(inner) === Kind.INT && btf.intBits(inner) !== btf.size(inner) * 8
    return old ? this.#bitField(inner, from + btf.intOffset(inner), btf.intBits(inner)) : this.of(type, depth + 1)
  }

  #bitField(type: number, from: number, bits: number): Codec {
    const btf = this.#btf
    const integer = btf.kind(type) === Kind.INT
    const signed = integer ? (btf.intEncoding(type) & IntEncoding.SIGNED) !== 0 : btf.kflag(type)
    return bitsCodec(from, bits, signed, integer && (btf.intEncoding(type) & IntEncoding.BOOL) !== 0)
  }
}

/** An array of unsigned char. */
function bytesCodec(size: number): Codec {
  return {
    size,
    read: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, size).slice(),
    write(view, at, value, where) {
      if (writeBytes(view, at, size, value, where)) return
      if (!Array.isArray(value)) refuse(where, value, `${size} bytes`)
      arrayCodec(intCodec(1, false), size).write(view, at, value, where)
    },
  }
}
