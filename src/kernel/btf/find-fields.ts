import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import { isModifier } from './env.ts'
import { FieldType, FieldTypes, fieldAlign, fieldSize } from './field-types.ts'

/** Looks for special fields in a struct or a data section (btf_find_field), in the order of members. */

/** struct btf_field_info. */
export interface FoundField {
  type: number
  offset: number
  /** What a pointer points to, or the type of a list's elements. */
  typeId: number
  /** The member that a list's elements hang by. */
  nodeName: string
}

/** Special fields that a type may have (BTF_FIELDS_MAX). */
const MAX_FIELDS = 11
const MAX_DEPTH = 32

/** Types that are known by the name of their struct, in the order in which they are tried; unique: once in a value. */
const byName: readonly (readonly [type: number, name: string, unique: boolean])[] = [
  [FieldType.SPIN_LOCK, 'bpf_spin_lock', true],
  [FieldType.RES_SPIN_LOCK, 'bpf_res_spin_lock', true],
  [FieldType.TIMER, 'bpf_timer', true],
  [FieldType.WORKQUEUE, 'bpf_wq', true],
  [FieldType.TASK_WORK, 'bpf_task_work', true],
  [FieldType.LIST_HEAD, 'bpf_list_head', false],
  [FieldType.LIST_NODE, 'bpf_list_node', false],
  [FieldType.RB_ROOT, 'bpf_rb_root', false],
  [FieldType.RB_NODE, 'bpf_rb_node', false],
  [FieldType.REFCOUNT, 'bpf_refcount', false],
]

/** @param mask types that are looked for. @throws KernelError. */
export function findFields(types: Btf, id: number, mask: number): FoundField[] {
  const finder = new Finder(types, mask)
  if (types.kind(id) === Kind.STRUCT) return finder.inStruct(id, 0, MAX_FIELDS)
  if (types.kind(id) === Kind.DATASEC) return finder.inSection(id)
  throw new KernelError(Errno.EINVAL)
}

/** A variable or a member that may be a special field. */
interface Place {
  /** The variable or the struct, and which member: what a declaration tag is on. */
  readonly owner: number
  readonly component: number
  readonly type: number
  readonly offset: number
  /** Bytes that a variable has; 0 for members. */
  readonly size: number
  readonly depth: number
  /** How many more fields may be found. */
  readonly room: number
}

class Finder {
  readonly #types: Btf
  readonly #mask: number

  constructor(types: Btf, mask: number) {
    this.#types = types
    this.#mask = mask
  }

  /** btf_find_struct_field. */
  inStruct(id: number, depth: number, room: number): FoundField[] {
    const types = this.#types
    const found: FoundField[] = []
    const seen = new Set<number>()
    const count = types.vlen(id)
    for (let i = 0; i < count; i++) {
      const bits = types.memberBitOffset(id, i)
      if (bits % 8 !== 0) throw new KernelError(Errno.EINVAL)
      const type = types.memberType(id, i)
      const left = room - found.length
      found.push(...this.#one({ owner: id, component: i, type, offset: bits / 8, size: 0, depth, room: left }, seen))
    }
    return found
  }

  /** btf_find_datasec_var. */
  inSection(id: number): FoundField[] {
    const types = this.#types
    const found: FoundField[] = []
    const seen = new Set<number>()
    const count = types.vlen(id)
    for (let i = 0; i < count; i++) {
      const owner = types.secVarType(id, i)
      const [type, offset, size] = [types.type(owner), types.secVarOffset(id, i), types.secVarSize(id, i)]
      const room = MAX_FIELDS - found.length
      found.push(...this.#one({ owner, component: -1, type, offset, size, depth: 0, room }, seen))
    }
    return found
  }

  /** btf_find_field_one. */
  #one(place: Place, seen: Set<number>): FoundField[] {
    const types = this.#types
    let { type } = place
    let elements = 1
    let depth = 0
    for (; depth < MAX_DEPTH && types.kind(type) === Kind.ARRAY; depth++) {
      elements = Math.imul(elements, types.arrayLength(type)) >>> 0
      type = types.arrayElem(type)
    }
    if (depth === MAX_DEPTH) throw new KernelError(Errno.E2BIG)
    if (elements === 0) return []
    const wanted = this.#fieldType(type, seen)
    if (wanted === 0) return types.kind(type) === Kind.STRUCT ? this.#nested(place, type, elements) : []
    const size = fieldSize(wanted)
    if (place.size && place.size !== Math.imul(size, elements) >>> 0) return []
    if (place.offset % fieldAlign(wanted) !== 0) return []
    const field = this.#field(place, type, wanted)
    if (!field) return []
    if (place.room === 0) throw new KernelError(Errno.E2BIG)
    return elements > 1 ? repeat([field], elements, size, place.room) : [field]
  }

  /** btf_get_field_type: 0 for what is none. */
  #fieldType(type: number, seen: Set<number>): number {
    const types = this.#types
    const name = types.name(type)
    for (const [wanted, wantedName, unique] of byName) {
      if (!(this.#mask & wanted) || name !== wantedName) continue
      if (unique && seen.has(wanted)) throw new KernelError(Errno.E2BIG)
      seen.add(wanted)
      return wanted
    }
    const pointers = this.#mask & (FieldTypes.KPTR | FieldType.UPTR)
    return pointers && types.kind(type) !== Kind.STRUCT ? FieldType.KPTR_REF : 0
  }

  /** btf_find_nested_struct. */
  #nested({ offset, size, depth, room }: Place, type: number, elements: number): FoundField[] {
    const bytes = this.#types.size(type)
    if (size && size !== Math.imul(bytes, elements) >>> 0) return []
    if (depth + 1 >= MAX_DEPTH) throw new KernelError(Errno.E2BIG)
    const found = this.inStruct(type, depth + 1, room)
    for (const field of found) field.offset += offset
    return found.length > 0 && elements > 1 ? repeat(found, elements, bytes, room) : found
  }

  #field(place: Place, type: number, wanted: number): FoundField | undefined {
    const types = this.#types
    if (wanted === FieldType.KPTR_REF) {
      const pointer = findPointer(types, type, this.#mask)
      return pointer && { ...pointer, offset: place.offset, nodeName: '' }
    }
    // btf_find_struct, and the beginning of btf_find_graph_root.
    if (types.kind(type) !== Kind.STRUCT || types.size(type) !== fieldSize(wanted)) return undefined
    const field = { type: wanted, offset: place.offset, typeId: 0, nodeName: '' }
    return wanted & FieldTypes.GRAPH_ROOT ? { ...field, ...graphRoot(types, place) } : field
  }
}

/** btf_repeat_fields: those of an array's first element, for all of them. */
function repeat(fields: FoundField[], elements: number, size: number, room: number): FoundField[] {
  const repeatable = FieldTypes.KPTR | FieldType.UPTR | FieldTypes.GRAPH_ROOT
  if (!fields.every(({ type }) => type & repeatable)) throw new KernelError(Errno.EINVAL)
  if (fields.length * elements > room) throw new KernelError(Errno.E2BIG)
  const all: FoundField[] = []
  for (let i = 0; i < elements; i++) {
    for (const field of fields) all.push({ ...field, offset: field.offset + i * size })
  }
  return all
}

/** Tags of pointers, and what they make of them. */
const pointerTags: Readonly<Record<string, number>> = {
  kptr_untrusted: FieldType.KPTR_UNREF,
  kptr: FieldType.KPTR_REF,
  percpu_kptr: FieldType.KPTR_PERCPU,
  uptr: FieldType.UPTR,
}

/** btf_find_kptr. @returns undefined for what is no tagged pointer. @throws KernelError EINVAL. */
export function findPointer(types: Btf, id: number, mask: number): { type: number; typeId: number } | undefined {
  const pointer = types.kind(id) === Kind.VOLATILE ? types.type(id) : id
  if (types.kind(pointer) !== Kind.PTR) return undefined
  const tag = types.type(pointer)
  if (types.kind(tag) !== Kind.TYPE_TAG || types.kflag(tag)) return undefined
  if (types.kind(types.type(tag)) === Kind.TYPE_TAG) throw new KernelError(Errno.EINVAL)
  const name = types.name(tag)
  const type = Object.hasOwn(pointerTags, name) ? pointerTags[name] : undefined
  if (type === undefined) throw new KernelError(Errno.EINVAL)
  if (!(type & mask)) return undefined
  let typeId = types.type(tag)
  while (isModifier(types.kind(typeId))) typeId = types.type(typeId)
  if (types.kind(typeId) !== Kind.STRUCT) throw new KernelError(Errno.EINVAL)
  return { type, typeId }
}

/** btf_find_graph_root: the tag `contains:STRUCT:MEMBER` says what is in a list or a tree. */
function graphRoot(types: Btf, { owner, component }: Place): Pick<FoundField, 'typeId' | 'nodeName'> {
  const prefix = 'contains:'
  const values: string[] = []
  for (let id = 1; id < types.typeCount; id++) {
    if (types.kind(id) !== Kind.DECL_TAG || types.type(id) !== owner || types.declTagIndex(id) !== component) continue
    const tag = types.name(id)
    if (tag.startsWith(prefix)) values.push(tag.slice(prefix.length))
  }
  const [value, ...more] = values
  const colon = value?.indexOf(':') ?? -1
  if (value === undefined || more.length > 0 || colon < 0) throw new KernelError(Errno.EINVAL)
  const typeId = types.findOwnByNameKind(value.slice(0, colon), Kind.STRUCT)
  if (typeId === undefined) throw new KernelError(Errno.ENOENT)
  const nodeName = value.slice(colon + 1)
  if (nodeName === '') throw new KernelError(Errno.EINVAL)
  return { typeId, nodeName }
}
