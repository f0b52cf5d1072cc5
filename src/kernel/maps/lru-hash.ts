import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import type { MapRecord } from '../objects/records.ts'
import type { MapFamily } from './family.ts'
import { HashBase, PerCpuValues, checkUpdate } from './hash.ts'
import { createHash } from './hash-check.ts'
import type { Lru } from './lru.ts'
import { CommonLru, PerCpuLru } from './lru.ts'
import type { MapEnvironment } from './map.ts'
import { copyMapValue } from './value.ts'

/** Hash maps that throw out their oldest elements to make room for new ones. */
abstract class LruBase extends HashBase {
  protected readonly lru: Lru

  constructor(record: MapRecord, env: MapEnvironment, valueBytes: number) {
    super(record, env, valueBytes, true)
    const Kind = record.mapFlags & MapFlag.NO_COMMON_LRU ? PerCpuLru : CommonLru
    this.lru = new Kind(env, record.id, record.maxEntries, (node) => {
      this.#evict(node)
    })
  }

  override flush(): void {
    super.flush()
    this.lru.nodes.flush()
  }

  /** A program's look-up counts as use; bpf(2)'s doesn't. */
  protected lookupUsed(key: number): number {
    const elem = this.find(key)
    if (elem === 0) return 0
    this.lru.nodes.setRef(this.table.nodeOf(elem))
    return this.table.handOut(elem)
  }

  protected override remove(elem: number): void {
    const node = this.table.nodeOf(elem)
    super.remove(elem)
    this.lru.push(node)
  }

  /** htab_lru_map_delete_node. */
  #evict(node: number): void {
    const { table } = this
    let elem = table.first(table.bucketOf(this.lru.nodes.hash(node)))
    while (elem !== 0 && table.nodeOf(elem) !== node) elem = table.after(elem)
    if (elem !== 0) super.remove(elem)
  }
}

/** BPF_MAP_TYPE_LRU_HASH. */
class LruHashMap extends LruBase {
  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env, record.valueSize)
  }

  override lookup(key: number): number {
    return this.lookupUsed(key)
  }

  /** htab_lru_map_update_elem: room is made before anything is looked at, and for nothing if that fails. */
  override update(key: number, value: number, flags: number): number {
    const { table, lru } = this
    if (flags > ElemFlag.EXIST) return -Errno.EINVAL
    const hash = table.hash(key)
    const node = lru.pop(hash)
    if (node === 0) return -Errno.ENOMEM
    const old = table.find(key, hash)
    const refused = checkUpdate(old, flags)
    if (refused !== 0) {
      lru.push(node)
      return refused
    }
    const elem = table.alloc(key, hash, node)
    copyMapValue(this.record, this.env.memory, table.valueOf(elem), value)
    table.link(elem, hash)
    if (old !== 0) {
      lru.nodes.setRef(node)
      this.remove(old)
    }
    return 0
  }
}

/** BPF_MAP_TYPE_LRU_PERCPU_HASH. */
class LruPerCpuHashMap extends LruBase {
  readonly #values: PerCpuValues

  constructor(record: MapRecord, env: MapEnvironment) {
    const values = new PerCpuValues(record, env)
    super(record, env, values.bytes)
    this.#values = values
  }

  override get valueSizeOfSyscall(): number {
    return this.#values.bytes
  }

  override lookup(key: number): number {
    return this.lookupPerCpu(key, this.env.currentCpu())
  }

  /** map_lookup_percpu_elem. */
  lookupPerCpu(key: number, cpu: number): number {
    const at = this.lookupUsed(key)
    return at === 0 ? 0 : at + cpu * this.#values.each
  }

  override update(key: number, value: number, flags: number): number {
    return this.#update(key, value, flags, false)
  }

  override updateValue(key: number, value: number, flags: number): number {
    return this.#update(key, value, flags, true)
  }

  protected override handOut(elem: number): number {
    return this.table.handOut(elem) + this.env.currentCpu() * this.#values.each
  }

  protected override freeFields(elem: number): void {
    this.#values.freeFields(this.table.valueOf(elem))
  }

  /** __htab_lru_percpu_map_update_elem: the value is written where it is. */
  #update(key: number, value: number, flags: number, allCpus: boolean): number {
    const { table, lru } = this
    if (flags > ElemFlag.EXIST) return -Errno.EINVAL
    const hash = table.hash(key)
    const node = flags === ElemFlag.EXIST ? 0 : lru.pop(hash)
    if (node === 0 && flags !== ElemFlag.EXIST) return -Errno.ENOMEM
    const old = table.find(key, hash)
    const refused = checkUpdate(old, flags)
    if (refused === 0 && old === 0) {
      const elem = table.alloc(key, hash, node)
      this.#values.init(table.valueOf(elem), value, allCpus)
      table.link(elem, hash)
      return 0
    }
    if (refused === 0) {
      lru.nodes.setRef(table.nodeOf(old))
      this.#values.write(table.valueOf(old), value, allCpus)
      table.changed(old)
    }
    if (node !== 0) lru.push(node)
    return refused
  }
}

/** LRU_HASH and LRU_PERCPU_HASH. */
export const lruHashFamily: MapFamily = {
  create: createHash,
  open: (record, env) =>
    record.type === MapType.LRU_HASH ? new LruHashMap(record, env) : new LruPerCpuHashMap(record, env),
}
