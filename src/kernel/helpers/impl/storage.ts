import { Errno } from '../../../uapi/errno.ts'
import type { KernelMap } from '../../maps/map.ts'
import { copyMapValue } from '../../maps/value.ts'
import { cgroupId, pidOfAddress } from './kernel-objects.ts'
import { grantValue } from './maps.ts'
import type { HelperImpl, Run, VirtualObject } from './run.ts'
import { fault } from './run.ts'

/** BPF_LOCAL_STORAGE_GET_F_CREATE, BPF_SK_STORAGE_GET_F_CREATE. */
const F_CREATE = 1

/** Local storage of one object, while a program runs (struct bpf_local_storage). */
interface Storage {
  /** Where values are in memory, by their map's id. */
  values: Map<number, { at: number; size: number }>
}

/** What has storage: a socket, or a task or a cgroup by its address. */
type Owner = VirtualObject | string

const storages = new WeakMap<Run, Map<Owner, Storage>>()

/** An object's storage; a task's outlives the run. */
function storageOf(run: Run, object: Owner): Storage {
  let objects = storages.get(run)
  if (!objects) storages.set(run, (objects = new Map<Owner, Storage>()))
  let storage = objects.get(object)
  if (storage) return storage
  storage = { values: new Map() }
  objects.set(object, storage)
  if (object === run.task.join()) keepTaskValues(run, storage)
  return storage
}

/** Brings a task's values in from where its process has them, and back when the run ends. */
function keepTaskValues(run: Run, { values }: Storage): void {
  const kept = run.kernel.task.storage
  if (!kept) return
  for (const [mapId, bytes] of kept) {
    const at = run.alloc(bytes.length)
    run.memory.u8.set(bytes, at)
    values.set(mapId, { at, size: bytes.length })
  }
  run.atEnd(() => {
    kept.clear()
    for (const [mapId, { at, size }] of values) kept.set(mapId, run.memory.u8.slice(at, at + size))
  })
}

/** The object that argument 2 is, undefined for NULL. */
function ownerOf(run: Run): Owner | undefined {
  if (run.isNull(2)) return undefined
  const lo = run.lo(2)
  const hi = run.hi(2)
  if (pidOfAddress(lo, hi) !== undefined || cgroupId(lo, hi) !== undefined) return `${lo},${hi}`
  const object = run.object(2)
  if (!object) throw fault('argument 2 of a helper, which has no storage')
  return object
}

/** bpf_task_storage_get and its kin: a value that is made when there's none is a copy of argument 3, or zeros. */
const storageGet: HelperImpl = (run) => {
  const owner = ownerOf(run)
  const flags = run.size(4)
  if (!owner || flags > F_CREATE) {
    run.ret(0)
    return
  }
  const map = run.map(1)
  const { values } = storageOf(run, owner)
  let at = values.get(map.record.id)?.at ?? 0
  if (at === 0 && flags === F_CREATE) {
    at = make(run, map)
    values.set(map.record.id, { at, size: map.record.valueSize })
  }
  if (at !== 0) grantValue(run, map, at)
  run.retAddress(at)
}

function make(run: Run, map: KernelMap): number {
  const { record } = map
  const initial = run.isNull(3) ? 0 : run.read(3, record.valueSize)
  const at = run.alloc(record.valueSize)
  if (initial !== 0) copyMapValue(record, run.memory, at, initial)
  return at
}

const storageDelete: HelperImpl = (run) => {
  const owner = ownerOf(run)
  if (!owner) run.ret(-Errno.EINVAL)
  else run.ret(storageOf(run, owner).values.delete(run.map(1).record.id) ? 0 : -Errno.ENOENT)
}

const localStorages = new WeakMap<Run, Map<number, number>>()

/** bpf_get_local_storage: a test run has storage of its own for each cgroup storage map (bpf_test_run). */
const getLocalStorage: HelperImpl = (run) => {
  const map = run.map(1)
  let values = localStorages.get(run)
  if (!values) localStorages.set(run, (values = new Map<number, number>()))
  let at = values.get(map.record.id)
  if (at === undefined) values.set(map.record.id, (at = run.alloc(map.record.valueSize)))
  run.retAddress(at)
}

/** Helpers for values that belong to sockets, tasks and so on. */
export const storageHelpers: Readonly<Record<string, HelperImpl>> = {
  sk_storage_get: storageGet,
  sk_storage_delete: storageDelete,
  task_storage_get: storageGet,
  task_storage_delete: storageDelete,
  inode_storage_get: storageGet,
  inode_storage_delete: storageDelete,
  cgrp_storage_get: storageGet,
  cgrp_storage_delete: storageDelete,
  get_local_storage: getLocalStorage,
}
