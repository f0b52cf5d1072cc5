import { IntEncoding, Kind } from '../btf/btf.ts'
import type { Btf } from '../btf/btf.ts'

/**
 * TypeScript for the types of one BTF: what a value is once it was read (see Value), and functions that read it from
 * bytes. Both say what Codecs does; a test compares them.
 */
export class TypeScript {
  readonly #btf: Btf
  /** By struct or union, its name here; those that declarations are wanted of, in order. */
  readonly #named = new Map<number, string>()
  readonly #enums = new Map<number, string>()
  readonly #taken: Set<string>
  readonly #declared: string[] = []
  readonly #readers: string[] = []
  readonly #helpers = new Set<keyof typeof helpers>()

  /** @param taken names that are used otherwise. */
  constructor(btf: Btf, taken: readonly string[]) {
    this.#btf = btf
    this.#taken = new Set(taken)
  }

  /** What the types asked for need: interfaces, and functions that read them. */
  get declarations(): string {
    return this.#declared.join('\n')
  }

  get readers(): string {
    const used = Object.entries(helpers).filter(([name]) => this.#helpers.has(name as keyof typeof helpers))
    return [...this.#readers, ...used.map(([, text]) => text)].join('\n')
  }

  /** The type of a value; undefined where there are no values of it. */
  typeOf(id: number, depth = 0): string | undefined {
    const btf = this.#btf
    if (depth > MAX_DEPTH || !btf.has(id)) return undefined
    const kind = btf.kind(id)
    switch (kind) {
      case Kind.INT:
        if (btf.intEncoding(id) & IntEncoding.BOOL) return 'boolean'
        return plainNumber(this.#intBits(id)) ? 'number' : 'bigint'
      case Kind.PTR:
        return 'bigint'
      case Kind.FLOAT:
        return btf.size(id) === 4 || btf.size(id) === 8 ? 'number' : 'Uint8Array'
      case Kind.ENUM:
      case Kind.ENUM64:
        return this.#enum(id)
      case Kind.ARRAY: {
        const text = this.#arrayOfBytes(id)
        if (text !== undefined) return text === 'text' ? 'string | Uint8Array' : 'Uint8Array'
        const element = this.typeOf(btf.arrayElem(id), depth + 1)
        return element && (/[ {]/.test(element) ? `(${element})[]` : `${element}[]`)
      }
      case Kind.STRUCT:
      case Kind.UNION:
        return btf.name(id) === '' ? this.#literal(id, depth) : this.#struct(id)
      case Kind.TYPEDEF:
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.VAR:
      case Kind.TYPE_TAG:
        return this.typeOf(btf.type(id), depth + 1)
      default:
        return undefined
    }
  }

  /** Declares a struct or union and the function that reads it. @returns its name. */
  #struct(id: number): string {
    const known = this.#named.get(id)
    if (known !== undefined) return known
    const btf = this.#btf
    const cName = btf.name(id)
    const name = this.#unique(cName)
    this.#named.set(id, name)
    const place = this.#declared.push('') - 1
    const readerPlace = this.#readers.push('') - 1
    const members = this.#members(id, 0, 0)
    const what = btf.kind(id) === Kind.UNION ? 'union' : 'struct'
    const lines = members.map(({ name: member, type }) => `  ${property(member)}: ${type}\n`)
    this.#declared[place] =
      `/** ${what} ${comment(cName)}, ${btf.size(id)} bytes. */\nexport interface ${name} {\n${lines.join('')}}\n`
    const reads = members.map(({ name: member, read }) => `    ${property(member)}: ${read('at')},\n`)
    this.#readers[readerPlace] =
      `/** Reads ${name}, such as an event, from bytes as the program wrote them. */\n` +
      `export function read${name}(bytes: Uint8Array, at = 0): ${name} {\n` +
      `  return view${name}(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at)\n}\n\n` +
      `function view${name}(${reads.length > 0 ? 'view' : '_view'}: DataView, ${reads.length > 0 ? 'at' : '_at'}: number): ${name} {\n  return {\n${reads.join('')}  }\n}\n`
    return name
  }

  #literal(id: number, depth: number): string {
    const members = this.#members(id, 0, depth + 1)
    return `{ ${members.map(({ name, type }) => `${property(name)}: ${type}`).join('; ')} }`
  }

  /** A union of the enumerators' names, and numbers, for values that have none. */
  #enum(id: number): string {
    const btf = this.#btf
    const names = Array.from({ length: btf.vlen(id) }, (_, i) => btf.enumName(id, i))
    const number = btf.size(id) === 8 ? 'bigint' : 'number'
    const type = [...new Set(names)]
      .map((name) => quoted(name))
      .concat(number)
      .join(' | ')
    if (btf.name(id) === '' || names.length === 0) return type
    const known = this.#enums.get(id)
    if (known !== undefined) return known
    const name = this.#unique(btf.name(id))
    this.#enums.set(id, name)
    this.#declared.push(`/** enum ${comment(btf.name(id))}. */\nexport type ${name} = ${type}\n`)
    return name
  }

  /** foo_bar is FooBar. */
  #unique(cName: string): string {
    const words = cName.split(/[^0-9A-Za-z]+/).filter((word) => word !== '')
    const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
    const base = /^[A-Za-z]/.test(joined) ? joined : `T${joined}`
    let name = base
    for (let i = 2; this.#taken.has(name); i++) name = `${base}${i}`
    this.#taken.add(name)
    return name
  }

  #intBits(id: number): number {
    const btf = this.#btf
    const [size, bits] = [btf.size(id), btf.intBits(id)]
    return bits !== size * 8 || btf.intOffset(id) !== 0 ? bits : size === 3 ? 64 : size * 8
  }

  /** Codecs' rule: char is text, unsigned char bytes. */
  #arrayOfBytes(id: number): 'text' | 'bytes' | undefined {
    const btf = this.#btf
    const element = btf.skipModsAndTypedefs(btf.arrayElem(id))
    if (btf.kind(element) !== Kind.INT || btf.size(element) !== 1) return undefined
    const encoding = btf.intEncoding(element)
    if ((encoding & IntEncoding.CHAR) !== 0 || btf.name(element) === 'char') return 'text'
    return encoding === 0 ? 'bytes' : undefined
  }

  /** Members of a structure at byte `at`; those of anonymous ones are its own. */
  #members(id: number, at: number, depth: number): Member[] {
    const btf = this.#btf
    const members = new Map<string, Member>()
    if (depth > MAX_DEPTH) return []
    for (let i = 0; i < btf.vlen(id); i++) {
      const [name, type, bit] = [btf.memberName(id, i), btf.memberType(id, i), btf.memberBitOffset(id, i)]
      const inner = btf.skipModsAndTypedefs(type)
      const kind = btf.kind(inner)
      if (name === '') {
        if (kind !== Kind.STRUCT && kind !== Kind.UNION) continue
        for (const each of this.#members(inner, at + bit / 8, depth + 1)) members.set(each.name, each)
        continue
      }
      const member = this.#member(type, inner, at, bit, btf.memberBitfieldSize(id, i), depth)
      if (member !== undefined) members.set(name, { name, ...member })
    }
    return [...members.values()]
  }

  #member(
    type: number,
    inner: number,
    at: number,
    bit: number,
    bits: number,
    depth: number,
  ): Omit<Member, 'name'> | undefined {
    const btf = this.#btf
    const byte = at + (bit >>> 3)
    const isInt = btf.kind(inner) === Kind.INT
    const old = bits === 0 && isInt && btf.intBits(inner) !== btf.size(inner) * 8
    if (bits > 0 || old) {
      const from = (bit & 7) + (old ? btf.intOffset(inner) : 0)
      return this.#bits(inner, byte, from, old ? btf.intBits(inner) : bits)
    }
    const its = this.typeOf(type, depth + 1)
    if (its === undefined) return undefined
    return { type: its, read: (base) => this.read(type, plus(base, byte), depth + 1) ?? '' }
  }

  #bits(type: number, byte: number, from: number, bits: number): Omit<Member, 'name'> {
    const btf = this.#btf
    const isInt = btf.kind(type) === Kind.INT
    const signed = isInt ? (btf.intEncoding(type) & IntEncoding.SIGNED) !== 0 : btf.kflag(type)
    this.#helpers.add('bits')
    const read = (base: string) => `bits(view, ${plus(base, byte)}, ${from}, ${bits}, ${signed})`
    if (isInt && btf.intEncoding(type) & IntEncoding.BOOL) {
      return { type: 'boolean', read: (base) => `bits(view, ${plus(base, byte)}, ${from}, ${bits}, false) !== 0n` }
    }
    if (bits > 32) return { type: 'bigint', read }
    return { type: 'number', read: (base) => `Number(${read(base)})` }
  }

  /** An expression that reads a value from `view`, at an expression. */
  read(id: number, at: string, depth = 0): string | undefined {
    const btf = this.#btf
    if (depth > MAX_DEPTH || !btf.has(id)) return undefined
    switch (btf.kind(id)) {
      case Kind.INT:
        return this.#readInt(id, at)
      case Kind.PTR:
        return `view.getBigUint64(${at}, true)`
      case Kind.FLOAT:
        if (btf.size(id) === 4 || btf.size(id) === 8) return `view.getFloat${btf.size(id) * 8}(${at}, true)`
        return this.#bytes(at, btf.size(id))
      case Kind.ENUM:
      case Kind.ENUM64:
        return this.#readEnum(id, at)
      case Kind.ARRAY:
        return this.#readArray(id, at, depth)
      case Kind.STRUCT:
      case Kind.UNION: {
        if (btf.name(id) !== '') return `view${this.#struct(id)}(view, ${at})`
        const members = this.#members(id, 0, depth + 1)
        return `{ ${members.map(({ name, read }) => `${property(name)}: ${read(at)}`).join(', ')} }`
      }
      case Kind.TYPEDEF:
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.VAR:
      case Kind.TYPE_TAG:
        return this.read(btf.type(id), at, depth + 1)
      default:
        return undefined
    }
  }

  #bytes(at: string, size: number): string {
    this.#helpers.add('bytesAt')
    return `bytesAt(view, ${at}, ${size})`
  }

  #integer(size: number, signed: boolean, at: string): string {
    const sign = signed ? 'Int' : 'Uint'
    if (size === 1) return `view.get${sign}8(${at})`
    if (size === 2 || size === 4) return `view.get${sign}${size * 8}(${at}, true)`
    if (size === 8) return `view.getBig${sign}64(${at}, true)`
    this.#helpers.add('bits')
    return `bits(view, ${at}, 0, ${size * 8}, ${signed})`
  }

  #readInt(id: number, at: string): string {
    const btf = this.#btf
    const [size, bits, encoding] = [btf.size(id), btf.intBits(id), btf.intEncoding(id)]
    const signed = (encoding & IntEncoding.SIGNED) !== 0
    const bool = (encoding & IntEncoding.BOOL) !== 0
    if (bits !== size * 8 || btf.intOffset(id) !== 0) return this.#bits(id, 0, btf.intOffset(id), bits).read(at)
    return bool ? `view.getUint8(${at}) !== 0` : this.#integer(size, signed, at)
  }

  #readEnum(id: number, at: string): string {
    const btf = this.#btf
    const wide = btf.size(id) === 8
    const names = new Map<string, string>()
    for (let i = btf.vlen(id) - 1; i >= 0; i--) {
      names.set(`${BigInt(btf.enumValue(id, i))}${wide ? 'n' : ''}`, quoted(btf.enumName(id, i)))
    }
    const value = this.#integer(btf.size(id), btf.kflag(id), at)
    if (names.size === 0) return value
    this.#helpers.add('named')
    return `named(${value}, [${[...names].map(([number, name]) => `[${number}, ${name}]`).join(', ')}])`
  }

  #readArray(id: number, at: string, depth: number): string | undefined {
    const btf = this.#btf
    const length = btf.arrayLength(id)
    const bytes = this.#arrayOfBytes(id)
    if (bytes === 'bytes') return this.#bytes(at, length)
    if (bytes === 'text') {
      this.#helpers.add('textAt')
      return `textAt(view, ${at}, ${length})`
    }
    const size = btf.resolveSize(btf.arrayElem(id)) ?? 0
    const index = `i${depth}`
    const element = this.read(btf.arrayElem(id), `${at} + ${index} * ${size}`, depth + 1)
    return element && `Array.from({ length: ${length} }, (_, ${index}) => (${element}))`
  }
}

interface Member {
  name: string
  type: string
  /** The expression that reads it of a structure at an expression. */
  read: (at: string) => string
}

const MAX_DEPTH = 32

function plainNumber(bits: number): boolean {
  return bits <= 32
}

function plus(at: string, by: number): string {
  return by === 0 ? at : `${at} + ${by}`
}

/** A name as a property's. */
export function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
}

export function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** A name inside of a comment. */
export function comment(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '?').replaceAll('*/', '* /')
}

/** What the readers call, where they do. */
const helpers = {
  bits: `/** Bits of an integer, from the lowest of byte \`at\` on. */
function bits(view: DataView, at: number, from: number, count: number, signed: boolean): bigint {
  let number = 0n
  for (let i = Math.ceil((from + count) / 8) - 1; i >= 0; i--) number = (number << 8n) | BigInt(view.getUint8(at + i))
  return (signed ? BigInt.asIntN : BigInt.asUintN)(count, number >> BigInt(from))
}
`,
  bytesAt: `function bytesAt(view: DataView, at: number, size: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, size).slice()
}
`,
  textAt: `/** Text up to its NUL; what is no UTF-8 stays bytes. */
function textAt(view: DataView, at: number, size: number): string | Uint8Array {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, size)
  const end = bytes.indexOf(0)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(end < 0 ? bytes : bytes.subarray(0, end))
  } catch {
    return bytes.slice()
  }
}
`,
  named: `/** An enumerator by its name, where it has one. */
function named<N, const T extends string>(value: N, names: readonly (readonly [number | bigint, T])[]): T | N {
  return names.find(([number]) => number === value)?.[1] ?? value
}
`,
} as const
