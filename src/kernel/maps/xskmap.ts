import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import type { MapRecord } from '../objects/records.ts'
import { require, requireRoom } from './alloc-check.ts'
import { arrayNextKey } from './array.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import { socketErrno } from './socket-fd.ts'

const CREATE_FLAGS = MapFlag.NUMA_NODE | MapFlag.RDONLY | MapFlag.WRONLY
const POINTER = 8

/** xsk_map_alloc. @throws KernelError. */
function create({ keySize, valueSize, maxEntries, mapFlags = 0 }: MapCreateAttr): Partial<MapRecord> {
  require(maxEntries !== 0 && keySize === 4 && valueSize === 4 && (mapFlags & ~CREATE_FLAGS) === 0)
  requireRoom(maxEntries * POINTER)
  return {}
}

/** AF_XDP sockets by index: there are none. */
class XskMap extends BaseMap {
  /** xsk_map_mem_usage. */
  memUsage(): number {
    return this.env.profile.structSize('xsk_map') + this.record.maxEntries * POINTER
  }

  override getNextKey(key: number, next: number): number {
    return arrayNextKey(this.env, this.record.maxEntries, key, next)
  }

  /** xsk_map_update_elem. */
  override update(key: number, value: number, flags: number): number {
    const { view } = this.env.memory
    if (flags > ElemFlag.EXIST) return -Errno.EINVAL
    if (view.getUint32(key, true) >= this.record.maxEntries) return -Errno.E2BIG
    return -socketErrno(this.env, view.getUint32(value, true))
  }

  /** xsk_map_delete_elem. */
  override delete(key: number): number {
    return this.env.memory.view.getUint32(key, true) >= this.record.maxEntries ? -Errno.EINVAL : 0
  }
}

export const xskMapFamily: MapFamily = {
  checksInAlloc: true,
  options: ['CONFIG_XDP_SOCKETS'],
  create,
  open: (record, env) => new XskMap(record, env),
}
