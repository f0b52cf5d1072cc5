import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import { KernelError } from '../error.ts'
import type { MapRecord } from '../objects/records.ts'
import { require } from './alloc-check.ts'
import { allocArray, arrayMemUsage, arrayNextKey, checkArray } from './array.ts'
import { ArrayStore } from './array-store.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import type { MapEnvironment } from './map.ts'
import { innerMapByFd, innerMapMeta } from './map-in-map.ts'
import { progForArray } from './prog-compat.ts'

/** fd_array_map_alloc_check. @throws KernelError. */
function checkFdArray(attr: MapCreateAttr): void {
  require(attr.valueSize === 4)
  require(((attr.mapFlags ?? 0) & (MapFlag.RDONLY_PROG | MapFlag.WRONLY_PROG)) === 0)
  checkArray(attr)
}

/** What the slots of an array hold: map_fd_get_ptr and map_fd_put_ptr. */
interface SlotKind {
  /** @returns the object's id; its holder is counted. @throws KernelError. */
  take(map: MapRecord, fd: number, env: MapEnvironment): number
  put(id: number, env: MapEnvironment): void
  /** Whether bpf(2) can read ids (map_fd_sys_lookup_elem). */
  readable: boolean
}

/** Arrays whose slots hold other objects: written as descriptors, read as ids; 0 is an empty slot. */
class FdArrayMap extends BaseMap {
  readonly recordStays = true
  readonly #slots: ArrayStore
  readonly #kind: SlotKind

  constructor(record: MapRecord, env: MapEnvironment, kind: SlotKind) {
    super(record, env)
    this.#slots = new ArrayStore(env, record, record.maxEntries, 4)
    this.#kind = kind
  }

  memUsage(): number {
    return arrayMemUsage(this.record, this.env)
  }

  override delete(key: number): number {
    const index = this.env.memory.view.getUint32(key, true)
    if (index >= this.record.maxEntries) return -Errno.E2BIG
    return this.#clear(index) ? 0 : -Errno.ENOENT
  }

  override getNextKey(key: number, next: number): number {
    return arrayNextKey(this.env, this.record.maxEntries, key, next)
  }

  /** bpf_fd_array_map_lookup_elem. */
  override copyValue(key: number, value: number, _flags: number): number {
    if (!this.#kind.readable) return -Errno.ENOTSUPP
    const id = this.lookupId(key)
    if (id === 0) return -Errno.ENOENT
    this.env.memory.view.setUint32(value, id, true)
    return 0
  }

  lookupId(key: number): number {
    const index = this.env.memory.view.getUint32(key, true)
    return index < this.record.maxEntries ? this.#get(index) : 0
  }

  /** bpf_fd_array_map_update_elem. */
  override updateValue(key: number, value: number, flags: number): number {
    const { memory } = this.env
    if (flags !== ElemFlag.ANY) return -Errno.EINVAL
    const index = memory.view.getUint32(key, true)
    if (index >= this.record.maxEntries) return -Errno.E2BIG
    let id: number
    try {
      id = this.#kind.take(this.record, memory.view.getInt32(value, true), this.env)
    } catch (error) {
      if (error instanceof KernelError) return -error.errno
      throw error
    }
    const old = this.#get(index)
    memory.view.setUint32(this.#slots.write(index), id, true)
    if (old !== 0) this.#kind.put(old, this.env)
    return 0
  }

  override flush(): void {
    this.#slots.flush()
  }

  clearSlots(): void {
    this.#slots.flush()
    const { perChunk } = this.#slots
    for (const chunk of [...this.#slots.storedChunks()]) {
      const end = Math.min((chunk + 1) * perChunk, this.record.maxEntries)
      for (let index = chunk * perChunk; index < end; index++) this.#clear(index)
    }
  }

  override release(): void {
    this.#slots.free()
  }

  #get(index: number): number {
    const at = this.#slots.read(index)
    return this.env.memory.view.getUint32(at, true)
  }

  #clear(index: number): boolean {
    const id = this.#get(index)
    if (id === 0) return false
    this.env.memory.view.setUint32(this.#slots.write(index), 0, true)
    this.#kind.put(id, this.env)
    return true
  }
}

const programs: SlotKind = {
  take: (map, fd, env) => {
    const { id } = progForArray(map, fd, env)
    env.holdProg(id)
    return id
  },
  put: (id, env) => {
    env.putProg(id)
  },
  readable: true,
}

const maps: SlotKind = {
  take: (map, fd, env) => {
    const id = innerMapByFd(fd, map, env)
    env.holdMap(id)
    return id
  },
  put: (id, env) => {
    env.putMap(id)
  },
  readable: true,
}

/** No descriptor of this machine is a perf event or a cgroup's. */
const nothing: SlotKind = {
  take: () => {
    throw new KernelError(Errno.EBADF)
  },
  put: () => undefined,
  readable: false,
}

function family(kind: SlotKind): MapFamily {
  return {
    create(attr, env) {
      checkFdArray(attr)
      allocArray(attr, env)
      return {}
    },
    open: (record, env) => new FdArrayMap(record, env, kind),
  }
}

export const progArrayFamily = family(programs)
/** PERF_EVENT_ARRAY and CGROUP_ARRAY. */
export const otherFdArrayFamily = family(nothing)

export const arrayOfMapsFamily: MapFamily = {
  create(attr, env) {
    checkFdArray(attr)
    const innerMap = innerMapMeta(attr.innerMapFd ?? 0, env)
    allocArray(attr, env)
    return { innerMap }
  },
  open: (record, env) => new FdArrayMap(record, env, maps),
}
