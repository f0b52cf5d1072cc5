import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { MapType as T } from '../../uapi/map-type.ts'
import type { CheckedBtf } from '../btf/checked.ts'
import type { FieldKernel } from '../btf/dtors.ts'
import { regularIntBytes } from '../btf/env.ts'
import type { MapField } from '../btf/field-types.ts'
import { FieldType as F, FieldTypes, fieldMask } from '../btf/field-types.ts'
import { parseFields } from '../btf/fields.ts'
import { checkOwnership } from '../btf/struct-metas.ts'
import { KernelError } from '../error.ts'
import type { MapRecord } from '../objects/records.ts'

/** Whether the types that a map's creator gives fit the map, and which special fields its values have. */

/** What the check asks of a map that isn't yet. */
export type MapToCheck = Pick<MapRecord, 'type' | 'keySize' | 'valueSize' | 'maxEntries' | 'mapFlags'>

/** Fields that a map's value may have. */
const WANTED =
  F.SPIN_LOCK |
  F.RES_SPIN_LOCK |
  F.TIMER |
  F.WORKQUEUE |
  F.TASK_WORK |
  FieldTypes.KPTR |
  F.UPTR |
  F.LIST_HEAD |
  F.RB_ROOT |
  F.REFCOUNT

/**
 * map_check_btf.
 * @param keyId type of the keys, 0 for none. @param valueId type of the values.
 * @returns the special fields. @throws KernelError.
 */
export function checkMapBtf(
  kernel: FieldKernel,
  btf: CheckedBtf,
  map: MapToCheck,
  keyId: number,
  valueId: number,
): readonly MapField[] {
  const check = familyChecks[map.type]
  let key = 0
  if (keyId) {
    const type = btf.idSize(keyId)
    if (type?.size !== map.keySize) throw new KernelError(Errno.EINVAL)
    key = type.id
  } else if (!check) {
    throw new KernelError(Errno.EINVAL)
  }
  const value = btf.idSize(valueId)
  if (value?.size !== map.valueSize) throw new KernelError(Errno.EINVAL)
  const fields = fieldsOf(kernel, btf, value.id, map.valueSize)
  if (fields.length > 0) {
    if (map.mapFlags & (MapFlag.RDONLY_PROG | MapFlag.WRONLY_PROG)) throw new KernelError(Errno.EACCES)
    checkPlaces(map, fieldMask(fields))
    checkOwnership(btf.types, btf.structMetas, fields)
  }
  check?.(btf, map, key, value.id)
  return fields
}

/** A value whose fields make no sense has none: nobody is told. */
function fieldsOf(kernel: FieldKernel, btf: CheckedBtf, valueId: number, valueSize: number): readonly MapField[] {
  try {
    return parseFields(kernel, btf.types, valueId, WANTED, valueSize)
  } catch (error) {
    if (error instanceof KernelError) return []
    throw error
  }
}

const storages: readonly number[] = [T.SK_STORAGE, T.INODE_STORAGE, T.TASK_STORAGE, T.CGRP_STORAGE]

/** Map types whose values may have fields of these types. */
const places: readonly (readonly [types: number, maps: ReadonlySet<number>])[] = [
  [F.SPIN_LOCK | F.RES_SPIN_LOCK, new Set([T.HASH, T.ARRAY, T.CGROUP_STORAGE, ...storages])],
  [F.TIMER | F.WORKQUEUE | F.TASK_WORK | F.LIST_HEAD | F.RB_ROOT, new Set([T.HASH, T.LRU_HASH, T.ARRAY])],
  [
    FieldTypes.KPTR | F.REFCOUNT,
    new Set([T.HASH, T.PERCPU_HASH, T.LRU_HASH, T.LRU_PERCPU_HASH, T.ARRAY, T.PERCPU_ARRAY, ...storages]),
  ],
  [F.UPTR, new Set([T.TASK_STORAGE])],
]

function checkPlaces(map: MapToCheck, mask: number): void {
  for (const [types, maps] of places) {
    if (mask & types && !maps.has(map.type)) throw new KernelError(Errno.EOPNOTSUPP)
  }
}

/** bpf_map_ops.map_check_btf. @param key 0 where no type of the keys was given. */
type FamilyCheck = (btf: CheckedBtf, map: MapToCheck, key: number, value: number) => void

/** By map type; those that are not here have none, and so must have a type for their keys. */
const familyChecks: Readonly<Record<number, FamilyCheck>> = {
  [T.ARRAY]: checkArray,
  [T.PERCPU_ARRAY]: checkArray,
  [T.BLOOM_FILTER]: (_btf, _map, key) => {
    if (key !== 0) throw new KernelError(Errno.EINVAL)
  },
  [T.LPM_TRIE]: ({ types }, _map, key) => {
    if (types.kind(key) !== Kind.STRUCT) throw new KernelError(Errno.EINVAL)
  },
  [T.CGROUP_STORAGE]: checkCgroupStorage,
  [T.PERCPU_CGROUP_STORAGE]: checkCgroupStorage,
  [T.SK_STORAGE]: checkLocalStorage,
  [T.INODE_STORAGE]: checkLocalStorage,
  [T.TASK_STORAGE]: checkLocalStorage,
  [T.CGRP_STORAGE]: checkLocalStorage,
  [T.ARENA]: () => undefined,
  [T.PERF_EVENT_ARRAY]: refuse,
  [T.CGROUP_ARRAY]: refuse,
  [T.ARRAY_OF_MAPS]: refuse,
  [T.HASH_OF_MAPS]: refuse,
  [T.STACK_TRACE]: refuse,
  [T.CPUMAP]: refuse,
  [T.DEVMAP]: refuse,
  [T.DEVMAP_HASH]: refuse,
  [T.XSKMAP]: refuse,
  [T.SOCKMAP]: refuse,
  [T.SOCKHASH]: refuse,
}

/** map_check_no_btf. */
function refuse(): never {
  throw new KernelError(Errno.ENOTSUPP)
}

/** btf_type_is_i32 and btf_type_is_i64. */
function isInt(types: Btf, id: number, bytes: number): boolean {
  return types.kind(id) === Kind.INT && regularIntBytes(types.intData(id)) === bytes
}

/** array_map_check_btf: .data and its kin have no keys. */
function checkArray({ types }: CheckedBtf, map: MapToCheck, key: number, value: number): void {
  if (key !== 0) {
    if (!isInt(types, key, 4)) throw new KernelError(Errno.EINVAL)
  } else if (map.type !== T.ARRAY || map.maxEntries !== 1 || types.kind(value) !== Kind.DATASEC) {
    throw new KernelError(Errno.EINVAL)
  }
}

/** bpf_local_storage_map_check_btf. */
function checkLocalStorage({ types }: CheckedBtf, _map: MapToCheck, key: number): void {
  if (!isInt(types, key, 4)) throw new KernelError(Errno.EINVAL)
}

/** Bytes of struct bpf_cgroup_storage_key. */
const CGROUP_KEY_SIZE = 16

/** cgroup_storage_check_btf: keys are a cgroup's number, or that and an attach type. */
function checkCgroupStorage(btf: CheckedBtf, map: MapToCheck, key: number): void {
  const { types } = btf
  if (map.keySize !== CGROUP_KEY_SIZE) {
    if (!isInt(types, key, 8)) throw new KernelError(Errno.EINVAL)
    return
  }
  const isKey = types.kind(key) === Kind.STRUCT && types.vlen(key) === 2
  if (!isKey || !isIntMember(btf, key, 0, 0, 8) || !isIntMember(btf, key, 1, 8, 4)) {
    throw new KernelError(Errno.EINVAL)
  }
}

/** btf_member_is_reg_int. */
function isIntMember(btf: CheckedBtf, struct: number, i: number, offset: number, size: number): boolean {
  const { types } = btf
  const member = btf.idSize(types.memberType(struct, i))
  if (!member || types.kind(member.id) !== Kind.INT) return false
  const bytes = Math.ceil(types.intBits(member.id) / 8)
  const bits = types.memberBitOffset(struct, i)
  if (types.kflag(struct)) {
    return types.memberBitfieldSize(struct, i) === 0 && Math.ceil(bits / 8) === offset && bytes === size
  }
  const whole = types.intOffset(member.id) === 0 && bits % 8 === 0 && types.intBits(member.id) % 8 === 0
  return whole && bits / 8 === offset && bytes === size
}
