import { Kind, elementWords, fixedWords } from './kinds.ts'

/** Where a kind's words hold type ids and string offsets (btf_field_iter_init). */
interface Fields {
  /** Words of struct btf_type and what follows it that are type ids. */
  ids: readonly number[]
  /** The word of an element that is a type id, and the one that is a string offset; -1: none. */
  elementId: number
  elementName: number
}

const none: Fields = { ids: [], elementId: -1, elementName: -1 }
const refers: Fields = { ids: [2], elementId: -1, elementName: -1 }
const members: Fields = { ids: [], elementId: 1, elementName: 0 }
const enumerators: Fields = { ids: [], elementId: -1, elementName: 0 }

const fields: Readonly<Record<number, Fields>> = {
  [Kind.UNKN]: none,
  [Kind.INT]: none,
  [Kind.FLOAT]: none,
  [Kind.ENUM]: enumerators,
  [Kind.ENUM64]: enumerators,
  [Kind.FWD]: refers,
  [Kind.CONST]: refers,
  [Kind.VOLATILE]: refers,
  [Kind.RESTRICT]: refers,
  [Kind.PTR]: refers,
  [Kind.TYPEDEF]: refers,
  [Kind.FUNC]: refers,
  [Kind.VAR]: refers,
  [Kind.DECL_TAG]: refers,
  [Kind.TYPE_TAG]: refers,
  [Kind.ARRAY]: { ids: [3, 4], elementId: -1, elementName: -1 },
  [Kind.STRUCT]: members,
  [Kind.UNION]: members,
  [Kind.FUNC_PROTO]: { ids: [2], elementId: 1, elementName: 0 },
  [Kind.DATASEC]: { ids: [], elementId: 0, elementName: -1 },
}

export function kindOf(info: number): number {
  return (info >>> 24) & 0x7f
}

export function vlenOf(info: number): number {
  return info & 0xffffff
}

/** Visits the index of each word that is a type id, in libbpf's order. @returns whether the kind is known. */
export function forEachId(words: Uint32Array, at: number, visit: (index: number) => void): boolean {
  const info = words[at + 1] as number
  const kind = kindOf(info)
  const found = fields[kind]
  if (found === undefined) return false
  for (const i of found.ids) visit(at + i)
  if (found.elementId < 0) return true
  const step = elementWords[kind] as number
  const end = at + 3 + vlenOf(info) * step
  for (let i = at + 3 + found.elementId; i < end; i += step) visit(i)
  return true
}

/** Visits the index of each word that is a string offset, the type's own name first. @returns whether the kind is known. */
export function forEachName(words: Uint32Array, at: number, visit: (index: number) => void): boolean {
  const info = words[at + 1] as number
  const kind = kindOf(info)
  const found = fields[kind]
  if (found === undefined) return false
  if (kind === Kind.UNKN) return true
  visit(at)
  if (found.elementName < 0) return true
  const step = elementWords[kind] as number
  const end = at + 3 + vlenOf(info) * step
  for (let i = at + 3 + found.elementName; i < end; i += step) visit(i)
  return true
}

/** btf_type_size, in words. */
export function typeWords(info: number): number {
  const kind = kindOf(info)
  return 3 + (fixedWords[kind] ?? 0) + (elementWords[kind] ?? 0) * vlenOf(info)
}
