import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import type { MapRecord } from '../objects/records.ts'
import { require, roundUp8 } from './alloc-check.ts'
import type { MapFamily } from './family.ts'
import { checkHash } from './hash-check.ts'
import { HashBase, checkUpdate } from './hash.ts'
import type { MapEnvironment } from './map.ts'
import { copyMapValue, freeMapFields } from './value.ts'

const U16_MAX = 0xffff
/** sizeof(struct rhtab_elem): its place in the table. */
const ELEM = 8

/** rhtab_map_alloc_check and rhtab_map_alloc: map_extra is how many elements the user thinks there will be. */
function create(attr: MapCreateAttr, env: MapEnvironment): Partial<MapRecord> {
  const { mapFlags = 0, keySize, maxEntries, mapExtra = 0n } = attr
  require((mapFlags & MapFlag.NO_PREALLOC) !== 0 && (mapFlags & MapFlag.ZERO_SEED) === 0)
  require(keySize <= U16_MAX, Errno.E2BIG)
  require(mapExtra < 2n ** 32n)
  require(mapExtra <= U16_MAX, Errno.E2BIG)
  require(mapExtra <= maxEntries)
  checkHash(attr, env)
  require(maxEntries <= 2 ** 31, Errno.E2BIG)
  return { seed: env.random() >>> 0 }
}

/**
 * A hash that grows with its elements. Their order is the kernel's own chance: it is drawn for each map, and changes as
 * the table grows; here it stays.
 */
class RhashMap extends HashBase {
  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env, record.valueSize, false)
  }

  /** rhtab_map_mem_usage: buckets aren't counted. */
  override memUsage(): number {
    const { keySize, valueSize } = this.record
    const elem = ELEM + roundUp8(keySize) + roundUp8(valueSize)
    return this.env.profile.structSize('bpf_rhtab') + elem * this.table.count
  }

  override lookup(key: number): number {
    const elem = this.find(key)
    return elem === 0 ? 0 : this.table.handOut(elem)
  }

  /** rhtab_map_update_elem: an element that's there is written where it is. */
  override update(key: number, value: number, flags: number): number {
    const { table, record } = this
    const { memory } = this.env
    if (flags > 0xff || (flags & ~ElemFlag.LOCK) > ElemFlag.EXIST) return -Errno.EINVAL
    const hash = table.hash(key)
    const old = table.find(key, hash)
    const refused = checkUpdate(old, flags)
    if (refused !== 0) return refused
    if (old !== 0) {
      copyMapValue(record, memory, table.valueOf(old), value)
      freeMapFields(record, this.env, table.valueOf(old))
      table.changed(old)
      return 0
    }
    if (this.isFull) return -Errno.E2BIG
    const elem = table.alloc(key, hash)
    copyMapValue(record, memory, table.valueOf(elem), value)
    table.link(elem, hash)
    return 0
  }
}

export const rhashFamily: MapFamily = {
  since: '7.2',
  create,
  open: (record, env) => new RhashMap(record, env),
}
