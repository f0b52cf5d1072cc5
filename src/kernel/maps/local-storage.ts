import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import type { MapRecord } from '../objects/records.ts'
import { u32Key } from '../store/bytes.ts'
import { require } from './alloc-check.ts'
import { BaseMap } from './base.ts'
import { Elements } from './elements.ts'
import type { MapFamily } from './family.ts'
import type { MapEnvironment } from './map.ts'
import { socketErrno } from './socket-fd.ts'
import { copyMapValue } from './value.ts'

/** BPF_LOCAL_STORAGE_CREATE_FLAG_MASK. */
const CREATE_FLAGS = MapFlag.NO_PREALLOC | MapFlag.CLONE
const U16_MAX = 0xffff

/** bpf_local_storage_map_alloc_check. @throws KernelError. */
function create(attr: MapCreateAttr, { profile }: MapEnvironment): Partial<MapRecord> {
  const { keySize, valueSize, maxEntries, mapFlags = 0, btfKeyTypeId = 0, btfValueTypeId = 0 } = attr
  require((mapFlags & ~CREATE_FLAGS) === 0 && (mapFlags & MapFlag.NO_PREALLOC) !== 0)
  require(maxEntries === 0 && keySize === 4 && valueSize !== 0 && btfKeyTypeId !== 0 && btfValueTypeId !== 0)
  require(valueSize <= maxStorageSize(profile), Errno.E2BIG)
  return {}
}

/** BPF_LOCAL_STORAGE_MAX_VALUE_SIZE. */
export function maxStorageSize(profile: MapEnvironment['profile']): number {
  return U16_MAX - profile.structSize('bpf_local_storage_elem')
}

/** Whose storage: all BPF objects' descriptors share one inode, the terminal has another. */
const ANON_INODE = 1
const TERMINAL = 2

/**
 * Values that belong to other objects: sockets, inodes, tasks, cgroups. bpf(2) finds the object by a descriptor. The
 * values of tasks and sockets live with them, as long as their process or a test run; see the helpers.
 */
class LocalStorageMap extends BaseMap {
  readonly #elements: Elements

  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env)
    this.#elements = new Elements(env.store, record.id)
  }

  /** bpf_local_storage_map_mem_usage: a bucket for each CPU; values aren't counted. */
  memUsage(): number {
    const { profile, possibleCpus } = this.env
    const buckets = Math.max(2, 2 ** Math.ceil(Math.log2(possibleCpus)))
    return profile.structSize('bpf_local_storage_map') + buckets * profile.structSize('bpf_local_storage_map_bucket')
  }

  override getNextKey(_key: number, _next: number): number {
    return -Errno.ENOTSUPP
  }

  override copyValue(key: number, value: number, _flags: number): number {
    const owner = this.#owner(key)
    if (owner < 0) return owner
    const bytes = this.#elements.get(u32Key(owner))
    if (!bytes) return -Errno.ENOENT
    this.env.memory.u8.set(bytes, value)
    return 0
  }

  /** bpf_local_storage_update: with BPF_F_LOCK the value stays where it is, which makes no difference here. */
  override updateValue(key: number, value: number, flags: number): number {
    const { memory } = this.env
    const { valueSize } = this.record
    const owner = this.#owner(key)
    if (owner < 0) return owner
    const how = flags - (flags & ElemFlag.LOCK)
    if (how > ElemFlag.EXIST) return -Errno.EINVAL
    const old = this.#elements.get(u32Key(owner))
    if (old && how === ElemFlag.NOEXIST) return -Errno.EEXIST
    if (!old && how === ElemFlag.EXIST) return -Errno.ENOENT
    const at = memory.alloc(valueSize)
    copyMapValue(this.record, memory, at, value)
    this.#elements.put(u32Key(owner), memory.u8.slice(at, at + valueSize))
    memory.free(at, valueSize)
    return 0
  }

  override delete(key: number): number {
    const owner = this.#owner(key)
    if (owner < 0) return owner
    if (!this.#elements.get(u32Key(owner))) return -Errno.ENOENT
    this.#elements.remove(u32Key(owner))
    return 0
  }

  /** The object behind a descriptor, or a negative errno: no descriptor here is a task's or a cgroup's. */
  #owner(key: number): number {
    const fd = this.env.memory.view.getInt32(key, true)
    switch (this.record.type) {
      case MapType.SK_STORAGE:
        return -socketErrno(this.env, fd)
      case MapType.INODE_STORAGE: {
        const kind = this.env.descriptors.kindOf(fd)
        if (kind === undefined) return -Errno.EBADF
        return kind === 'stream' ? TERMINAL : ANON_INODE
      }
      default:
        return -Errno.EBADF
    }
  }
}

const family: MapFamily = {
  create,
  open: (record, env) => new LocalStorageMap(record, env),
}

export const skStorageFamily: MapFamily = { ...family, options: ['CONFIG_NET'] }
export const inodeStorageFamily: MapFamily = { ...family, since: '5.10', options: ['CONFIG_BPF_LSM'] }
export const taskStorageFamily: MapFamily = { ...family, since: '5.11' }
export const cgrpStorageFamily: MapFamily = { ...family, since: '6.2', options: ['CONFIG_CGROUPS'] }
