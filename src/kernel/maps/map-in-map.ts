import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import { sameFields } from '../btf/field-types.ts'
import { KernelError } from '../error.ts'
import type { InnerMapMeta, MapRecord } from '../objects/records.ts'
import type { MapEnvironment } from './map.ts'

/** Map types that can't be in another map: those without map_meta_equal. */
const neverInner: ReadonlySet<number> = new Set([
  MapType.PROG_ARRAY,
  MapType.CGROUP_STORAGE,
  MapType.PERCPU_CGROUP_STORAGE,
  MapType.STRUCT_OPS,
  MapType.ARRAY_OF_MAPS,
  MapType.HASH_OF_MAPS,
  MapType.INSN_ARRAY,
])

/** bpf_map_meta_alloc: what maps in a map of maps must look like. @throws KernelError. */
export function innerMapMeta(fd: number, env: MapEnvironment): InnerMapMeta {
  const inner = env.descriptors.mapByFd(fd)
  if (inner.innerMap) throw new KernelError(Errno.EINVAL)
  if (neverInner.has(inner.type)) throw new KernelError(Errno.ENOTSUPP)
  const { type, keySize, valueSize, maxEntries, mapFlags, btfId, btfKeyTypeId, btfValueTypeId, bypassSpecV1, fields } =
    inner
  return { type, keySize, valueSize, maxEntries, mapFlags, btfId, btfKeyTypeId, btfValueTypeId, bypassSpecV1, fields }
}

/** map_meta_equal. */
function metaEqual(meta: InnerMapMeta, map: MapRecord): boolean {
  if (meta.type !== map.type || meta.keySize !== map.keySize || meta.valueSize !== map.valueSize) return false
  if (meta.mapFlags !== map.mapFlags) return false
  if (!sameFields(meta.fields, map.fields, meta.btfId === map.btfId)) return false
  const sized = meta.type === MapType.XSKMAP || (meta.type === MapType.ARRAY && !(meta.mapFlags & MapFlag.INNER_MAP))
  return !sized || meta.maxEntries === map.maxEntries
}

/** bpf_map_fd_get_ptr. @returns the inner map's id. @throws KernelError EINVAL for one that's unlike the template. */
export function innerMapByFd(fd: number, { innerMap }: MapRecord, env: MapEnvironment): number {
  const map = env.descriptors.mapByFd(fd)
  if (!innerMap || !metaEqual(innerMap, map)) throw new KernelError(Errno.EINVAL)
  return map.id
}
