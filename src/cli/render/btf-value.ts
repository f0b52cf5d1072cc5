import { Errno } from '../../uapi/errno.ts'
import { IntEncoding, Kind } from '../../btf/btf.ts'
import { protoSignature } from './btf-signature.ts'
import { bitfieldText, dumpInt, text64, u16, u32 } from './btf-int.ts'
import type { Btf } from '../../btf/btf.ts'
import type { JsonWriter } from './json.ts'

/** struct btf_dumper. */
export interface BtfValueOptions {
  /** Text output: pointers and odd characters in hex. */
  isPlainText: boolean
  /**
   * prog_id_as_func_ptr, for struct_ops maps: a function pointer's value is a program id, printed as the function's
   * signature and what this gives for it (the program's full name; undefined where it can't be told).
   */
  progName?: ((progId: number) => string | undefined) | undefined
}

/** Deeper than the kernel lets types nest. */
const MAX_DEPTH = 256

/**
 * btf_dumper_type: a value of a type as JSON.
 * @returns 0, or -EINVAL at a type that has no values; what was begun is closed then, so that the output stays JSON.
 */
export function dumpBtfValue(
  btf: Btf,
  typeId: number,
  value: Uint8Array,
  json: JsonWriter,
  options: BtfValueOptions,
): number {
  return new Dumper(btf, value, json, options).dump(typeId, 0, 0)
}

class Dumper {
  readonly #btf: Btf
  readonly #data: Uint8Array
  readonly #json: JsonWriter
  readonly #plain: boolean
  readonly #progName: BtfValueOptions['progName']
  #depth = 0

  constructor(btf: Btf, data: Uint8Array, json: JsonWriter, options: BtfValueOptions) {
    this.#btf = btf
    this.#data = data
    this.#json = json
    this.#plain = options.isPlainText
    this.#progName = options.progName
  }

  /** btf_dumper_do_type: the value at byte `at`, `bit` bits into it. */
  dump(id: number, bit: number, at: number): number {
    const btf = this.#btf
    if (!btf.has(id) || this.#depth >= MAX_DEPTH) return -Errno.EINVAL
    this.#depth++
    try {
      return this.#dumpKind(id, bit, at)
    } finally {
      this.#depth--
    }
  }

  #dumpKind(id: number, bit: number, at: number): number {
    const btf = this.#btf
    switch (btf.kind(id)) {
      case Kind.INT:
        return this.#int(id, bit, at)
      case Kind.STRUCT:
      case Kind.UNION:
        return this.#struct(id, at)
      case Kind.ARRAY:
        return this.#array(id, at)
      case Kind.ENUM:
        return this.#enum(id, at)
      case Kind.ENUM64:
        return this.#enum64(id, at)
      case Kind.PTR:
        return this.#pointer(id, at)
      case Kind.UNKN:
        this.#json.raw('(unknown)')
        return 0
      case Kind.FWD:
        this.#json.raw('(fwd-kind-invalid)')
        return -Errno.EINVAL
      case Kind.TYPEDEF:
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT: {
        const actual = btf.resolveType(id)
        return actual === undefined ? -Errno.EINVAL : this.dump(actual, bit, at)
      }
      case Kind.VAR:
        return this.#var(id, bit, at)
      case Kind.DATASEC:
        return this.#datasec(id, at)
      default:
        this.#json.raw('(unsupported-kind)')
        return -Errno.EINVAL
    }
  }

  #int(id: number, bit: number, at: number): number {
    const btf = this.#btf
    const type = { bits: btf.intBits(id), offset: btf.intOffset(id), encoding: btf.intEncoding(id) }
    return dumpInt(type, bit, this.#data, at, this.#json, this.#plain) ? 0 : -Errno.EINVAL
  }

  #struct(id: number, at: number): number {
    const btf = this.#btf
    const json = this.#json
    const vlen = btf.vlen(id)
    let status = 0
    json.startObject()
    for (let i = 0; i < vlen && status === 0; i++) {
      const bitOffset = btf.memberBitOffset(id, i)
      const bits = btf.memberBitfieldSize(id, i)
      const start = at + (bitOffset >>> 3)
      json.name(btf.memberName(id, i))
      if (bits !== 0) json.raw(bitfieldText(bits, bitOffset & 7, this.#data, start, this.#plain))
      else status = this.dump(btf.memberType(id, i), bitOffset & 7, start)
    }
    json.endObject()
    return status
  }

  #array(id: number, at: number): number {
    const btf = this.#btf
    const json = this.#json
    const elem = btf.arrayElem(id)
    const length = btf.arrayLength(id)
    const text = this.#stringOf(elem, length, at)
    if (text !== undefined) {
      json.string(text)
      return 0
    }
    const size = btf.resolveSize(elem)
    if (size === undefined) return -Errno.EINVAL
    let status = 0
    json.startArray()
    for (let i = 0; i < length && status === 0; i++) status = this.dump(elem, 0, at + i * size)
    json.endArray()
    return status
  }

  /** is_str_array: printable characters that end with a NUL within the array. */
  #stringOf(elem: number, length: number, at: number): string | undefined {
    const btf = this.#btf
    for (let steps = 0; isModifier(btf.kind(elem)); steps++) {
      if (steps > btf.typeCount) return undefined
      elem = btf.type(elem)
    }
    if (btf.kind(elem) !== Kind.INT || btf.size(elem) !== 1) return undefined
    if (btf.intEncoding(elem) !== IntEncoding.CHAR && btf.name(elem) !== 'char') return undefined
    let text = ''
    for (let i = 0; i < length; i++) {
      const c = this.#data[at + i] ?? 0
      if (c === 0) return text
      if (c <= 0x1f || c >= 0x7f) return undefined
      text += String.fromCharCode(c)
    }
    return undefined
  }

  #enum(id: number, at: number): number {
    const btf = this.#btf
    const data = this.#data
    const size = btf.size(id)
    let value: number
    if (size === 4) value = u32(data, at) | 0
    else if (size === 1) value = ((data[at] ?? 0) << 24) >> 24
    else if (size === 2) value = (u16(data, at) << 16) >> 16
    else if (size === 8) value = (u32(data, at + 4) | 0) * 0x100000000 + u32(data, at)
    else return -Errno.EINVAL
    const vlen = btf.vlen(id)
    for (let i = 0; i < vlen; i++) {
      if ((Number(btf.enumValue(id, i)) | 0) === value) {
        this.#json.string(btf.enumName(id, i))
        return 0
      }
    }
    this.#json.raw(size === 8 ? text64(u32(data, at), u32(data, at + 4), true) : String(value))
    return 0
  }

  #enum64(id: number, at: number): number {
    const btf = this.#btf
    const lo = u32(this.#data, at)
    const hi = u32(this.#data, at + 4)
    const vlen = btf.vlen(id)
    for (let i = 0; i < vlen; i++) {
      if (btf.enum64Low(id, i) === lo && btf.enum64High(id, i) === hi) {
        this.#json.string(btf.enumName(id, i))
        return 0
      }
    }
    this.#json.raw(text64(lo, hi, true))
    return 0
  }

  #pointer(id: number, at: number): number {
    const lo = u32(this.#data, at)
    const hi = u32(this.#data, at + 4)
    if (this.#progName !== undefined && hi === 0) {
      const proto = this.#btf.resolveType(this.#btf.type(id))
      if (proto !== undefined && this.#btf.kind(proto) === Kind.FUNC_PROTO) {
        const signature = protoSignature(this.#btf, proto)
        if (signature !== undefined) {
          this.#json.string(`${signature} ${this.#target(lo)}`.slice(0, 1023))
          return 0
        }
      }
    }
    if (!this.#plain) this.#json.raw(text64(lo, hi, false))
    else if (hi === 0) this.#json.raw(lo === 0 ? '"(nil)"' : `"0x${lo.toString(16)}"`)
    else this.#json.raw(`"0x${hi.toString(16)}${lo.toString(16).padStart(8, '0')}"`)
    return 0
  }

  #target(progId: number): string {
    if (progId === 0) return '0'
    return `${this.#progName?.(progId) ?? '<unknown_prog_name>'}/prog_id:${progId}`
  }

  #var(id: number, bit: number, at: number): number {
    this.#json.startObject()
    this.#json.name(this.#btf.name(id))
    const status = this.dump(this.#btf.type(id), bit, at)
    this.#json.endObject()
    return status
  }

  #datasec(id: number, at: number): number {
    const btf = this.#btf
    const json = this.#json
    const vlen = btf.vlen(id)
    let status = 0
    json.startObject()
    json.name(btf.name(id))
    json.startArray()
    for (let i = 0; i < vlen && status === 0; i++) {
      status = this.dump(btf.secVarType(id, i), 0, at + btf.secVarOffset(id, i))
    }
    json.endArray()
    json.endObject()
    return status
  }
}

/** btf_is_mod. */
function isModifier(kind: number): boolean {
  return kind === Kind.VOLATILE || kind === Kind.CONST || kind === Kind.RESTRICT || kind === Kind.TYPE_TAG
}
