import { Errno } from '../../uapi/errno.ts'
import { ElemFlag } from '../../uapi/flags.ts'
import type { MapRecord } from '../objects/records.ts'
import { concat, readU32, u32Key } from '../store/bytes.ts'
import { BaseMap } from './base.ts'
import { createDevMap } from './devmap.ts'
import { TARGET_SIZE, makeTarget, readTarget } from './devmap-target.ts'
import { Elements } from './elements.ts'
import type { MapFamily } from './family.ts'
import { LentValues } from './lent-values.ts'
import type { MapEnvironment } from './map.ts'

const LIST_HEAD = 8

interface Entry {
  /** Its record's key: bucket, then how new it is, newest first. */
  name: Uint8Array
  /** The key, 32 bits, and struct bpf_devmap_val. */
  bytes: Uint8Array
}

/** Devices by any number. A bucket's list begins with what was added last. */
class DevMapHash extends BaseMap {
  readonly #elements: Elements
  readonly #lent: LentValues
  readonly #buckets: number

  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env)
    this.#elements = new Elements(env.store, record.id)
    this.#lent = new LentValues(env.memory, TARGET_SIZE)
    this.#buckets = 2 ** Math.ceil(Math.log2(record.maxEntries))
  }

  /** dev_map_mem_usage. */
  memUsage(): number {
    const { profile } = this.env
    const heads = this.#buckets * LIST_HEAD
    return profile.structSize('bpf_dtab') + heads + this.#items * profile.structSize('bpf_dtab_netdev')
  }

  override lookup(key: number): number {
    const entry = this.#find(this.#indexOf(key))
    if (!entry) return 0
    return this.#lent.find(entry.name) ?? this.#lent.lend(entry.name, entry.bytes.subarray(4))
  }

  override copyValue(key: number, value: number, _flags: number): number {
    const entry = this.#find(this.#indexOf(key))
    if (!entry) return -Errno.ENOENT
    this.env.memory.u8.set(entry.bytes.subarray(4, 4 + this.record.valueSize), value)
    return 0
  }

  /** dev_map_hash_get_next_key. */
  override getNextKey(key: number, next: number): number {
    const known = key === 0 ? undefined : this.#find(this.#indexOf(key))
    const from = known ? concat(known.name, new Uint8Array(1)) : new Uint8Array(0)
    const entry = this.#elements.first(from)
    if (!entry) return -Errno.ENOENT
    this.env.memory.u8.set(entry.value.subarray(0, 4), next)
    return 0
  }

  /** __dev_map_hash_update_elem. */
  override update(key: number, value: number, flags: number): number {
    const { view } = this.env.memory
    const ifindex = view.getInt32(value, true)
    if (flags > ElemFlag.EXIST || ifindex === 0) return -Errno.EINVAL
    const index = this.#indexOf(key)
    const old = this.#find(index)
    if (old && flags === ElemFlag.NOEXIST) return -Errno.EEXIST
    const fd = this.record.valueSize === TARGET_SIZE ? view.getInt32(value + 4, true) : 0
    const target = makeTarget(this.record, this.env, ifindex, fd)
    if (!target) return -Errno.EINVAL
    if (!old && this.#items >= this.record.maxEntries) return -Errno.E2BIG
    if (target.progId) this.env.holdProg(target.progId)
    if (old) this.#remove(old)
    const bytes = new Uint8Array(4 + TARGET_SIZE)
    new DataView(bytes.buffer).setUint32(0, index, true)
    bytes.set(target.bytes, 4)
    this.#elements.put(this.#newName(index), bytes)
    this.#items++
    return 0
  }

  /** dev_map_hash_delete_elem. */
  override delete(key: number): number {
    const entry = this.#find(this.#indexOf(key))
    if (!entry) return -Errno.ENOENT
    this.#remove(entry)
    return 0
  }

  clearSlots(): void {
    for (const { value } of [...this.#elements.scan(new Uint8Array(0))]) {
      const { progId } = readTarget(value.subarray(4))
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

  #indexOf(key: number): number {
    return this.env.memory.view.getUint32(key, true)
  }

  #bucketOf(index: number): number {
    return (index & (this.#buckets - 1)) >>> 0
  }

  /** Keys of later elements of a bucket sort before those of earlier ones. */
  #newName(index: number): Uint8Array {
    const { extra } = this.record
    const added = (extra['added'] ?? 0) + 1
    extra['added'] = added
    const age = 2 ** 48 - added
    return concat(u32Key(this.#bucketOf(index)), u32Key(Math.floor(age / 2 ** 32)), u32Key(age % 2 ** 32))
  }

  #find(index: number): Entry | undefined {
    const bucket = this.#bucketOf(index)
    for (const { key, value } of this.#elements.scan(u32Key(bucket))) {
      if (readU32(key) !== bucket) return undefined
      if (new DataView(value.buffer, value.byteOffset).getUint32(0, true) === index) return { name: key, bytes: value }
    }
    return undefined
  }

  #remove({ name, bytes }: Entry): void {
    this.#lent.drop(name)
    this.#elements.remove(name)
    this.#items--
    const { progId } = readTarget(bytes.subarray(4))
    if (progId) this.env.putProg(progId)
  }
}

export const devMapHashFamily: MapFamily = {
  create: createDevMap,
  open: (record, env) => new DevMapHash(record, env),
}
