import type { MapCreateAttr } from '../../uapi/attr.ts'
import { AttachType } from '../../uapi/attach-type.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import type { MapRecord } from '../objects/records.ts'
import { u32Key } from '../store/bytes.ts'
import { require } from './alloc-check.ts'
import { arrayNextKey } from './array.ts'
import { BaseMap } from './base.ts'
import { xdpProgram } from './devmap-target.ts'
import { Elements } from './elements.ts'
import type { MapFamily } from './family.ts'
import { LentValues } from './lent-values.ts'
import type { MapEnvironment } from './map.ts'

const POINTER = 8
/** sizeof(struct bpf_cpumap_val): how many packets wait at most, and a program's id. */
const VALUE_SIZE = 8
const MAX_QUEUE = 16384
/** CONFIG_NR_CPUS of a kernel that doesn't say. */
const DEFAULT_NR_CPUS = 64

/** cpu_map_alloc. @throws KernelError. */
function create(attr: MapCreateAttr, { profile }: MapEnvironment): Partial<MapRecord> {
  const { keySize, valueSize, maxEntries, mapFlags = 0 } = attr
  require(maxEntries !== 0 && keySize === 4 && (valueSize === 4 || valueSize === VALUE_SIZE))
  require((mapFlags & ~MapFlag.NUMA_NODE) === 0)
  require(maxEntries <= Number(profile.option('CONFIG_NR_CPUS') ?? DEFAULT_NR_CPUS), Errno.E2BIG)
  return {}
}

/** CPUs that packets can be sent to: a record for each slot that is filled. */
class CpuMap extends BaseMap {
  readonly #elements: Elements
  readonly #lent: LentValues

  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env)
    this.#elements = new Elements(env.store, record.id)
    this.#lent = new LentValues(env.memory, VALUE_SIZE)
  }

  /** cpu_map_mem_usage: what the slots hold isn't counted. */
  memUsage(): number {
    return this.env.profile.structSize('bpf_cpu_map') + this.record.maxEntries * POINTER
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

  /** cpu_map_update_elem. */
  override update(key: number, value: number, flags: number): number {
    const { maxEntries, valueSize } = this.record
    const { view } = this.env.memory
    const cpu = view.getUint32(key, true)
    const queue = view.getUint32(value, true)
    if (flags > ElemFlag.EXIST) return -Errno.EINVAL
    if (cpu >= maxEntries) return -Errno.E2BIG
    if (flags === ElemFlag.NOEXIST) return -Errno.EEXIST
    if (queue > MAX_QUEUE) return -Errno.EOVERFLOW
    if (cpu >= this.env.possibleCpus) return -Errno.ENODEV
    if (queue === 0) {
      this.#replace(this.#name(key), undefined)
      return 0
    }
    const fd = valueSize === VALUE_SIZE ? view.getInt32(value + 4, true) : 0
    const prog = fd > 0 ? xdpProgram(this.record, this.env, fd, AttachType.XDP_CPUMAP) : undefined
    // __cpu_map_entry_alloc only says that it failed.
    if (fd > 0 && !prog) return -Errno.ENOMEM
    const bytes = new Uint8Array(VALUE_SIZE)
    const entry = new DataView(bytes.buffer)
    entry.setUint32(0, queue, true)
    entry.setUint32(4, prog?.id ?? 0, true)
    if (prog) this.env.holdProg(prog.id)
    this.#replace(this.#name(key), bytes)
    return 0
  }

  /** cpu_map_delete_elem. */
  override delete(key: number): number {
    if (this.env.memory.view.getUint32(key, true) >= this.record.maxEntries) return -Errno.EINVAL
    this.#replace(this.#name(key), undefined)
    return 0
  }

  clearSlots(): void {
    for (const { value } of [...this.#elements.scan(new Uint8Array(0))]) this.#putProgram(value)
  }

  override flush(): void {
    this.#lent.flush(() => undefined)
  }

  #name(key: number): Uint8Array {
    return u32Key(this.env.memory.view.getUint32(key, true))
  }

  #replace(name: Uint8Array, bytes: Uint8Array | undefined): void {
    const old = this.#elements.get(name)
    this.#lent.drop(name)
    if (bytes) this.#elements.put(name, bytes)
    else if (old) this.#elements.remove(name)
    if (old) this.#putProgram(old)
  }

  #putProgram(bytes: Uint8Array): void {
    const id = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true)
    if (id) this.env.putProg(id)
  }
}

export const cpuMapFamily: MapFamily = {
  checksInAlloc: true,
  create,
  open: (record, env) => new CpuMap(record, env),
}
