import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import type { MapRecord } from '../objects/records.ts'
import { u32Key } from '../store/bytes.ts'
import { require, requireRoom } from './alloc-check.ts'
import { arrayNextKey } from './array.ts'
import { BaseMap } from './base.ts'
import type { Target } from './devmap-target.ts'
import { TARGET_SIZE, makeTarget, readTarget } from './devmap-target.ts'
import { Elements } from './elements.ts'
import type { MapFamily } from './family.ts'
import { LentValues } from './lent-values.ts'
import type { MapEnvironment } from './map.ts'

/** DEV_CREATE_FLAG_MASK. */
const CREATE_FLAGS = MapFlag.NUMA_NODE | MapFlag.RDONLY | MapFlag.WRONLY
const POINTER = 8

/** dev_map_alloc_check and dev_map_init_map: programs get pointers to devices' entries, which they can't write. */
export function createDevMap(attr: MapCreateAttr): Partial<MapRecord> {
  const { mapType, keySize, valueSize, maxEntries, mapFlags = 0 } = attr
  require(maxEntries !== 0 && keySize === 4 && (valueSize === 4 || valueSize === 8))
  require((mapFlags & ~CREATE_FLAGS) === 0)
  require(mapType !== MapType.DEVMAP_HASH || maxEntries <= 2 ** 31)
  requireRoom(maxEntries * POINTER)
  return { mapFlags: mapFlags | MapFlag.RDONLY_PROG }
}

/** Devices by index: a record for each slot that is filled. */
class DevMap extends BaseMap {
  readonly #elements: Elements
  readonly #lent: LentValues

  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env)
    this.#elements = new Elements(env.store, record.id)
    this.#lent = new LentValues(env.memory, TARGET_SIZE)
  }

  /** dev_map_mem_usage. */
  memUsage(): number {
    const { profile } = this.env
    const slots = this.record.maxEntries * POINTER
    return profile.structSize('bpf_dtab') + slots + this.#items * profile.structSize('bpf_dtab_netdev')
  }

  override lookup(key: number): number {
    const name = this.#name(key)
    const bytes = this.#elements.get(name)
    return bytes ? (this.#lent.find(name) ?? this.#lent.lend(name, bytes)) : 0
  }

  override copyValue(key: number, value: number, _flags: number): number {
    const bytes = this.#elements.get(this.#name(key))
    if (!bytes) return -Errno.ENOENT
    this.env.memory.u8.set(bytes.subarray(0, this.record.valueSize), value)
    return 0
  }

  override getNextKey(key: number, next: number): number {
    return arrayNextKey(this.env, this.record.maxEntries, key, next)
  }

  /** __dev_map_update_elem. An empty slot that is filled with nothing counts as an item ever after. */
  override update(key: number, value: number, flags: number): number {
    const { maxEntries, valueSize } = this.record
    const { view } = this.env.memory
    if (flags > ElemFlag.EXIST) return -Errno.EINVAL
    if (view.getUint32(key, true) >= maxEntries) return -Errno.E2BIG
    if (flags === ElemFlag.NOEXIST) return -Errno.EEXIST
    const ifindex = view.getInt32(value, true)
    const fd = valueSize === TARGET_SIZE ? view.getInt32(value + 4, true) : 0
    if (ifindex === 0 && fd > 0) return -Errno.EINVAL
    let target: Target | undefined
    if (ifindex !== 0) {
      target = makeTarget(this.record, this.env, ifindex, fd)
      if (!target) return -Errno.EINVAL
    }
    if (!this.#replace(this.#name(key), target)) this.#items++
    return 0
  }

  /** dev_map_delete_elem. */
  override delete(key: number): number {
    if (this.env.memory.view.getUint32(key, true) >= this.record.maxEntries) return -Errno.EINVAL
    if (this.#replace(this.#name(key), undefined)) this.#items--
    return 0
  }

  clearSlots(): void {
    for (const { value } of [...this.#elements.scan(new Uint8Array(0))]) {
      const { progId } = readTarget(value)
      if (progId) this.env.putProg(progId)
    }
  }

  override flush(): void {
    this.#lent.flush(() => undefined)
  }

  get #items(): number {
    return this.record.extra['items'] ?? 0
  }

  set #items(items: number) {
    this.record.extra['items'] = items
  }

  #name(key: number): Uint8Array {
    return u32Key(this.env.memory.view.getUint32(key, true))
  }

  /** @returns whether there was something. */
  #replace(name: Uint8Array, target: Target | undefined): boolean {
    const old = this.#elements.get(name)
    this.#lent.drop(name)
    if (target) {
      if (target.progId) this.env.holdProg(target.progId)
      this.#elements.put(name, target.bytes)
    } else if (old) {
      this.#elements.remove(name)
    }
    const oldProg = old ? readTarget(old).progId : 0
    if (oldProg) this.env.putProg(oldProg)
    return old !== undefined
  }
}

export const devMapFamily: MapFamily = {
  create: createDevMap,
  open: (record, env) => new DevMap(record, env),
}
