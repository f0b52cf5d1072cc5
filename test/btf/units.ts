import { Kind } from '../../src/btf/kinds.ts'
import { random } from '../random.ts'

/**
 * What compilers make of one program's units: each describes some of the program's types, declares others only, in an
 * order of its own, now and then a type twice, or otherwise than the rest. The first unit is the base of the others.
 */
export function randomUnits(seed: number): { base: Uint8Array; units: Uint8Array[] } {
  const next = random(seed)
  const chance = new Chance(next)
  const program = new Program(chance)
  const base = new Unit(program, chance, undefined)
  const units = Array.from({ length: 2 + chance.below(2) }, () => new Unit(program, chance, base))
  return { base: base.bytes(), units: units.map((unit) => unit.bytes()) }
}

class Chance {
  readonly #next: () => number

  constructor(next: () => number) {
    this.#next = next
  }

  below(n: number): number {
    return this.#next() % n
  }

  once(n: number): boolean {
    return this.below(n) === 0
  }
}

type Shape =
  | { is: 'int' | 'char' | 'long' | 'float' | 'void' }
  | { is: 'named'; of: number }
  | { is: 'pointer' | 'const' | 'volatile' | 'tag'; to: Shape }
  | { is: 'array'; to: Shape; length: number }
  | { is: 'function'; result: Shape; parameters: Shape[] }

interface Definition {
  kind: number
  name: string
  /** Members, or what a typedef names. */
  members: { name: string; shape: Shape }[]
}

class Program {
  readonly types: Definition[] = []

  constructor(chance: Chance) {
    const count = 3 + chance.below(12)
    const kinds = [Kind.STRUCT, Kind.STRUCT, Kind.STRUCT, Kind.UNION, Kind.ENUM, Kind.ENUM64, Kind.TYPEDEF]
    for (let i = 0; i < count; i++) {
      const kind = kinds[chance.below(kinds.length)] as number
      // Few names, so that some have two meanings; structs may have none.
      const name = kind === Kind.STRUCT && chance.once(6) ? '' : `t${chance.below(count)}`
      const members = Array.from({ length: kind === Kind.TYPEDEF ? 1 : chance.below(5) }, (_, m) => ({
        name: chance.once(10) ? '' : `m${m}`,
        shape: this.#shape(chance, i, count, 0),
      }))
      this.types.push({ kind, name, members })
    }
  }

  /** By value only what was defined before. */
  #shape(chance: Chance, before: number, count: number, depth: number): Shape {
    const plain = (['int', 'char', 'long', 'float'] as const)[chance.below(4)] ?? 'int'
    if (depth > 4) return { is: plain }
    const deeper = () => this.#shape(chance, before, count, depth + 1)
    switch (chance.below(9)) {
      case 0:
      case 1:
        return { is: plain }
      case 2:
      case 3:
        return { is: 'pointer', to: { is: 'named', of: chance.below(count) } }
      case 4:
        return before > 0 ? { is: 'named', of: chance.below(before) } : { is: plain }
      case 5:
        return { is: 'array', to: deeper(), length: chance.below(3) }
      case 6:
        return { is: 'pointer', to: chance.once(3) ? { is: 'void' } : deeper() }
      case 7: {
        const parameters = Array.from({ length: chance.below(3) }, deeper)
        return { is: 'pointer', to: { is: 'function', result: deeper(), parameters } }
      }
      default:
        return { is: (['const', 'volatile', 'tag'] as const)[chance.below(3)] ?? 'const', to: deeper() }
    }
  }
}

class Unit {
  readonly #program: Program
  readonly #chance: Chance
  readonly #words: number[][] = []
  readonly #strings: string[]
  readonly #offsets = new Map<string, number>()
  readonly #startStr: number
  readonly #startId: number
  readonly #base: Unit | undefined
  #length = 0
  readonly #known = new Map<string, number>()
  /** Which of the program's types this unit defines. */
  readonly #defines: boolean[]

  constructor(program: Program, chance: Chance, base: Unit | undefined) {
    this.#program = program
    this.#chance = chance
    this.#base = base
    this.#startId = base === undefined ? 1 : base.#startId + base.#words.length
    this.#startStr = base === undefined ? 0 : base.#startStr + base.#length
    this.#strings = []
    if (base === undefined) this.#string('')
    this.#defines = program.types.map(() => !chance.once(3))
    const order = program.types.map((_, i) => i)
    for (let i = order.length - 1; i > 0; i--) {
      const j = chance.below(i + 1)
      ;[order[i], order[j]] = [order[j] as number, order[i] as number]
    }
    for (const i of order) {
      const id = this.#named(i)
      if (chance.once(3)) this.#add([this.#string(`f${i}`), Kind.VAR << 24, id, 1])
      if (chance.once(4)) this.#add([this.#string('tag'), Kind.DECL_TAG << 24, id, 0xffffffff])
    }
  }

  #string(text: string): number {
    if (text === '') {
      if (this.#base === undefined && this.#length === 0) this.#put('')
      return 0
    }
    return this.#offsets.get(text) ?? this.#put(text)
  }

  #put(text: string): number {
    const at = this.#startStr + this.#length
    this.#offsets.set(text, at)
    this.#strings.push(`${text}\0`)
    this.#length += text.length + 1
    return at
  }

  #add(words: number[]): number {
    this.#words.push(words)
    return this.#startId + this.#words.length - 1
  }

  /** Once for each key, but for some that are described again. */
  #once(key: string, make: () => number): number {
    const known = this.#known.get(key)
    if (known !== undefined && !this.#chance.once(12)) return known
    const id = make()
    this.#known.set(key, id)
    return id
  }

  #named(i: number): number {
    const { kind, name, members } = this.#program.types[i] as Definition
    const key = `named ${i}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const nameOff = this.#string(name)
    const composite = kind === Kind.STRUCT || kind === Kind.UNION
    if (!this.#defines[i] && name !== '') {
      if (composite) {
        return this.#once(key, () =>
          this.#add([nameOff, ((Kind.FWD << 24) | (kind === Kind.UNION ? 1 << 31 : 0)) >>> 0, 0]),
        )
      }
      if (kind !== Kind.TYPEDEF) return this.#once(key, () => this.#add([nameOff, kind << 24, 4]))
    }
    const words = [nameOff, kind << 24, 0]
    const id = this.#add(words)
    this.#known.set(key, id)
    if (kind === Kind.TYPEDEF) {
      words[2] = this.#shape((members[0] as Definition['members'][0]).shape)
      return id
    }
    words[1] = (kind << 24) | members.length
    words[2] = kind === Kind.ENUM ? 4 : 8 * Math.max(1, members.length)
    if (kind === Kind.ENUM64) words[2] = 8
    members.forEach((member, m) => {
      const text = this.#string(member.name === '' ? '' : composite ? member.name : `E${i}_${m}`)
      if (kind === Kind.ENUM) words.push(text, m)
      else if (kind === Kind.ENUM64) words.push(text, m, 1)
      else words.push(text, this.#chance.once(40) ? this.#shape({ is: 'int' }) : this.#shape(member.shape), m * 64)
    })
    return id
  }

  #shape(shape: Shape): number {
    switch (shape.is) {
      case 'void':
        return 0
      case 'int':
        return this.#once('int', () => this.#add([this.#string('int'), Kind.INT << 24, 4, 0x01000020]))
      case 'char':
        return this.#once('char', () => this.#add([this.#string('char'), Kind.INT << 24, 1, 8]))
      case 'long':
        return this.#once('long', () => this.#add([this.#string('long'), Kind.INT << 24, 8, 0x01000040]))
      case 'float':
        return this.#once('float', () => this.#add([this.#string('float'), Kind.FLOAT << 24, 4]))
      case 'named':
        return this.#named(shape.of)
      case 'pointer':
        return this.#refer(Kind.PTR, '', this.#shape(shape.to))
      case 'const':
        return this.#refer(Kind.CONST, '', this.#shape(shape.to))
      case 'volatile':
        return this.#refer(Kind.VOLATILE, '', this.#shape(shape.to))
      case 'tag':
        return this.#refer(Kind.TYPE_TAG, 'user', this.#shape(shape.to))
      case 'array': {
        const to = this.#shape(shape.to)
        const index = this.#shape({ is: 'int' })
        return this.#once(`array ${to} ${index} ${shape.length}`, () =>
          this.#add([0, Kind.ARRAY << 24, 0, to, index, shape.length]),
        )
      }
      case 'function': {
        const result = this.#shape(shape.result)
        const parameters = shape.parameters.flatMap((each) => [0, this.#shape(each)])
        return this.#once(`function ${result} ${parameters.join()}`, () =>
          this.#add([0, (Kind.FUNC_PROTO << 24) | (parameters.length / 2), result, ...parameters]),
        )
      }
    }
  }

  #refer(kind: number, name: string, to: number): number {
    return this.#once(`${kind} ${to}`, () => this.#add([this.#string(name), kind << 24, to]))
  }

  bytes(): Uint8Array {
    const words = this.#words.flat()
    const strings = Buffer.from(this.#strings.join(''), 'latin1')
    const bytes = new Uint8Array(24 + words.length * 4 + strings.length)
    const view = new DataView(bytes.buffer)
    view.setUint16(0, 0xeb9f, true)
    bytes[2] = 1
    ;[24, 0, words.length * 4, words.length * 4, strings.length].forEach((v, i) => {
      view.setUint32(4 + i * 4, v, true)
    })
    words.forEach((v, i) => {
      view.setUint32(24 + i * 4, v, true)
    })
    bytes.set(strings, 24 + words.length * 4)
    return bytes
  }
}
