import { Kind } from '../../src/btf/kinds.ts'
import { random } from '../random.ts'

/** A kernel's types, and a module's object whose types stand on a distilled base (.BTF.base), right or wrong by chance. */
export function randomModule(seed: number): { base: Uint8Array; object: Uint8Array } {
  const next = random(seed)
  const below = (n: number) => next() % n
  const once = (n: number) => below(n) === 0
  const base = new Types(0, 1)
  const distilled = new Types(0, 1)
  const kinds = [Kind.INT, Kind.FLOAT, Kind.STRUCT, Kind.UNION, Kind.ENUM, Kind.ENUM64, Kind.FWD]
  for (let i = 3 + below(10); i > 0; i--) {
    const kind = kinds[below(kinds.length)] as number
    const name = `t${below(8)}`
    const size = kind === Kind.ENUM64 || once(3) ? 8 : 4
    const flag = once(4) ? 0x80000000 : 0
    const member = once(2) ? [base.string('m'), 0, 0] : []
    const encoding = (once(2) ? 0x01000000 : 0) + size * 8
    if (kind === Kind.STRUCT || kind === Kind.UNION) {
      base.add([base.string(name), flag + (kind << 24) + member.length / 3, size, ...member])
    } else if (kind === Kind.INT) base.add([base.string(name), kind << 24, size, encoding])
    else if (kind === Kind.FWD) base.add([base.string(name), flag + (kind << 24), 0])
    else base.add([base.string(name), kind << 24, size])
    if (once(2)) continue
    // What pahole makes of it: structs without members, enums of either kind as one.
    const other = once(12) ? 16 : size
    const wrong = once(25) ? '' : once(25) ? 'missing' : name
    if (once(60)) distilled.add([distilled.string(name), Kind.PTR << 24, 0])
    else if (kind === Kind.INT) distilled.add([distilled.string(wrong), kind << 24, other, once(20) ? 32 : encoding])
    else if (kind === Kind.FWD) distilled.add([distilled.string(wrong), flag + (kind << 24), 0])
    else {
      const its = kind === Kind.ENUM64 ? Kind.ENUM : once(20) ? Kind.FWD : kind
      distilled.add([distilled.string(wrong), its << 24, its === Kind.FWD ? 0 : other])
    }
  }
  const split = new Types(distilled.stringsLength, distilled.count)
  for (let i = 2 + below(8); i > 0; i--) {
    const ref = below(split.count)
    switch (below(6)) {
      case 0:
        split.add([0, Kind.PTR << 24, ref])
        break
      case 1:
        split.add([split.string(`own${i}`), Kind.TYPEDEF << 24, ref])
        break
      case 2:
        split.add([0, Kind.ARRAY << 24, 0, ref, ref, 2])
        break
      case 3:
        split.add([0, (Kind.FUNC_PROTO << 24) + 1, ref, split.string('p'), ref])
        break
      default:
        // A name of the distilled base now and then: the kernel's string is meant.
        split.add([once(3) ? below(3) : split.string(`s${i}`), (Kind.STRUCT << 24) + 1, 8, split.string('m'), ref, 0])
    }
  }
  return { base: base.bytes(), object: elf({ '.BTF': split.bytes(), '.BTF.base': distilled.bytes() }) }
}

/** BTF, or split BTF, word by word. */
export class Types {
  readonly #words: number[] = []
  #strings: string
  readonly #startStr: number
  count: number

  constructor(startStr: number, startId: number) {
    this.#startStr = startStr
    this.count = startId
    this.#strings = startStr === 0 ? '\0' : ''
  }

  get stringsLength(): number {
    return this.#strings.length
  }

  string(text: string): number {
    if (text === '') return 0
    const at = this.#strings.length
    this.#strings += `${text}\0`
    return this.#startStr + at
  }

  add(words: readonly number[]): void {
    this.#words.push(...words)
    this.count++
  }

  bytes(): Uint8Array {
    const strings = Buffer.from(this.#strings, 'latin1')
    const size = this.#words.length * 4
    const bytes = new Uint8Array(24 + size + strings.length)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, 0x0001eb9f, true)
    ;[24, 0, size, size, strings.length, ...this.#words].forEach((word, i) => {
      view.setUint32(4 + i * 4, word >>> 0, true)
    })
    bytes.set(strings, 24 + size)
    return bytes
  }
}

/** An object of nothing but sections. */
function elf(sections: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const entries = Object.entries(sections)
  const names = Buffer.from(`\0.shstrtab\0${entries.map(([name]) => `${name}\0`).join('')}`, 'latin1')
  const all: [name: string, type: number, data: Uint8Array][] = [
    ...entries.map(([name, data]) => [name, 1, data] as [string, number, Uint8Array]),
    ['.shstrtab', 3, names],
  ]
  const size = all.reduce((sum, [, , data]) => sum + data.length, 64)
  const tableAt = (size + 7) & ~7
  const bytes = new Uint8Array(tableAt + (all.length + 1) * 64)
  const view = new DataView(bytes.buffer)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  view.setUint16(16, 1, true)
  view.setUint16(18, 62, true)
  view.setUint32(20, 1, true)
  view.setUint32(40, tableAt, true)
  view.setUint16(52, 64, true)
  view.setUint16(58, 64, true)
  view.setUint16(60, all.length + 1, true)
  view.setUint16(62, all.length, true)
  let at = 64
  all.forEach(([name, type, data], i) => {
    const header = tableAt + (i + 1) * 64
    bytes.set(data, at)
    view.setUint32(header, names.indexOf(`\0${name}\0`, 0, 'latin1') + 1, true)
    view.setUint32(header + 4, type, true)
    view.setUint32(header + 24, at, true)
    view.setUint32(header + 32, data.length, true)
    view.setUint32(header + 48, 1, true)
    at += data.length
  })
  return bytes
}
