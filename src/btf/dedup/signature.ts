import { kindOf, typeWords, vlenOf } from '../fields.ts'
import { Kind } from '../kinds.ts'

/**
 * Hashes of types and comparisons of what is hashed. Types are given by the index of their first word. Hashes are cut to
 * 32 bits, which only brings more candidates that then differ.
 */

function combine(hash: number, value: number): number {
  return (Math.imul(hash, 31) + value) | 0
}

/** btf_hash_common, with `extra` words more (btf_hash_int_decl_tag, btf_hash_array, btf_hash_fnproto). */
export function hashWords(words: Uint32Array, at: number, extra: number): number {
  let hash = 0
  for (let i = 0; i < 3 + extra; i++) hash = combine(hash, words[at + i] as number)
  return hash
}

/** btf_hash_struct: members without their types. */
function hashStruct(words: Uint32Array, at: number): number {
  let hash = hashWords(words, at, 0)
  const end = at + 3 + vlenOf(words[at + 1] as number) * 3
  for (let i = at + 3; i < end; i += 3) {
    hash = combine(combine(hash, words[i] as number), words[i + 2] as number)
  }
  return hash
}

/** btf_hash_typedef: without the type that it names. */
function hashTypedef(words: Uint32Array, at: number): number {
  return combine(combine(0, words[at] as number), words[at + 1] as number)
}

/** The hash of a type of any kind that is deduplicated. */
export function hashType(words: Uint32Array, at: number): number {
  const info = words[at + 1] as number
  switch (kindOf(info)) {
    case Kind.TYPEDEF:
      return hashTypedef(words, at)
    case Kind.STRUCT:
    case Kind.UNION:
      return hashStruct(words, at)
    case Kind.ENUM:
    case Kind.ENUM64:
      // By name alone: a forward declaration must find what it stands for.
      return words[at] as number | 0
    default:
      return hashWords(words, at, typeWords(info) - 3)
  }
}

/** btf_equal_common. */
export function equalCommon(words: Uint32Array, a: number, b: number): boolean {
  return words[a] === words[b] && words[a + 1] === words[b + 1] && words[a + 2] === words[b + 2]
}

/** All words alike, those after struct btf_type too. */
export function equalWhole(words: Uint32Array, a: number, b: number): boolean {
  if (!equalCommon(words, a, b)) return false
  const length = typeWords(words[a + 1] as number)
  for (let i = 3; i < length; i++) if (words[a + i] !== words[b + i]) return false
  return true
}

/** btf_equal_typedef. */
export function equalTypedef(words: Uint32Array, a: number, b: number): boolean {
  return words[a] === words[b] && words[a + 1] === words[b + 1]
}

/** btf_shallow_equal_struct: alike but for the members' types. */
export function shallowEqualStruct(words: Uint32Array, a: number, b: number): boolean {
  if (!equalCommon(words, a, b)) return false
  const length = 3 + vlenOf(words[a + 1] as number) * 3
  for (let i = 3; i < length; i += 3) {
    if (words[a + i] !== words[b + i] || words[a + i + 2] !== words[b + i + 2]) return false
  }
  return true
}

/** btf_compat_array. */
export function compatibleArray(words: Uint32Array, a: number, b: number): boolean {
  return equalCommon(words, a, b) && words[a + 5] === words[b + 5]
}

/** btf_compat_fnproto: alike but for types. */
export function compatibleProto(words: Uint32Array, a: number, b: number): boolean {
  if (!equalTypedef(words, a, b)) return false
  const length = 3 + vlenOf(words[a + 1] as number) * 2
  for (let i = 3; i < length; i += 2) if (words[a + i] !== words[b + i]) return false
  return true
}

export function isEnum(info: number): boolean {
  const kind = kindOf(info)
  return kind === Kind.ENUM || kind === Kind.ENUM64
}

/** btf_is_enum_fwd. */
export function isEnumForward(info: number): boolean {
  return isEnum(info) && vlenOf(info) === 0
}

/** btf_compat_enum: equal, or one of them only declared. */
export function compatibleEnum(words: Uint32Array, a: number, b: number): boolean {
  const [infoA, infoB] = [words[a + 1] as number, words[b + 1] as number]
  if (!isEnumForward(infoA) && !isEnumForward(infoB)) return equalWhole(words, a, b)
  return words[a] === words[b] && isEnum(infoA) && isEnum(infoB)
}

/** btf_fwd_kind. */
export function forwardKind(info: number): number {
  return info >>> 31 ? Kind.UNION : Kind.STRUCT
}
