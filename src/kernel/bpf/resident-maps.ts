import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import { FieldType } from '../btf/field-types.ts'
import type { ProgTypes } from '../helpers/impl/run-kernel.ts'
import { freeField } from '../helpers/kfuncs/drop.ts'
import { openMap } from '../maps/index.ts'
import type { KernelMap, MapEnvironment } from '../maps/map.ts'
import { Heap } from '../memory/heap.ts'
import { Memory } from '../memory/memory.ts'
import { DeferredList } from '../objects/deferred.ts'
import type { StoredMap } from '../objects/encode.ts'
import type { Objects } from '../objects/objects.ts'
import type { Profile } from '../profile/profile.ts'
import type { Store } from '../store/store.ts'

/** What maps ask of the machine beyond the store. */
export interface MapHost {
  readonly store: Store
  readonly objects: Objects
  readonly profile: Profile
  readonly possibleCpus: number
  now(): bigint
  random(): number
  /** Descriptors of the process whose system call runs. */
  readonly descriptors: MapEnvironment['descriptors']
  /** Types that programs brought, for objects of them. */
  progTypes(btfId: number): ProgTypes | undefined
}

/**
 * The maps that this process works with, in its memory. They are good for as long as nobody else wrote to the store;
 * then all of them, and the memory they were in, are dropped and read again when needed.
 */
export class ResidentMaps {
  readonly #host: MapHost
  readonly #open = new Map<number, KernelMap>()
  /** Those that were asked for since the last flush. */
  readonly #touched = new Set<KernelMap>()
  #last: KernelMap | undefined
  #environment: MapEnvironment | undefined
  #heap: Heap | undefined
  #deferred: DeferredList | undefined
  #buffer = { at: 0, size: 0 }

  constructor(host: MapHost) {
    this.#host = host
  }

  /** The memory that maps and runs share; another one after `drop`. */
  get environment(): MapEnvironment {
    this.#environment ??= this.#makeEnvironment()
    return this.#environment
  }

  /** Objects that programs allocate, in the same memory. */
  get heap(): Heap {
    return (this.#heap ??= new Heap(this.environment.memory, this.#host.store))
  }

  /** Timers and works in values. */
  get deferred(): DeferredList {
    return (this.#deferred ??= new DeferredList(this.#host.store))
  }

  /** @throws KernelError ENOENT when there is no such map. */
  byId(id: number): KernelMap {
    if (this.#last?.record.id === id) return this.#last
    let map = this.#open.get(id)
    if (!map) {
      const record = this.#host.objects.get('map', id)
      if (!record) throw new KernelError(Errno.ENOENT)
      map = openMap(record, this.environment)
      this.#open.set(id, map)
    }
    this.#touched.add(map)
    this.#last = map
    return map
  }

  /** Memory for the keys and values of one system call; its next one has the same. */
  buffer(size: number): number {
    const { memory } = this.environment
    if (size > this.#buffer.size) {
      if (this.#buffer.size > 0) memory.free(this.#buffer.at, this.#buffer.size)
      this.#buffer = { at: memory.alloc(size), size }
    }
    return this.#buffer.at
  }

  /** Writes what changed; within a transaction. */
  flush(): void {
    for (const map of this.#touched) {
      map.flush()
      if (!map.recordStays) this.#host.objects.refresh(map.record as StoredMap)
    }
    this.#heap?.flush()
    this.#deferred?.flush()
    this.#untouch()
  }

  forget(id: number): void {
    const map = this.#open.get(id)
    if (!map) return
    map.release?.()
    this.#open.delete(id)
    this.#touched.delete(map)
    if (this.#last === map) this.#last = undefined
  }

  drop(): void {
    this.#untouch()
    this.#deferred = undefined
    if (this.#open.size === 0 && !this.#heap?.isOpen) return
    this.#heap = undefined
    this.#open.clear()
    this.#environment = undefined
    this.#buffer = { at: 0, size: 0 }
  }

  #untouch(): void {
    this.#touched.clear()
    this.#last = undefined
  }

  #makeEnvironment(): MapEnvironment {
    const { store, objects, profile, possibleCpus, now, random, descriptors, progTypes } = this.#host
    const memory = new Memory()
    return {
      store,
      memory,
      profile,
      possibleCpus,
      currentCpu: () => 0,
      now,
      random,
      descriptors,
      holdMap: (id) => {
        objects.hold('map', id)
      },
      putMap: (id) => {
        objects.put('map', id)
      },
      holdProg: (id) => {
        objects.hold('prog', id)
      },
      putProg: (id) => {
        objects.put('prog', id)
      },
      mapById: (id) => this.byId(id),
      freeField: (field, at) => {
        if (field.type & (FieldType.TIMER | FieldType.WORKQUEUE)) {
          this.deferred.remove(memory.view.getUint32(at, true))
        } else freeField({ memory, heap: this.heap, progTypes }, field, at)
      },
      recordChanged: ({ id }) => {
        objects.dirty('map', id)
      },
    }
  }
}
