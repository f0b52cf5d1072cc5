import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag } from '../../uapi/flags.ts'
import type { MapRecord } from '../objects/records.ts'
import { require, requireRoom } from './alloc-check.ts'
import { arrayNextKey, checkArray } from './array.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import { fdOfValue, socketErrno } from './socket-fd.ts'

const POINTER = 8

/** reuseport_array_alloc_check and reuseport_array_alloc. @throws KernelError. */
function create(attr: MapCreateAttr): Partial<MapRecord> {
  require(attr.valueSize === 4 || attr.valueSize === 8)
  checkArray(attr)
  requireRoom(attr.maxEntries * POINTER)
  return {}
}

/** Sockets that share a port, by index: there are none. */
class ReuseportArray extends BaseMap {
  /** reuseport_array_mem_usage. */
  memUsage(): number {
    return this.env.profile.structSize('reuseport_array') + this.record.maxEntries * POINTER
  }

  override getNextKey(key: number, next: number): number {
    return arrayNextKey(this.env, this.record.maxEntries, key, next)
  }

  /** bpf_fd_reuseport_array_lookup_elem: bpf(2) reads a socket's cookie. */
  override copyValue(_key: number, _value: number, _flags: number): number {
    return this.record.valueSize === 8 ? -Errno.ENOENT : -Errno.ENOSPC
  }

  /** bpf_fd_reuseport_array_update_elem. */
  override updateValue(key: number, value: number, flags: number): number {
    if (flags > ElemFlag.EXIST) return -Errno.EINVAL
    if (this.env.memory.view.getUint32(key, true) >= this.record.maxEntries) return -Errno.E2BIG
    const fd = fdOfValue(this.env, value, this.record.valueSize)
    return fd === undefined ? -Errno.EINVAL : -socketErrno(this.env, fd)
  }

  /** reuseport_array_delete_elem. */
  override delete(key: number): number {
    return this.env.memory.view.getUint32(key, true) >= this.record.maxEntries ? -Errno.E2BIG : -Errno.ENOENT
  }
}

export const reuseportArrayFamily: MapFamily = {
  options: ['CONFIG_INET'],
  create,
  open: (record, env) => new ReuseportArray(record, env),
}
