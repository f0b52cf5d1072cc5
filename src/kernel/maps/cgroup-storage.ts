import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import type { MapRecord } from '../objects/records.ts'
import { ACCESS_FLAGS, PCPU_MIN_UNIT_SIZE, accessOk, require, roundUp8 } from './alloc-check.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import { maxStorageSize } from './local-storage.ts'
import type { MapEnvironment } from './map.ts'

/** LOCAL_STORAGE_CREATE_FLAG_MASK. */
const CREATE_FLAGS = MapFlag.NUMA_NODE | ACCESS_FLAGS
/** sizeof(struct bpf_cgroup_storage_key), or a cgroup's id alone. */
const KEY_SIZES: readonly number[] = [16, 8]

/** cgroup_storage_map_alloc. @throws KernelError. */
function create(attr: MapCreateAttr, { profile }: MapEnvironment): Partial<MapRecord> {
  const { mapType, keySize, valueSize, maxEntries, mapFlags = 0 } = attr
  const percpu = mapType === MapType.PERCPU_CGROUP_STORAGE
  const limit = maxStorageSize(profile)
  require(KEY_SIZES.includes(keySize) && valueSize !== 0)
  require(valueSize <= (percpu ? Math.min(limit, PCPU_MIN_UNIT_SIZE) : limit), Errno.E2BIG)
  require((mapFlags & ~CREATE_FLAGS) === 0 && accessOk(mapFlags) && maxEntries === 0)
  return {}
}

/** Values of programs attached to cgroups. Nothing is attached here, and a test run's value is its own. */
class CgroupStorageMap extends BaseMap {
  get #isPerCpu(): boolean {
    return this.record.type === MapType.PERCPU_CGROUP_STORAGE
  }

  override get valueSizeOfSyscall(): number {
    const { valueSize } = this.record
    return this.#isPerCpu ? roundUp8(valueSize) * this.env.possibleCpus : valueSize
  }

  /** cgroup_storage_map_usage. */
  memUsage(): number {
    return this.env.profile.structSize('bpf_cgroup_storage_map')
  }

  override getNextKey(_key: number, _next: number): number {
    return -Errno.ENOENT
  }

  override copyValue(_key: number, _value: number, _flags: number): number {
    return -Errno.ENOENT
  }

  /** cgroup_storage_update_elem and bpf_percpu_cgroup_storage_update: nothing is made by an update. */
  override updateValue(_key: number, _value: number, flags: number): number {
    const how = this.#isPerCpu ? flags : flags - (flags & ElemFlag.LOCK)
    return how === ElemFlag.ANY || how === ElemFlag.EXIST ? -Errno.ENOENT : -Errno.EINVAL
  }

  override delete(_key: number): number {
    return -Errno.EINVAL
  }
}

export const cgroupStorageFamily: MapFamily = {
  checksInAlloc: true,
  options: ['CONFIG_CGROUP_BPF'],
  create,
  open: (record, env) => new CgroupStorageMap(record, env),
}
