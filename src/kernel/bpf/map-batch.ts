import type { BatchAttr, BatchResult, Fd } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import { KernelError } from '../error.ts'
import type { KernelMap } from '../maps/map.ts'
import { Packed } from '../maps/packed.ts'
import { hasLock, initCopiedValue } from '../maps/value.ts'
import type { Kernel, Task } from './kernel.ts'

/** BPF_MAP_*_BATCH: commands on many elements at once (bpf_map_do_batch). */

/** What a map type has of map_lookup_batch, map_lookup_and_delete_batch, map_update_batch and map_delete_batch. */
const LOOKUP = 1
const LOOKUP_DELETE = 2
const UPDATE = 4
const DELETE = 8
const ALL = LOOKUP | LOOKUP_DELETE | UPDATE | DELETE

const batchCommands: Readonly<Record<number, number>> = {
  [MapType.HASH]: ALL,
  [MapType.ARRAY]: LOOKUP | UPDATE,
  [MapType.PERCPU_HASH]: ALL,
  [MapType.PERCPU_ARRAY]: LOOKUP | UPDATE,
  [MapType.LRU_HASH]: ALL,
  [MapType.LRU_PERCPU_HASH]: ALL,
  [MapType.LPM_TRIE]: LOOKUP | UPDATE | DELETE,
  [MapType.ARRAY_OF_MAPS]: LOOKUP | UPDATE,
  [MapType.HASH_OF_MAPS]: ALL,
}

/** Elements of a look-up for which there's room from the start. */
const ROOM = 1024

/** The map behind a descriptor, if the command may be used with it. @throws KernelError. */
function openMap(kernel: Kernel, task: Task, fd: Fd, command: number, { elemFlags = 0 }: BatchAttr): KernelMap {
  const record = kernel.mapByFd(task, fd)
  const { canRead, canWrite } = task.files.get(fd)
  if (command & (LOOKUP | LOOKUP_DELETE) && !canRead) throw new KernelError(Errno.EPERM)
  if (command & ~LOOKUP && !(canWrite && !record.frozen)) throw new KernelError(Errno.EPERM)
  if (((batchCommands[record.type] ?? 0) & command) === 0) throw new KernelError(Errno.ENOTSUPP)
  if (elemFlags & ~ElemFlag.LOCK || elemFlags > 0xffffffff) throw new KernelError(Errno.EINVAL)
  if (elemFlags & ElemFlag.LOCK && !hasLock(record)) throw new KernelError(Errno.EINVAL)
  return kernel.maps.byId(record.id)
}

const nothing: BatchResult = { errno: 0, count: 0, keys: new Uint8Array(0), values: new Uint8Array(0) }

/** BPF_MAP_LOOKUP_BATCH. */
export function mapLookupBatch(kernel: Kernel, task: Task, fd: Fd, attr: BatchAttr): BatchResult {
  return lookupBatch(kernel, task, fd, attr, false)
}

/** BPF_MAP_LOOKUP_AND_DELETE_BATCH. */
export function mapLookupAndDeleteBatch(kernel: Kernel, task: Task, fd: Fd, attr: BatchAttr): BatchResult {
  return lookupBatch(kernel, task, fd, attr, true)
}

function lookupBatch(kernel: Kernel, task: Task, fd: Fd, attr: BatchAttr, andDelete: boolean): BatchResult {
  const map = openMap(kernel, task, fd, andDelete ? LOOKUP_DELETE : LOOKUP, attr)
  const { count, inBatch, elemFlags = 0 } = attr
  if (map.lookupBatch) {
    if (attr.flags) throw new KernelError(Errno.EINVAL)
    if (count === 0) return nothing
    const start = inBatch ? new DataView(inBatch.buffer, inBatch.byteOffset).getUint32(0, true) : 0
    const { errno, keys, values, next, found } = map.lookupBatch(start, count, elemFlags, andDelete)
    const outBatch = next === undefined ? undefined : new Uint8Array(4)
    if (outBatch) new DataView(outBatch.buffer).setUint32(0, next ?? 0, true)
    return { errno, count: found, keys, values, outBatch }
  }
  return count === 0 ? nothing : genericLookupBatch(kernel, map, attr)
}

/** generic_map_lookup_batch. */
function genericLookupBatch(kernel: Kernel, map: KernelMap, attr: BatchAttr): BatchResult {
  const { count, inBatch, elemFlags = 0 } = attr
  const { memory } = kernel.maps.environment
  const { keySize } = map.record
  const valueSize = map.valueSizeOfSyscall
  const key = memory.alloc(keySize)
  const next = memory.alloc(keySize)
  const value = memory.alloc(valueSize)
  const keys = new Packed(keySize, Math.min(count, ROOM))
  const values = new Packed(valueSize, Math.min(count, ROOM))
  let started = inBatch !== undefined
  let result = 0
  if (inBatch) memory.u8.set(inBatch.subarray(0, keySize), key)
  try {
    while (keys.count < count) {
      result = map.getNextKey(started ? key : 0, next)
      if (result !== 0) break
      result = map.copyValue(next, value, elemFlags)
      if (result !== 0 && result !== -Errno.ENOENT) return { ...nothing, errno: -result }
      if (result === 0) {
        initCopiedValue(map, memory, value)
        keys.push(memory.u8, next)
        values.push(memory.u8, value)
      }
      memory.u8.copyWithin(key, next, next + keySize)
      started = true
    }
    const found = keys.count
    const outBatch = found > 0 ? memory.u8.slice(key, key + keySize) : undefined
    return { errno: -result, count: found, keys: keys.done(), values: values.done(), outBatch }
  } finally {
    memory.free(key, keySize)
    memory.free(next, keySize)
    memory.free(value, valueSize)
  }
}

/** BPF_MAP_UPDATE_BATCH (generic_map_update_batch). */
export function mapUpdateBatch(
  kernel: Kernel,
  task: Task,
  fd: Fd,
  keys: Uint8Array,
  values: Uint8Array,
  attr: BatchAttr,
): BatchResult {
  const map = openMap(kernel, task, fd, UPDATE, attr)
  return each(kernel, map, attr.count, keys, values, (key, value) => map.updateValue(key, value, attr.elemFlags ?? 0))
}

/** BPF_MAP_DELETE_BATCH (generic_map_delete_batch). */
export function mapDeleteBatch(kernel: Kernel, task: Task, fd: Fd, keys: Uint8Array, attr: BatchAttr): BatchResult {
  const map = openMap(kernel, task, fd, DELETE, attr)
  return each(kernel, map, attr.count, keys, undefined, (key) => map.delete(key))
}

/** Calls `fn` for one key, and one value if there are some, after the other, until it fails. */
function each(
  kernel: Kernel,
  map: KernelMap,
  count: number,
  keys: Uint8Array,
  values: Uint8Array | undefined,
  fn: (key: number, value: number) => number,
): BatchResult {
  const { memory } = kernel.maps.environment
  const { keySize } = map.record
  const valueSize = values ? map.valueSizeOfSyscall : 0
  const key = memory.alloc(keySize)
  const value = memory.alloc(valueSize || 8)
  let done = 0
  let result = 0
  try {
    for (; done < count; done++) {
      if (keys.length < (done + 1) * keySize || (values && values.length < (done + 1) * valueSize)) {
        result = -Errno.EFAULT
        break
      }
      memory.u8.set(keys.subarray(done * keySize, (done + 1) * keySize), key)
      if (values) memory.u8.set(values.subarray(done * valueSize, (done + 1) * valueSize), value)
      result = fn(key, value)
      if (result !== 0) break
    }
    return { ...nothing, errno: -result, count: done }
  } finally {
    memory.free(key, keySize)
    memory.free(value, valueSize || 8)
  }
}
