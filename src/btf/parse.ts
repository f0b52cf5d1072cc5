import { Errno } from '../uapi/errno.ts'
import { BtfError } from './error.ts'
import { parseHeader } from './header.ts'
import { Kind, NR_BTF_KINDS, elementWords, fixedWords } from './kinds.ts'
import type { Btf } from './btf.ts'
import type { BtfLogLine } from './error.ts'

/** What an unknown kind adds to struct btf_type, in words; from the optional kind layout section. */
export interface KindLayout {
  fixed: Uint8Array
  element: Uint8Array
}

/** BTF's sections, found and checked; type ids and string offsets count on from those of the base. */
export interface Sections {
  littleEndian: boolean
  /** The type section as native 32-bit words, and three zero words at its end that stand for void. */
  words: Uint32Array
  /** Index in `words` of each type; [0] is void. */
  offsets: Uint32Array
  /** Types of its own, void included. */
  count: number
  strings: Uint8Array
  layout: KindLayout | undefined
}

/** How far the types of one BTF refer: the greatest string offset and type id of those that the sanity check looks at. */
export interface Reach {
  nameOff: number
  ref: number
  /** Whether each function's type is a prototype that stands before it. */
  prototyped: boolean
}

const hostLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

/** btf_new's parsing up to the sanity check. @throws BtfError. */
export function parseSections(
  bytes: Uint8Array,
  base: Btf | undefined,
  lines: BtfLogLine[],
): Sections & { reach: Reach } {
  const header = parseHeader(bytes, lines)
  const { littleEndian, typeOff, typeLen, strOff, strLen } = header
  const strings = bytes.subarray(strOff, strOff + strLen)
  checkStrings(strings, base)
  const layout = parseLayout(bytes.subarray(header.layoutOff, header.layoutOff + header.layoutLen))
  const words = typeWords(bytes, typeOff, typeLen, littleEndian)
  const found = findTypes(words, typeLen, base?.typeCount ?? 1, littleEndian, layout ?? base?.layout)
  return { littleEndian, words, strings, layout, ...found }
}

/** btf_parse_str_sec. */
function checkStrings(strings: Uint8Array, base: Btf | undefined): void {
  if (base !== undefined && strings.length === 0) return
  if (strings.length === 0 || strings.length - 1 > 0x7fffffff || strings.at(-1) !== 0) {
    throw BtfError.debug(Errno.EINVAL, 'Invalid BTF string section')
  }
  if (base === undefined && strings[0] !== 0) {
    const text = 'Malformed BTF string section, did you forget to provide base BTF?'
    throw BtfError.debug(Errno.EINVAL, text)
  }
}

/** btf_parse_layout_sec: struct btf_layout { u8 info_sz; u8 elem_sz; u16 flags } for each kind. */
function parseLayout(bytes: Uint8Array): KindLayout | undefined {
  if (bytes.length === 0) return undefined
  if (bytes.length % 4 !== 0) throw BtfError.debug(Errno.EINVAL, 'Invalid BTF kind layout section')
  const count = bytes.length / 4
  const layout = { fixed: new Uint8Array(count), element: new Uint8Array(count) }
  for (let kind = 0; kind < count; kind++) {
    layout.fixed[kind] = bytes[kind * 4] as number
    layout.element[kind] = bytes[kind * 4 + 1] as number
  }
  return layout
}

function typeWords(bytes: Uint8Array, off: number, len: number, littleEndian: boolean): Uint32Array {
  const words = new Uint32Array((len >>> 2) + 3)
  new Uint8Array(words.buffer).set(bytes.subarray(off, off + (len & ~3)))
  if (littleEndian !== hostLittleEndian) {
    for (let i = 0; i < words.length; i++) {
      const w = words[i] as number
      words[i] = (w << 24) | ((w & 0xff00) << 8) | ((w >>> 8) & 0xff00) | (w >>> 24)
    }
  }
  return words
}

/** btf_type_size_unknown, in words. */
function unknownSize(kind: number, vlen: number, layout: KindLayout | undefined): number {
  const fixed = layout?.fixed[kind]
  const element = layout?.element[kind]
  if (fixed === undefined || element === undefined) {
    throw BtfError.debug(Errno.EINVAL, `Unsupported BTF_KIND: ${kind}`)
  }
  if (fixed % 4) throw BtfError.debug(Errno.EINVAL, `Unsupported info_sz ${fixed} for kind ${kind}`)
  if (element % 4) throw BtfError.debug(Errno.EINVAL, `Unsupported elem_sz ${element} for kind ${kind}`)
  return (fixed + vlen * element) / 4
}

/** What refers to what, by kind: whether a type's third word is the id of another. */
const refers = new Uint8Array(128)
/** Words of an element: its first is a name, unless its id is there. */
const steps = Uint8Array.from({ length: 128 }, (_, kind) => elementWords[kind] ?? 0)
/** Which of an element's words is a type's id; -1: none. */
const refsAt = new Int8Array(128).fill(-1)
/** Words at the end that are no elements. */
const spare = new Uint8Array(128)
for (const kind of [Kind.PTR, Kind.TYPEDEF, Kind.VOLATILE, Kind.CONST, Kind.RESTRICT]) refers[kind] = 1
for (const kind of [Kind.FUNC, Kind.VAR, Kind.DECL_TAG, Kind.TYPE_TAG]) refers[kind] = 1
for (const kind of [Kind.STRUCT, Kind.UNION, Kind.FUNC_PROTO]) refsAt[kind] = 1
for (const kind of [Kind.ARRAY, Kind.DATASEC]) refsAt[kind] = 0
// An array's element and index are as two elements; its length isn't.
steps[Kind.ARRAY] = 1
spare[Kind.ARRAY] = 1

/** btf_parse_type_sec; in the same pass, since the types are many, how far they reach. */
function findTypes(
  words: Uint32Array,
  typeLen: number,
  startId: number,
  littleEndian: boolean,
  layout: KindLayout | undefined,
): { offsets: Uint32Array; count: number; reach: Reach } {
  const end = typeLen >>> 2
  let offsets = new Uint32Array((end >>> 2) + 64)
  offsets[0] = end
  let count = 1
  let nameOff = 0
  let ref = 0
  let prototyped = true
  let at = 0
  while (at + 3 <= end) {
    const info = words[at + 1] as number
    const kind = (info >>> 24) & 0x7f
    const vlen = info & 0xffffff
    const known = kind > 0 && kind < NR_BTF_KINDS
    const rest = known
      ? (fixedWords[kind] as number) + vlen * (elementWords[kind] as number)
      : unknownSize(kind, vlen, layout)
    const next = at + 3 + rest
    if (next > end) throw BtfError.warn(Errno.EINVAL, `BTF type [${startId + count - 1}] is malformed`)
    if (!known && !littleEndian) throw BtfError.debug(Errno.EINVAL, `Unsupported BTF_KIND:${kind}`)
    if (count === offsets.length) {
      const larger = new Uint32Array(count * 2)
      larger.set(offsets)
      offsets = larger
    }
    offsets[count++] = at
    const name = words[at] as number
    if (name > nameOff) nameOff = name
    if (refers[kind] === 1) {
      const type = words[at + 2] as number
      if (type > ref) ref = type
      const own = type - startId + 1
      const target = own > 0 && own < count ? (words[(offsets[own] as number) + 1] as number) >>> 24 : 0
      if (target !== Kind.FUNC_PROTO && kind === Kind.FUNC) prototyped = false
    }
    const step = steps[kind] as number
    const refAt = refsAt[kind] as number
    const until = step === 0 ? 0 : next - (spare[kind] as number)
    for (let m = at + 3; m < until; m += step) {
      const element = words[m] as number
      if (refAt !== 0 && element > nameOff) nameOff = element
      const type = words[m + refAt] as number
      if (refAt >= 0 && type > ref) ref = type
    }
    at = next
  }
  if (at * 4 !== typeLen) throw BtfError.warn(Errno.EINVAL, 'BTF types data is malformed')
  return { offsets: offsets.slice(0, count), count, reach: { nameOff, ref, prototyped } }
}
