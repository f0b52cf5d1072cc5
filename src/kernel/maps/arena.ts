import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import type { MapRecord } from '../objects/records.ts'
import { require } from './alloc-check.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'

/** Name of map->writecnt among a record's facts: who mapped an arena once keeps it from being frozen. */
export const MMAP_WRITERS = 'writecnt'

const CREATE_FLAGS = MapFlag.SEGV_ON_FAULT | MapFlag.MMAPABLE | MapFlag.NO_USER_CONV
const PAGE_SIZE = 4096n
const SIZE_4G = 1n << 32n

/** arena_map_alloc. @throws KernelError. */
function create(attr: MapCreateAttr): Partial<MapRecord> {
  const { keySize, valueSize, maxEntries, mapFlags = 0, mapExtra = 0n } = attr
  require(keySize === 0 && valueSize === 0 && maxEntries !== 0)
  require((mapFlags & MapFlag.MMAPABLE) !== 0 && (mapFlags & ~CREATE_FLAGS) === 0)
  // Where users are to map it.
  require(mapExtra % PAGE_SIZE === 0n)
  const size = BigInt(maxEntries) * PAGE_SIZE
  require(size <= SIZE_4G, Errno.E2BIG)
  const last = BigInt.asUintN(64, mapExtra + size - 1n)
  require(mapExtra / SIZE_4G === last / SIZE_4G, Errno.ERANGE)
  return {}
}

/** Pages that programs and users share. They have no elements, and nobody here can map them. */
class ArenaMap extends BaseMap {
  /** arena_map_mem_usage. */
  memUsage(): number {
    return 0
  }

  override copyValue(_key: number, _value: number, _flags: number): number {
    return -Errno.EINVAL
  }
}

export const arenaFamily: MapFamily = {
  checksInAlloc: true,
  since: '6.9',
  create,
  open: (record, env) => new ArenaMap(record, env),
}
