import { Errno } from '../../uapi/errno.ts'
import { ElemFlag } from '../../uapi/flags.ts'
import { KernelError } from '../error.ts'
import type { MapRecord } from '../objects/records.ts'
import { require } from './alloc-check.ts'
import type { MapFamily } from './family.ts'
import { HashBase, checkUpdate } from './hash.ts'
import { checkHash, createHash } from './hash-check.ts'
import type { MapEnvironment } from './map.ts'
import { innerMapByFd, innerMapMeta } from './map-in-map.ts'

/** BPF_MAP_TYPE_HASH_OF_MAPS: values are written as descriptors of maps and read as their ids. */
class HashOfMaps extends HashBase {
  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env, 4, false)
  }

  lookupId(key: number): number {
    const elem = this.find(key)
    return elem === 0 ? 0 : this.env.memory.view.getUint32(this.table.valueOf(elem), true)
  }

  /** bpf_fd_htab_map_update_elem. */
  override updateValue(key: number, value: number, flags: number): number {
    const { table } = this
    let id: number
    try {
      id = innerMapByFd(this.env.memory.view.getInt32(value, true), this.record, this.env)
    } catch (error) {
      if (error instanceof KernelError) return -error.errno
      throw error
    }
    if (flags > ElemFlag.EXIST) return -Errno.EINVAL
    const hash = table.hash(key)
    const old = table.find(key, hash)
    const refused = checkUpdate(old, flags)
    if (refused !== 0) return refused
    if (old === 0 && this.isFull) return -Errno.E2BIG
    this.env.holdMap(id)
    if (old !== 0) {
      const at = table.valueOf(old)
      const { view } = this.env.memory
      const before = view.getUint32(at, true)
      view.setUint32(at, id, true)
      table.changed(old)
      this.env.putMap(before)
      return 0
    }
    const elem = table.alloc(key, hash)
    this.env.memory.view.setUint32(table.valueOf(elem), id, true)
    table.link(elem, hash)
    return 0
  }

  clearSlots(): void {
    for (let elem = this.table.firstFrom(0); elem !== 0; elem = this.table.firstFrom(0)) this.remove(elem)
  }

  protected override remove(elem: number): void {
    const id = this.env.memory.view.getUint32(this.table.valueOf(elem), true)
    super.remove(elem)
    this.env.putMap(id)
  }
}

export const hashOfMapsFamily: MapFamily = {
  create(attr, env) {
    require(attr.valueSize === 4)
    checkHash(attr, env)
    const innerMap = innerMapMeta(attr.innerMapFd ?? 0, env)
    return { ...createHash(attr, env), innerMap }
  },
  open: (record, env) => new HashOfMaps(record, env),
}
