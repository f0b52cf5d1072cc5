import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import type { MapRecord } from '../objects/records.ts'
import { ACCESS_FLAGS, KMALLOC_MAX_SIZE, accessOk, require, requireRoom } from './alloc-check.ts'
import { ArrayStore } from './array-store.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import type { MapEnvironment } from './map.ts'

/** QUEUE_STACK_CREATE_FLAG_MASK. */
const CREATE_FLAGS = MapFlag.NUMA_NODE | ACCESS_FLAGS

/** queue_stack_map_alloc_check and queue_stack_map_alloc. @throws KernelError. */
function create({ keySize, valueSize, maxEntries, mapFlags = 0 }: MapCreateAttr): Partial<MapRecord> {
  require(maxEntries !== 0 && keySize === 0 && valueSize !== 0)
  require((mapFlags & ~CREATE_FLAGS) === 0 && accessOk(mapFlags))
  require(valueSize <= KMALLOC_MAX_SIZE, Errno.E2BIG)
  requireRoom((maxEntries + 1) * valueSize)
  return {}
}

/**
 * Queues and stacks: a ring of one slot more than there may be elements. Its positions stand in the map's record, as
 * `head` (the next slot to write) and `tail` (the oldest element).
 */
class QueueStackMap extends BaseMap {
  readonly #slots: ArrayStore
  readonly #size: number

  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env)
    this.#size = record.maxEntries + 1
    this.#slots = new ArrayStore(env, record, this.#size, record.valueSize)
  }

  /** queue_stack_map_mem_usage. */
  memUsage(): number {
    return this.env.profile.structSize('bpf_queue_stack') + this.#size * this.record.valueSize
  }

  override update(_key: number, _value: number, _flags: number): number {
    return -Errno.EINVAL
  }

  override delete(_key: number): number {
    return -Errno.EINVAL
  }

  override getNextKey(_key: number, _next: number): number {
    return -Errno.EINVAL
  }

  /** queue_stack_map_push_elem: BPF_EXIST makes room by dropping the oldest. */
  override push(value: number, flags: number): number {
    const { extra, valueSize } = this.record
    if (flags % 2 !== 0 || flags > ElemFlag.EXIST) return -Errno.EINVAL
    const next = (this.#head + 1) % this.#size
    if (next === this.#tail) {
      if (flags !== ElemFlag.EXIST) return -Errno.E2BIG
      extra['tail'] = (this.#tail + 1) % this.#size
    }
    const at = this.#slots.write(this.#head)
    this.env.memory.u8.copyWithin(at, value, value + valueSize)
    extra['head'] = next
    return 0
  }

  override pop(value: number): number {
    return this.#get(value, true)
  }

  override peek(value: number): number {
    return this.#get(value, false)
  }

  override copyValue(_key: number, value: number, _flags: number): number {
    return this.peek(value)
  }

  override updateValue(_key: number, value: number, flags: number): number {
    return this.push(value, flags)
  }

  override lookupAndDelete(_key: number, value: number, _flags: number): number {
    return this.pop(value)
  }

  override flush(): void {
    this.#slots.flush()
  }

  override release(): void {
    this.#slots.free()
  }

  get #head(): number {
    return this.record.extra['head'] ?? 0
  }

  get #tail(): number {
    return this.record.extra['tail'] ?? 0
  }

  /** __queue_map_get and __stack_map_get: the value is cleared where there's none. */
  #get(value: number, remove: boolean): number {
    const { extra, type, valueSize } = this.record
    const { memory } = this.env
    const head = this.#head
    const tail = this.#tail
    if (head === tail) {
      memory.u8.fill(0, value, value + valueSize)
      return -Errno.ENOENT
    }
    const newest = (head + this.#size - 1) % this.#size
    const at = this.#slots.read(type === MapType.QUEUE ? tail : newest)
    memory.u8.copyWithin(value, at, at + valueSize)
    if (remove && type === MapType.QUEUE) extra['tail'] = (tail + 1) % this.#size
    else if (remove) extra['head'] = newest
    return 0
  }
}

export const queueStackFamily: MapFamily = {
  create,
  open: (record, env) => new QueueStackMap(record, env),
}
