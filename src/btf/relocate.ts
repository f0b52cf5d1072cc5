import { Errno } from '../uapi/errno.ts'
import { Btf } from './btf.ts'
import { BtfError } from './error.ts'
import { forEachId, forEachName, kindOf } from './fields.ts'
import { IntEncoding, Kind } from './kinds.ts'
import { StringPool } from './string-pool.ts'

/** Set while a distilled struct stands in a struct of the split BTF by value: its size must be the base's, too. */
const EMBEDDED = 0xffffffff
const HEADER_SIZE = 24

/** A distilled type, as it is sorted and searched. */
interface Info {
  name: string
  needsSize: boolean
  size: number
  id: number
}

/**
 * btf__relocate: split BTF that was made on a distilled base (`.BTF.base`: named types, of structs only their sizes) goes
 * on to the base that these stand for.
 * @throws BtfError.
 */
export function relocateBtf(split: Btf, base: Btf): Btf {
  const { base: distilled } = split
  if (distilled === undefined || distilled === base) throw new BtfError(Errno.EINVAL, [])
  return new Relocation(split, distilled, base).run()
}

class Relocation {
  readonly #split: Btf
  readonly #distilled: Btf
  readonly #base: Btf
  /** By id of the split BTF, its base's among them. */
  readonly #ids: Uint32Array
  /** By offset of a distilled string, the base's; 0: none. */
  readonly #strings: Uint32Array

  constructor(split: Btf, distilled: Btf, base: Btf) {
    this.#split = split
    this.#distilled = distilled
    this.#base = base
    this.#ids = new Uint32Array(split.typeCount)
    this.#strings = new Uint32Array(distilled.stringsEnd)
  }

  run(): Btf {
    this.#validate()
    const [from, to] = [this.#distilled.typeCount, this.#base.typeCount]
    for (let id = from; id < this.#split.typeCount; id++) this.#ids[id] = id + to - from
    for (let id = from; id < this.#split.typeCount; id++) this.#markEmbedded(id)
    this.#map()
    return this.#rewrite()
  }

  #refuse(text: string, errno: number = Errno.EINVAL): never {
    throw BtfError.warn(errno, text)
  }

  /** btf_relocate_validate_distilled_base. */
  #validate(): void {
    const distilled = this.#distilled
    for (let id = 1; id < distilled.typeCount; id++) {
      const kind = distilled.kind(id)
      if (!distillable.has(kind)) this.#refuse(`type [${id}] in distilled based BTF has unexpected kind [${kind}]`)
      if (distilled.nameOff(id) === 0) {
        this.#refuse(`type [${id}], kind [${kind}] is invalid for distilled base BTF; it is anonymous`)
      }
    }
  }

  /** btf_mark_embedded_composite_type_ids: pointers end it. */
  #markEmbedded(id: number): void {
    const split = this.#split
    if (!isComposite(split.kind(id))) return
    for (let i = 0; i < split.vlen(id); i++) {
      let next = split.memberType(id, i)
      for (let steps = split.typeCount; next !== 0 && steps > 0; steps--) {
        const kind = split.kind(next)
        if (kind === Kind.ARRAY) next = split.arrayElem(next)
        else if (passed.has(kind)) next = split.type(next)
        else {
          if (isComposite(kind) && next < this.#distilled.typeCount) this.#ids[next] = EMBEDDED
          break
        }
      }
    }
  }

  /** btf_relocate_map_distilled_base. */
  #map(): void {
    const base = this.#base
    const distilled = this.#distilled
    const infos: Info[] = Array.from({ length: distilled.typeCount }, (_, id) => ({
      name: id === 0 ? '' : distilled.name(id),
      needsSize: true,
      size: id === 0 ? 0 : distilled.size(id) & 0x7fffffff,
      id,
    }))
    infos.sort(compare)
    const { words, offsets, strings } = base.flat()
    const wanted = new StringPool(distilled.flat().strings)
    const named = this.#countNames()
    for (let id = 1; id < base.typeCount; id++) {
      const at = offsets[id] as number
      const nameOff = words[at] as number
      const kind = kindOf(words[at + 1] as number)
      if (nameOff === 0 || !searched.has(kind) || wanted.find(strings, nameOff) < 0) continue
      const needsSize = kind === Kind.FWD ? false : !isComposite(kind) || (named.get(nameOff) ?? 0) > 1
      const size = kind === Kind.FWD ? 0 : base.size(id) & 0x7fffffff
      this.#match({ name: base.name(id), needsSize, size, id }, infos)
    }
    for (let id = 1; id < distilled.typeCount; id++) {
      if (this.#ids[id] !== 0 && this.#ids[id] !== EMBEDDED) continue
      this.#refuse(`distilled base BTF type '${distilled.name(id)}' [${id}] is not mapped to base BTF id`)
    }
  }

  /** How many structs and unions of the base have a name. */
  #countNames(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>()
    for (let id = 1; id < this.#base.typeCount; id++) {
      const nameOff = this.#base.nameOff(id)
      if (nameOff !== 0 && isComposite(this.#base.kind(id))) counts.set(nameOff, (counts.get(nameOff) ?? 0) + 1)
    }
    return counts
  }

  /** A type of the base and all distilled ones that may stand for it. */
  #match(info: Info, infos: readonly Info[]): void {
    const ids = this.#ids
    for (let i = leftmost(info, infos); i < infos.length; i++) {
      const found = infos[i] as Info
      if (compare(info, found) !== 0) break
      if (found.id === 0) {
        this.#refuse(`base BTF id [${info.id}] maps to invalid distilled base BTF id [${found.id}]`)
      }
      if (!this.#stands(found.id, info.id)) continue
      const known = ids[found.id] as number
      if (known !== 0 && known !== EMBEDDED) {
        this.#refuse(
          `distilled base BTF type '${info.name}' [${found.id}], size ${this.#base.size(info.id)} has multiple candidates ` +
            `of the same size (ids [${info.id}, ${known}]) in base BTF`,
        )
      }
      ids[found.id] = info.id
      this.#strings[this.#distilled.nameOff(found.id)] = this.#base.nameOff(info.id)
    }
  }

  /** Whether a distilled type can stand for one of the base that has its name. */
  #stands(id: number, baseId: number): boolean {
    const [distilled, base] = [this.#distilled, this.#base]
    const kind = base.kind(baseId)
    switch (distilled.kind(id)) {
      case Kind.FWD:
        if (kind === Kind.FWD) return distilled.kflag(id) === base.kflag(baseId)
        // libbpf asks for the flag that tells of bit fields here.
        if (kind === Kind.STRUCT) return !base.kflag(baseId)
        return kind === Kind.UNION && base.kflag(baseId)
      case Kind.INT:
        return kind === Kind.INT && encoding(distilled, id) === encoding(base, baseId)
      case Kind.FLOAT:
        return kind === Kind.FLOAT
      case Kind.ENUM:
        return kind === Kind.ENUM || kind === Kind.ENUM64
      case Kind.STRUCT:
      case Kind.UNION:
        return this.#ids[id] !== EMBEDDED || base.size(baseId) === distilled.size(id)
      default:
        return false
    }
  }

  /** The split BTF's own part, with the base's ids and strings. */
  #rewrite(): Btf {
    const { words, offsets, strings } = this.#split.flat()
    const first = this.#distilled.typeCount
    const start = first < this.#split.typeCount ? (offsets[first] as number) : 0
    const changed = words.slice()
    let end = start
    const shift = this.#base.stringsEnd - this.#distilled.stringsEnd
    for (let id = first; id < this.#split.typeCount; id++) {
      const at = offsets[id] as number
      end = (id + 1 < this.#split.typeCount ? offsets[id + 1] : words.length - 3) as number
      forEachId(changed, at, (i) => {
        changed[i] = this.#ids[changed[i] as number] as number
      })
      forEachName(changed, at, (i) => {
        const off = changed[i] as number
        if (off === 0) return
        const to = off >= this.#distilled.stringsEnd ? off + shift : (this.#strings[off] as number)
        if (to === 0) this.#refuse(`string '' [offset ${off}] is not mapped to base BTF`, Errno.ENOENT)
        changed[i] = to
      })
    }
    const own = strings.subarray(this.#distilled.stringsEnd)
    return Btf.parse(assemble(changed.subarray(start, end), own), this.#base)
  }
}

function assemble(words: Uint32Array, strings: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + words.length * 4 + strings.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 0xeb9f, true)
  view.setUint8(2, 1)
  const header = [HEADER_SIZE, 0, words.length * 4, words.length * 4, strings.length]
  header.forEach((value, i) => {
    view.setUint32(4 + i * 4, value, true)
  })
  words.forEach((word, i) => {
    view.setUint32(HEADER_SIZE + i * 4, word, true)
  })
  bytes.set(strings, HEADER_SIZE + words.length * 4)
  return bytes
}

/** cmp_btf_name_size: larger ones first. */
function compare(a: Info, b: Info): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return a.needsSize && b.needsSize ? b.size - a.size : 0
}

/** search_btf_name_size: the first that is equal; past the end where none is. */
function leftmost(key: Info, infos: readonly Info[]): number {
  let [low, high, found] = [0, infos.length - 1, infos.length]
  while (low <= high) {
    const middle = (low + high) >> 1
    const order = compare(key, infos[middle] as Info)
    if (order === 0) found = middle
    if (order <= 0) high = middle - 1
    else low = middle + 1
  }
  return found
}

function isComposite(kind: number): boolean {
  return kind === Kind.STRUCT || kind === Kind.UNION
}

function encoding(btf: Btf, id: number): number {
  return btf.intEncoding(id) & (IntEncoding.SIGNED | IntEncoding.CHAR | IntEncoding.BOOL | 8)
}

/** Kinds that a distilled base may have. */
const distillable: ReadonlySet<number> = new Set([Kind.INT, Kind.FLOAT, Kind.ENUM, Kind.STRUCT, Kind.UNION, Kind.FWD])
/** Kinds of the base that are looked for. */
const searched: ReadonlySet<number> = new Set([...distillable, Kind.ENUM64])
/** What stands between a member and the struct that is in it by value. */
const passed: ReadonlySet<number> = new Set([Kind.CONST, Kind.RESTRICT, Kind.VOLATILE, Kind.TYPEDEF, Kind.TYPE_TAG])
