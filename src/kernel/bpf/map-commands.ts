import type { Fd, MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import { FieldType } from '../btf/field-types.ts'
import { KernelError } from '../error.ts'
import { checkMapCreate } from '../maps/index.ts'
import type { KernelMap } from '../maps/map.ts'
import { initMapValue } from '../maps/value.ts'
import type { StoredMap } from '../objects/encode.ts'
import type { File } from '../process/descriptors.ts'
import type { Kernel, Task } from './kernel.ts'
import { checkMapBtf, hasField } from './map-btf.ts'
import { checkName, fileMode } from './names.ts'
import { noToken } from './token.ts'

/** Commands of bpf(2) about maps, with the checks of kernel/bpf/syscall.c in its order. */

/** Map types that only need to be emptied by BPF_MAP_LOOKUP_AND_DELETE_ELEM; others give ENOTSUPP. */
const lookupAndDeleteTypes: ReadonlySet<number> = new Set([
  MapType.QUEUE,
  MapType.STACK,
  MapType.HASH,
  MapType.PERCPU_HASH,
  MapType.LRU_HASH,
  MapType.LRU_PERCPU_HASH,
  MapType.STACK_TRACE,
  MapType.RHASH,
])

/** Map types that have something to say with map_extra. */
const extraTypes: ReadonlySet<number> = new Set([MapType.BLOOM_FILTER, MapType.ARENA, MapType.RHASH])

const NUMA_NO_NODE = 0xffffffff

/** map_create. */
export function mapCreate(kernel: Kernel, task: Task, given: MapCreateAttr): Fd {
  const { mapFlags: givenFlags = 0 } = given
  const attr: MapCreateAttr = { ...given, mapFlags: givenFlags & ~MapFlag.TOKEN_FD }
  const { mapType, mapFlags = 0, btfKeyTypeId = 0, btfValueTypeId = 0, btfVmlinuxValueTypeId = 0 } = attr
  if (btfVmlinuxValueTypeId) {
    if (mapType !== MapType.STRUCT_OPS || btfKeyTypeId || btfValueTypeId) throw new KernelError(Errno.EINVAL)
  } else if (btfKeyTypeId && !btfValueTypeId) {
    throw new KernelError(Errno.EINVAL)
  }
  if (!extraTypes.has(mapType) && attr.mapExtra) throw new KernelError(Errno.EINVAL)
  const mode = fileMode(mapFlags)
  // One NUMA node, number 0: bpf_map_attr_numa_node is -1 without its flag.
  if (mapFlags & MapFlag.NUMA_NODE && attr.numaNode && attr.numaNode !== NUMA_NO_NODE)
    throw new KernelError(Errno.EINVAL)

  const fields = checkMapCreate(attr, kernel.maps.environment)
  // bpf_map_offload_map_alloc: the only device is lo, and lo takes no programs.
  if (attr.mapIfindex) {
    const offloadable = mapType === MapType.HASH || mapType === MapType.ARRAY
    throw new KernelError(offloadable && attr.mapIfindex === 1 ? Errno.ENOTSUP : Errno.EINVAL)
  }
  if (givenFlags & MapFlag.TOKEN_FD) noToken(task, attr.mapTokenFd ?? 0)
  const name = checkName(attr.mapName ?? '')

  let btfId = 0
  if (btfKeyTypeId || btfValueTypeId || btfVmlinuxValueTypeId) {
    const btf = kernel.byFd(task, attr.btfFd ?? 0, 'btf')
    if (btf.kernelBtf) throw new KernelError(Errno.EACCES)
    btfId = btf.id
    if (btfValueTypeId) checkMapBtf(kernel, attr, btf.id)
  }
  const record = kernel.objects.add('map', {
    numaNode: mapFlags & MapFlag.NUMA_NODE ? (attr.numaNode ?? 0) | 0 : -1,
    ifindex: 0,
    btfVmlinuxId: 0,
    frozen: false,
    innerMap: undefined,
    seed: 0,
    owner: undefined,
    fields: [],
    extra: {},
    mapExtra: attr.mapExtra ?? 0n,
    keySize: attr.keySize,
    valueSize: attr.valueSize,
    maxEntries: attr.maxEntries,
    ...fields,
    // bpf_map_flags_retain_permanent: these two are the descriptor's.
    mapFlags: (fields.mapFlags ?? mapFlags) & ~(MapFlag.RDONLY | MapFlag.WRONLY),
    type: mapType,
    name,
    btfId,
    btfKeyTypeId,
    btfValueTypeId,
    btfVmlinuxValueTypeId,
    refs: 0,
    userRefs: 0,
  })
  if (btfId) kernel.objects.hold('btf', btfId)
  // The template of inner maps keeps the types of the one that it was made from.
  if (record.innerMap?.btfId) kernel.objects.hold('btf', record.innerMap.btfId)
  return openFd(kernel, task, { kind: 'map', id: record.id, ...mode })
}

/** Gives a descriptor to an object. */
export function openFd(kernel: Kernel, task: Task, file: File): Fd {
  const fd = task.files.open(file)
  if (file.kind !== 'link') kernel.objects.opened(file.kind, file.id)
  return fd
}

interface OpenMap {
  file: File
  record: StoredMap
  map: KernelMap
}

function openByFd(kernel: Kernel, task: Task, fd: Fd): OpenMap {
  const record = kernel.mapByFd(task, fd)
  return { file: task.files.get(fd), record, map: kernel.maps.byId(record.id) }
}

function mustRead({ file }: OpenMap): void {
  if (!file.canRead) throw new KernelError(Errno.EPERM)
}

/** map_get_sys_perms: a frozen map can't be written by bpf(2). */
function mustWrite({ file, record }: OpenMap): void {
  if (!file.canWrite || record.frozen) throw new KernelError(Errno.EPERM)
}

function checkLock({ record }: OpenMap, flags: number): void {
  if (flags & ElemFlag.LOCK && !hasField(record, FieldType.SPIN_LOCK)) throw new KernelError(Errno.EINVAL)
}

/** Puts key and value into memory around `fn`, which returns 0 or a negative errno. */
function withBuffers<T>(
  kernel: Kernel,
  { record, map }: OpenMap,
  key: Uint8Array,
  value: Uint8Array | undefined,
  fn: (key: number, value: number) => T,
): T {
  const { memory } = kernel.maps.environment
  const { keySize } = record
  const valueSize = map.valueSizeOfSyscall
  // __bpf_copy_key: a map without keys must not be given one.
  if (keySize === 0 && key.length > 0) throw new KernelError(Errno.EINVAL)
  if (key.length < keySize || (value && value.length < valueSize)) throw new KernelError(Errno.EFAULT)
  const keyAt = memory.alloc(keySize || 8)
  const valueAt = memory.alloc(valueSize || 8)
  try {
    memory.u8.set(key.subarray(0, keySize), keyAt)
    if (value) memory.u8.set(value.subarray(0, valueSize), valueAt)
    return fn(keyAt, valueAt)
  } finally {
    memory.free(keyAt, keySize || 8)
    memory.free(valueAt, valueSize || 8)
  }
}

/** Raises what a map's method returned. @throws KernelError. */
export function check(result: number): void {
  if (result < 0) throw new KernelError(-result)
}

function copyOut(kernel: Kernel, at: number, size: number): Uint8Array {
  return kernel.maps.environment.memory.u8.slice(at, at + size)
}

/** What bpf_map_copy_value leaves of special fields: of each CPU's value, in maps that have one for each. */
function initFields(kernel: Kernel, { record, map }: OpenMap, at: number): void {
  if (record.fields.length === 0) return
  const step = (record.valueSize + 7) & ~7
  const end = at + map.valueSizeOfSyscall
  for (let each = at; each < end; each += step) initMapValue(record, kernel.maps.environment.memory, each)
}

/** The value of an array's first element, as the verifier reads it (map_direct_value_addr). */
export function arrayValue(kernel: Kernel, mapId: number): Uint8Array {
  const map = kernel.maps.byId(mapId)
  const { memory } = kernel.maps.environment
  const keyAt = memory.alloc(8)
  try {
    memory.view.setUint32(keyAt, 0, true)
    return copyOut(kernel, map.lookup(keyAt), map.record.valueSize)
  } finally {
    memory.free(keyAt, 8)
  }
}

/** map_lookup_elem. Bloom filters read the value that they look for from `key`'s place in the door: see syscall.ts. */
export function mapLookupElem(kernel: Kernel, task: Task, fd: Fd, key: Uint8Array, flags: number): Uint8Array {
  if (flags & ~ElemFlag.LOCK) throw new KernelError(Errno.EINVAL)
  const open = openByFd(kernel, task, fd)
  mustRead(open)
  checkLock(open, flags)
  const { record, map } = open
  const size = map.valueSizeOfSyscall
  if (record.type === MapType.BLOOM_FILTER) {
    return withBuffers(kernel, open, new Uint8Array(0), key, (keyAt, valueAt) => {
      check(map.copyValue(keyAt, valueAt, flags))
      return copyOut(kernel, valueAt, size)
    })
  }
  return withBuffers(kernel, open, key, undefined, (keyAt, valueAt) => {
    check(map.copyValue(keyAt, valueAt, flags))
    initFields(kernel, open, valueAt)
    return copyOut(kernel, valueAt, size)
  })
}

/** map_update_elem. @returns 0 or a negative errno. */
export function mapUpdateElem(
  kernel: Kernel,
  task: Task,
  fd: Fd,
  key: Uint8Array,
  value: Uint8Array,
  flags: number,
): number {
  const open = openByFd(kernel, task, fd)
  mustWrite(open)
  checkLock(open, flags)
  return withBuffers(kernel, open, key, value, (keyAt, valueAt) => open.map.updateValue(keyAt, valueAt, flags))
}

/** map_delete_elem. @returns 0 or a negative errno. */
export function mapDeleteElem(kernel: Kernel, task: Task, fd: Fd, key: Uint8Array): number {
  const open = openByFd(kernel, task, fd)
  mustWrite(open)
  return withBuffers(kernel, open, key, undefined, (keyAt) => open.map.delete(keyAt))
}

/** map_lookup_and_delete_elem. */
export function mapLookupAndDeleteElem(kernel: Kernel, task: Task, fd: Fd, key: Uint8Array, flags: number): Uint8Array {
  if (flags & ~ElemFlag.LOCK) throw new KernelError(Errno.EINVAL)
  const open = openByFd(kernel, task, fd)
  mustRead(open)
  mustWrite(open)
  const { record, map } = open
  const { type } = record
  if (flags && (type === MapType.QUEUE || type === MapType.STACK)) throw new KernelError(Errno.EINVAL)
  checkLock(open, flags)
  return withBuffers(kernel, open, key, undefined, (keyAt, valueAt) => {
    if (!lookupAndDeleteTypes.has(type)) throw new KernelError(Errno.ENOTSUPP)
    check(map.lookupAndDelete(keyAt, valueAt, flags))
    initFields(kernel, open, valueAt)
    return copyOut(kernel, valueAt, map.valueSizeOfSyscall)
  })
}

/** map_get_next_key. */
export function mapGetNextKey(kernel: Kernel, task: Task, fd: Fd, key: Uint8Array | undefined): Uint8Array {
  const open = openByFd(kernel, task, fd)
  mustRead(open)
  const { keySize } = open.record
  const { memory } = kernel.maps.environment
  return withBuffers(kernel, open, key ?? new Uint8Array(keySize), undefined, (keyAt) => {
    const next = memory.alloc(keySize || 8)
    try {
      check(open.map.getNextKey(key ? keyAt : 0, next))
      return copyOut(kernel, next, keySize)
    } finally {
      memory.free(next, keySize || 8)
    }
  })
}

/** Name of map->writecnt among a record's facts. */
const MMAP_WRITERS = 'writecnt'

/** map_freeze. */
export function mapFreeze(kernel: Kernel, task: Task, fd: Fd): void {
  const record = kernel.mapByFd(task, fd)
  if (record.type === MapType.STRUCT_OPS || record.fields.length > 0) throw new KernelError(Errno.ENOTSUPP)
  const file = task.files.get(fd)
  // map_get_sys_perms comes before the check that would give EBUSY.
  if (!file.canWrite || record.frozen) throw new KernelError(Errno.EPERM)
  if (record.extra[MMAP_WRITERS]) throw new KernelError(Errno.EBUSY)
  record.frozen = true
  kernel.objects.dirty('map', record.id)
}

/** bpf_map_mmap, of an arena: its own vm_operations never take back what is added to map->writecnt. */
export function mmapArena(kernel: Kernel, task: Task, fd: Fd): void {
  const record = kernel.mapByFd(task, fd)
  if (record.type !== MapType.ARENA || record.frozen) throw new KernelError(Errno.EPERM)
  record.extra[MMAP_WRITERS] = 1
  kernel.objects.dirty('map', record.id)
}
