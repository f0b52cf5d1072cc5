import { Kind } from '../../btf/btf.ts'
import type { Btf } from '../../btf/btf.ts'

const VALUE_PREFIX = 'bpf_struct_ops_'
const COMMON_VALUE = 'bpf_struct_ops_common_value'

/** A member of an operations struct. */
export interface OpsMember {
  name: string
  /** Bytes from the struct's beginning, and how many; 0 for those that have no size. */
  offset: number
  size: number
  isFunction: boolean
  /** struct module *. */
  isModule: boolean
}

/** struct bpf_struct_ops_desc: an operations struct that programs can implement, and the value around it. */
export interface OpsLayout {
  name: string
  typeId: number
  size: number
  valueSize: number
  /** Where in the value the struct is. */
  dataOffset: number
  members: OpsMember[]
}

/** Whether a value begins with the state that all have in common: a struct, before 6.9 its members. */
function beginsWithState(btf: Btf, valueId: number): boolean {
  const count = btf.vlen(valueId)
  if (count === 2) return btf.name(btf.memberType(valueId, 0)) === COMMON_VALUE
  return count === 3 && btf.memberName(valueId, 0) === 'refcnt' && btf.memberName(valueId, 1) === 'state'
}

/** bpf_struct_ops_find_value: behind the state that all have in common, the value has the struct that it's named for. */
export function findOpsLayout(btf: Btf, valueId: number): OpsLayout | undefined {
  if (!btf.has(valueId) || btf.kind(valueId) !== Kind.STRUCT || !beginsWithState(btf, valueId)) return undefined
  const name = btf.name(valueId).slice(VALUE_PREFIX.length)
  const last = btf.vlen(valueId) - 1
  const typeId = btf.memberType(valueId, last)
  if (btf.name(valueId) !== VALUE_PREFIX + name) return undefined
  if (btf.kind(typeId) !== Kind.STRUCT || btf.name(typeId) !== name) return undefined
  return {
    name,
    typeId,
    size: btf.size(typeId),
    valueSize: btf.size(valueId),
    dataOffset: btf.memberBitOffset(valueId, last) / 8,
    members: Array.from({ length: btf.vlen(typeId) }, (_, i) => member(btf, typeId, i)),
  }
}

function member(btf: Btf, typeId: number, i: number): OpsMember {
  const id = btf.memberType(typeId, i)
  const target = pointee(btf, id)
  const kind = target === undefined ? undefined : btf.kind(target)
  return {
    name: btf.memberName(typeId, i),
    offset: Math.floor(btf.memberBitOffset(typeId, i) / 8),
    size: btf.resolveSize(id) ?? 0,
    isFunction: kind === Kind.FUNC_PROTO,
    isModule: kind === Kind.STRUCT && target !== undefined && btf.name(target) === 'module',
  }
}

/** btf_type_resolve_ptr. */
function pointee(btf: Btf, id: number): number | undefined {
  const type = btf.skipModsAndTypedefs(id)
  return btf.kind(type) === Kind.PTR ? btf.skipModsAndTypedefs(btf.type(type)) : undefined
}

/** check_zero_holes: whether all bytes between members are zero. */
export function holesAreZero(bytes: Uint8Array, { size, members }: Pick<OpsLayout, 'size' | 'members'>): boolean {
  let end = 0
  for (const { offset, size: length } of members) {
    if (bytes.subarray(end, offset).some((byte) => byte !== 0)) return false
    end = offset + length
  }
  return !bytes.subarray(end, size).some((byte) => byte !== 0)
}
