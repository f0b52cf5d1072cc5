import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import type { MapRecord } from '../objects/records.ts'
import { require, requireRoom } from './alloc-check.ts'
import { arrayNextKey } from './array.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import type { MapEnvironment } from './map.ts'
import { fdOfValue, socketErrno } from './socket-fd.ts'

/** SOCK_CREATE_FLAG_MASK. */
const CREATE_FLAGS = MapFlag.NUMA_NODE | MapFlag.RDONLY | MapFlag.WRONLY
const MAX_BPF_STACK = 512
const POINTER = 8

function bucketCount(maxEntries: number): number {
  return 2 ** Math.ceil(Math.log2(maxEntries))
}

/** sock_map_alloc and sock_hash_alloc. @throws KernelError. */
function create(attr: MapCreateAttr, { profile }: MapEnvironment): Partial<MapRecord> {
  const { mapType, keySize, valueSize, maxEntries, mapFlags = 0 } = attr
  const hash = mapType === MapType.SOCKHASH
  require(maxEntries !== 0 && (hash ? keySize !== 0 : keySize === 4) && (valueSize === 4 || valueSize === 8))
  require((mapFlags & ~CREATE_FLAGS) === 0)
  if (hash) {
    const bucket = profile.structSize('bpf_shtab_bucket')
    require(keySize <= MAX_BPF_STACK, Errno.E2BIG)
    require(bucketCount(maxEntries) <= 0xffffffff / bucket)
    requireRoom(bucketCount(maxEntries) * bucket)
  } else {
    requireRoom(maxEntries * POINTER)
  }
  return {}
}

/** Sockets, by index or by any key: there are none. */
class SockMap extends BaseMap {
  get #isHash(): boolean {
    return this.record.type === MapType.SOCKHASH
  }

  /** sock_map_mem_usage and sock_hash_mem_usage. */
  memUsage(): number {
    const { profile } = this.env
    const { maxEntries } = this.record
    if (!this.#isHash) return profile.structSize('bpf_stab') + maxEntries * POINTER
    return profile.structSize('bpf_shtab') + bucketCount(maxEntries) * profile.structSize('bpf_shtab_bucket')
  }

  override getNextKey(key: number, next: number): number {
    if (this.#isHash) return -Errno.ENOENT
    return arrayNextKey(this.env, this.record.maxEntries, key, next)
  }

  /** sock_map_lookup_sys: bpf(2) reads a socket's cookie. */
  override copyValue(_key: number, _value: number, _flags: number): number {
    return this.record.valueSize === 8 ? -Errno.ENOENT : -Errno.ENOSPC
  }

  /** sock_map_update_elem_sys. */
  override updateValue(_key: number, value: number, _flags: number): number {
    const fd = fdOfValue(this.env, value, this.record.valueSize)
    return fd === undefined || fd > 0x7fffffff ? -Errno.EINVAL : -socketErrno(this.env, fd)
  }

  /** sock_map_update_elem: programs have sockets, but none that could be in a map. */
  override update(_key: number, _value: number, _flags: number): number {
    return -Errno.EOPNOTSUPP
  }

  override delete(_key: number): number {
    return this.#isHash ? -Errno.ENOENT : -Errno.EINVAL
  }
}

export const sockMapFamily: MapFamily = {
  checksInAlloc: true,
  options: ['CONFIG_INET'],
  create,
  open: (record, env) => new SockMap(record, env),
}
