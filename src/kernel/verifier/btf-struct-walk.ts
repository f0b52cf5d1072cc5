import type { Btf } from '../../btf/btf.ts'
import { Kind, isModifierOrTypedef } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { Flag } from './types.ts'

/** What is at a place in a struct (btf_struct_walk), and which struct begins where another does. */

/** enum bpf_struct_walk_result; a refusal is a negative errno. */
export const Found = { SCALAR: 0, PTR: 1, PTR_UNTRUSTED: 2, STRUCT: 3 } as const

/** What a walk gives beside its result, and takes with it into the next one. */
export interface Place {
  /** The struct that was found, or that a found pointer is to. */
  id: number
  /** Flag: of a pointer, by its tag; PTR_UNTRUSTED once a union was passed through. */
  flags: number
  /** The member that a found pointer is. */
  field: string
}

interface Log {
  verbose(text: string): void
}

const MAX_RESOLVE_DEPTH = 32
const U32_MAX = 0xffffffff
const POINTER_SIZE = 8

/** Declared tags of what a pointer is to. */
const tagFlags: ReadonlyMap<string, number> = new Map([
  ['user', Flag.MEM_USER],
  ['percpu', Flag.MEM_PERCPU],
  ['rcu', Flag.MEM_RCU],
])

export function isStructOrUnion(kind: number): boolean {
  return kind === Kind.STRUCT || kind === Kind.UNION
}

/** __btf_name_by_offset: how the kernel's messages name what has no name. */
export function shownName(name: string): string {
  return name === '' ? '(anon)' : name
}

/** A member's type without its modifiers; of an array, however many dimensions it has, that of the elements. */
interface MemberShape {
  /** Bytes of all of it. */
  readonly size: number
  readonly isArray: boolean
  readonly elements: number
  readonly type: number
  /** The type's id as it was named last: a modifier of `type` where it's an array's element. */
  readonly named: number
}

/** __btf_resolve_size; undefined for what has no size. */
function shapeOf(btf: Btf, id: number): MemberShape | undefined {
  let elements = 1
  let isArray = false
  let named = id
  let type = id
  for (let depth = 0; depth < MAX_RESOLVE_DEPTH; depth++) {
    const kind = btf.kind(type)
    if (isModifierOrTypedef(kind)) {
      type = btf.type(type)
      if (!isArray) named = type
    } else if (kind === Kind.ARRAY) {
      elements *= btf.arrayLength(type)
      if (elements > U32_MAX) return undefined
      isArray = true
      type = named = btf.arrayElem(type)
    } else {
      const one = sizeOf(btf, type, kind)
      const size = one === undefined ? undefined : one * elements
      return size === undefined || size > U32_MAX ? undefined : { size, isArray, elements, type, named }
    }
  }
  return undefined
}

function sizeOf(btf: Btf, id: number, kind: number): number | undefined {
  switch (kind) {
    case Kind.INT:
    case Kind.STRUCT:
    case Kind.UNION:
    case Kind.ENUM:
    case Kind.ENUM64:
    case Kind.FLOAT:
      return btf.size(id)
    case Kind.PTR:
      return POINTER_SIZE
    default:
      return undefined
  }
}

/**
 * btf_struct_walk: one struct, and those inside of it as far as `off` isn't where one of them begins.
 * @returns Found, or a negative errno whose text is in the log.
 */
export function walkStruct(log: Log, btf: Btf, id: number, off: number, size: number, place: Place): number {
  const no = (errno: number, text: string): number => {
    log.verbose(`${text}\n`)
    return -errno
  }
  off >>>= 0
  for (;;) {
    id = btf.skipModsAndTypedefs(id)
    const name = shownName(btf.name(id))
    const kind = btf.kind(id)
    if (!isStructOrUnion(kind)) return no(Errno.EINVAL, `Type '${name}' is not a struct`)
    // Which member of a union is the true one isn't known.
    if (kind === Kind.UNION && btf.vlen(id) !== 1) place.flags |= Flag.PTR_UNTRUSTED
    const end = (off + size) >>> 0
    if (end > btf.size(id)) {
      const tail = flexibleTail(btf, id, off)
      if (!tail) return no(Errno.EACCES, `access beyond struct ${name} at off ${off} size ${size}`)
      if (btf.kind(tail.element) === Kind.INT) return Found.SCALAR
      id = tail.element
      off = (off - tail.begin) % btf.size(id)
      continue
    }
    const member = memberAt(btf, id, off, end)
    if (member === undefined) {
      return no(Errno.EINVAL, `struct ${name} doesn't have field at offset ${off | 0}`)
    }
    if (member < 0) return Found.SCALAR
    const shape = shapeOf(btf, btf.memberType(id, member))
    const field = shownName(btf.memberName(id, member))
    if (!shape) return no(Errno.EFAULT, `field ${field} doesn't have size`)
    let begin = btf.memberBitOffset(id, member) >>> 3
    const memberEnd = begin + shape.size
    let memberSize = shape.size
    if (shape.isArray) {
      memberSize /= shape.elements
      begin += Math.floor((off - begin) / memberSize) * memberSize
    }
    const memberKind = btf.kind(shape.type)
    if (isStructOrUnion(memberKind)) {
      if (off === begin) {
        place.id = shape.named
        return Found.STRUCT
      }
      off -= begin
      id = shape.type
      continue
    }
    if (memberKind === Kind.PTR) {
      if (memberSize !== size || off !== begin) {
        const where = `member ${field} with moff ${begin} in struct ${name} with off ${off} size ${size}`
        return no(Errno.EACCES, `cannot access ptr ${where}`)
      }
      return pointerAt(btf, shape.type, field, place)
    }
    // Integers may be accessed in any way that stays inside of the member, all of an array of them too.
    if (end > memberEnd && (place.flags & Flag.PTR_UNTRUSTED) === 0) {
      const where = `${field} (mend:${memberEnd}) in struct ${name} with off ${off} size ${size}`
      return no(Errno.EACCES, `access beyond the end of member ${where}`)
    }
    return Found.SCALAR
  }
}

/** What stands behind a struct whose last member is an array without a length. */
function flexibleTail(btf: Btf, id: number, off: number): { begin: number; element: number } | undefined {
  const last = btf.vlen(id) - 1
  if (last < 0) return undefined
  const array = btf.skipModsAndTypedefs(btf.memberType(id, last))
  if (btf.kind(array) !== Kind.ARRAY || btf.arrayLength(array) !== 0) return undefined
  const begin = btf.memberBitOffset(id, last) >>> 3
  if (off < begin) return undefined
  const element = btf.skipModsAndTypedefs(btf.arrayElem(array))
  const kind = btf.kind(element)
  return kind === Kind.INT || isStructOrUnion(kind) ? { begin, element } : undefined
}

const ends = new WeakMap<Btf, Map<number, Float64Array>>()

/** Where each member of a struct ends, in bytes; Infinity for those without a size. */
function memberEnds(btf: Btf, id: number): Float64Array {
  let byId = ends.get(btf)
  if (!byId) ends.set(btf, (byId = new Map<number, Float64Array>()))
  let found = byId.get(id)
  if (!found) {
    const count = btf.vlen(id)
    found = new Float64Array(count)
    for (let i = 0; i < count; i++) {
      const size = shapeOf(btf, btf.memberType(id, i))?.size ?? Infinity
      found[i] = (btf.memberBitOffset(id, i) >>> 3) + size
    }
    byId.set(id, found)
  }
  return found
}

/**
 * The member that holds the byte `off`.
 * @returns its place; -1 for a bit field that the access has all of; undefined for none.
 */
function memberAt(btf: Btf, id: number, off: number, end: number): number | undefined {
  const memberEnd = memberEnds(btf, id)
  for (let i = 0; i < memberEnd.length; i++) {
    const bits = btf.memberBitOffset(id, i)
    const begin = bits >>> 3
    if (end <= begin) return undefined
    const width = btf.memberBitfieldSize(id, i)
    if (width) {
      // Compilers leave unnamed bit fields out, so that the access may begin before this one. A part of one is none.
      if (off <= begin && Math.ceil((bits + width) / 8) <= end) return -1
      continue
    }
    if (off < begin) return undefined
    if (off < (memberEnd[i] as number)) return i
  }
  return undefined
}

function pointerAt(btf: Btf, pointer: number, field: string, place: Place): number {
  const target = btf.type(pointer)
  const struct = btf.skipModsAndTypedefs(target)
  if (!isStructOrUnion(btf.kind(struct))) return Found.PTR_UNTRUSTED
  if (btf.kind(target) === Kind.TYPE_TAG && !btf.kflag(target)) place.flags |= tagFlags.get(btf.name(target)) ?? 0
  place.id = struct
  place.field = field
  return Found.PTR
}

/** btf_types_are_same. */
export function sameType(btf: Btf | undefined, id: number, other: Btf | undefined, otherId: number): boolean {
  return id === otherId && btf === other
}

/**
 * btf_struct_ids_match: whether a pointer into one struct is one to another, because that one is at this place in it.
 * @param strict only at the first struct itself.
 */
export function structIdsMatch(
  log: Log,
  btf: Btf,
  id: number,
  off: number,
  needBtf: Btf,
  needId: number,
  strict: boolean,
): boolean {
  if (off === 0 && sameType(btf, id, needBtf, needId)) return true
  if (strict) return false
  const place: Place = { id, flags: 0, field: '' }
  for (;;) {
    if (walkStruct(log, btf, place.id, off, 1, place) !== Found.STRUCT) return false
    if (sameType(btf, place.id, needBtf, needId)) return true
    off = 0
  }
}
