import type { Fd, MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import type { MapField } from '../btf/field-types.ts'
import { KernelError } from '../error.ts'
import { roundUp8 } from '../maps/alloc-check.ts'
import { MMAP_WRITERS } from '../objects/records.ts'
import { checkMapBtf } from '../maps/check-btf.ts'
import { checkMapCreate } from '../maps/index.ts'
import type { KernelMap } from '../maps/map.ts'
import { hasLock, initCopiedValue } from '../maps/value.ts'
import type { StoredMap } from '../objects/encode.ts'
import { checkName } from '../objects/names.ts'
import { isSince } from '../profile/release.ts'
import { checkedLater, mapCapability } from '../maps/rights.ts'
import { has, mustHave } from '../process/capabilities.ts'
import type { File } from '../process/descriptors.ts'
import { UNPRIVILEGED_BPF_DISABLED } from './kernel.ts'
import type { Kernel, Task } from './kernel.ts'
import { fileMode } from './names.ts'
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

const none = new Uint8Array(0)

const NUMA_NO_NODE = 0xffffffff

/** map_create. */
export function mapCreate(kernel: Kernel, task: Task, given: MapCreateAttr): Fd {
  const { mapFlags: givenFlags = 0 } = given
  const attr: MapCreateAttr = { ...given, mapFlags: givenFlags & ~MapFlag.TOKEN_FD }
  const { mapType, mapFlags = 0, btfKeyTypeId = 0, btfValueTypeId = 0, btfVmlinuxValueTypeId = 0 } = attr
  // CHECK_ATTR: what a kernel has no field for must be zero.
  if (attr.valueTypeBtfObjFd && !isSince(kernel.profile, '6.9')) throw new KernelError(Errno.EINVAL)
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

  const shape = shapeOf(kernel, task, attr)
  // bpf_map_offload_map_alloc: the only device is lo, and lo takes no programs.
  if (attr.mapIfindex) {
    const offloadable = mapType === MapType.HASH || mapType === MapType.ARRAY
    throw new KernelError(offloadable && attr.mapIfindex === 1 ? Errno.ENOTSUP : Errno.EINVAL)
  }
  if (givenFlags & MapFlag.TOKEN_FD) noToken(task, attr.mapTokenFd ?? 0)
  const name = checkName(attr.mapName ?? '')

  const sizes = { keySize: attr.keySize, valueSize: attr.valueSize, maxEntries: attr.maxEntries, mapFlags, ...shape }
  let btfId = 0
  let fields: readonly MapField[] = []
  if (btfKeyTypeId || btfValueTypeId || btfVmlinuxValueTypeId) {
    const btf = kernel.byFd(task, attr.btfFd ?? 0, 'btf')
    if (btf.kernelBtf) throw new KernelError(Errno.EACCES)
    btfId = btf.id
    if (btfValueTypeId) {
      const toCheck = { ...sizes, type: mapType }
      fields = checkMapBtf(kernel, kernel.btf(btf.id), toCheck, btfKeyTypeId, btfValueTypeId)
    }
  }
  const record = kernel.objects.add('map', {
    numaNode: mapFlags & MapFlag.NUMA_NODE ? (attr.numaNode ?? 0) | 0 : -1,
    ifindex: 0,
    btfVmlinuxId: 0,
    frozen: false,
    bypassSpecV1: has(task.capabilities, 'CAP_PERFMON'),
    innerMap: undefined,
    seed: 0,
    owner: undefined,
    extra: {},
    mapExtra: attr.mapExtra ?? 0n,
    ...sizes,
    // bpf_map_flags_retain_permanent: these two are the descriptor's.
    mapFlags: sizes.mapFlags & ~(MapFlag.RDONLY | MapFlag.WRONLY),
    fields,
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

/** What only allocating a map finds out: no room, or (of operations of a struct) no such operations. */
const allocErrors: ReadonlySet<number> = new Set([Errno.ENOMEM, Errno.ENOTSUPP])

/** Some types' attributes are looked at before the rights (map_alloc_check), all others' and the room that there is after. */
function shapeOf(kernel: Kernel, task: Task, attr: MapCreateAttr): ReturnType<typeof checkMapCreate> {
  const mayCreate = () => {
    if (kernel.sysctl(UNPRIVILEGED_BPF_DISABLED) !== '0') mustHave(task.capabilities, 'CAP_BPF')
    const capability = mapCapability(attr.mapType)
    if (capability) mustHave(task.capabilities, capability)
  }
  if (checkedLater.has(attr.mapType)) mayCreate()
  try {
    const shape = checkMapCreate(attr, kernel.maps.environment)
    mayCreate()
    return shape
  } catch (error) {
    if (error instanceof KernelError && allocErrors.has(error.errno)) mayCreate()
    throw error
  }
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
  if (flags & ElemFlag.LOCK && !hasLock(record)) throw new KernelError(Errno.EINVAL)
}

/**
 * Puts key and value into memory for a method of the map's.
 * @returns the key's offset; the value's is `valueAt` behind it, and there's room for another key behind that.
 */
function intoMemory(kernel: Kernel, { record, map }: OpenMap, key: Uint8Array, value: Uint8Array | undefined): number {
  const { keySize } = record
  const valueSize = map.valueSizeOfSyscall
  if (key.length < keySize || (value && value.length < valueSize)) throw new KernelError(Errno.EFAULT)
  // __bpf_copy_key: a map without keys must not be given one.
  if (keySize === 0 && key.length > 0) throw new KernelError(Errno.EINVAL)
  const valueOff = roundUp8(keySize)
  const size = valueOff + roundUp8(valueSize) + valueOff
  const at = kernel.maps.buffer(size)
  const { u8 } = kernel.maps.environment.memory
  u8.set(key.length === keySize ? key : key.subarray(0, keySize), at)
  if (value) u8.set(value.length === valueSize ? value : value.subarray(0, valueSize), at + valueOff)
  else u8.fill(0, at + valueOff, at + size)
  return at
}

function valueAt({ record }: OpenMap, keyAt: number): number {
  return keyAt + roundUp8(record.keySize)
}

/** Raises what a map's method returned. @throws KernelError. */
export function check(result: number): void {
  if (result < 0) throw new KernelError(-result)
}

function copyOut(kernel: Kernel, at: number, size: number): Uint8Array {
  return kernel.maps.environment.memory.u8.slice(at, at + size)
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
export function mapLookupElem(kernel: Kernel, task: Task, fd: Fd, key: Uint8Array, flags = 0): Uint8Array {
  if (flags & ~ElemFlag.LOCK) throw new KernelError(Errno.EINVAL)
  const open = openByFd(kernel, task, fd)
  mustRead(open)
  checkLock(open, flags)
  const { record, map } = open
  const size = map.valueSizeOfSyscall
  if (record.type === MapType.BLOOM_FILTER) {
    const at = intoMemory(kernel, open, none, key)
    check(map.copyValue(at, valueAt(open, at), flags))
    return copyOut(kernel, valueAt(open, at), size)
  }
  const at = intoMemory(kernel, open, key, undefined)
  const value = valueAt(open, at)
  check(map.copyValue(at, value, flags))
  initCopiedValue(map, kernel.maps.environment.memory, value)
  return copyOut(kernel, value, size)
}

/** map_update_elem. @returns 0 or a negative errno. */
export function mapUpdateElem(
  kernel: Kernel,
  task: Task,
  fd: Fd,
  key: Uint8Array,
  value: Uint8Array,
  flags = 0,
): number {
  const open = openByFd(kernel, task, fd)
  mustWrite(open)
  checkLock(open, flags)
  const at = intoMemory(kernel, open, key, value)
  return open.map.updateValue(at, valueAt(open, at), flags)
}

/** map_delete_elem. @returns 0 or a negative errno. */
export function mapDeleteElem(kernel: Kernel, task: Task, fd: Fd, key: Uint8Array): number {
  const open = openByFd(kernel, task, fd)
  mustWrite(open)
  return open.map.delete(intoMemory(kernel, open, key, undefined))
}

/** map_lookup_and_delete_elem. */
export function mapLookupAndDeleteElem(kernel: Kernel, task: Task, fd: Fd, key: Uint8Array, flags = 0): Uint8Array {
  if (flags & ~ElemFlag.LOCK) throw new KernelError(Errno.EINVAL)
  const open = openByFd(kernel, task, fd)
  mustRead(open)
  mustWrite(open)
  const { record, map } = open
  const { type } = record
  if (flags && (type === MapType.QUEUE || type === MapType.STACK)) throw new KernelError(Errno.EINVAL)
  checkLock(open, flags)
  const at = intoMemory(kernel, open, key, undefined)
  if (!lookupAndDeleteTypes.has(type)) throw new KernelError(Errno.ENOTSUPP)
  const value = valueAt(open, at)
  check(map.lookupAndDelete(at, value, flags))
  initCopiedValue(map, kernel.maps.environment.memory, value)
  return copyOut(kernel, value, map.valueSizeOfSyscall)
}

/** map_get_next_key. */
export function mapGetNextKey(kernel: Kernel, task: Task, fd: Fd, key: Uint8Array | undefined): Uint8Array {
  const open = openByFd(kernel, task, fd)
  mustRead(open)
  const { keySize } = open.record
  const at = intoMemory(kernel, open, key ?? new Uint8Array(keySize), undefined)
  const next = valueAt(open, at) + roundUp8(open.map.valueSizeOfSyscall)
  check(open.map.getNextKey(key ? at : 0, next))
  return copyOut(kernel, next, keySize)
}

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

/**
 * bpf_map_mmap, of an arena: its own vm_operations never take back what is added to map->writecnt.
 * @param image what the process writes into the mapping at once, at an offset.
 */
export function mmapArena(kernel: Kernel, task: Task, fd: Fd, offset = 0, image: Uint8Array = none): void {
  const record = kernel.mapByFd(task, fd)
  if (record.type !== MapType.ARENA || record.frozen) throw new KernelError(Errno.EPERM)
  record.extra[MMAP_WRITERS] = 1
  kernel.objects.dirty('map', record.id)
  if (image.length > 0) check(kernel.maps.byId(record.id).mmapWrite?.(offset, image) ?? 0)
}
