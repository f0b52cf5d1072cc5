import type { ObjectKind } from '../../uapi/attr.ts'
import { MapType } from '../../uapi/map-type.ts'
import { afterPrefix, concat, equal, readU32, u32Key, utf8 } from '../store/bytes.ts'
import type { Store } from '../store/store.ts'
import { Table } from '../store/store.ts'
import type { StoredMap } from './encode.ts'
import { decodeBtf, decodeMap, decodeProg, encodeBtf, encodeMap, encodeProg } from './encode.ts'
import { Orphans } from './orphans.ts'
import type { BtfRecord, ProgRecord } from './records.ts'
import { Blob } from './records.ts'

/** Kinds whose objects are kept here; links come with attaching. */
export type KeptKind = 'map' | 'prog' | 'btf'

interface Records {
  map: StoredMap
  prog: ProgRecord
  btf: BtfRecord
}

type AnyRecord = StoredMap | ProgRecord | BtfRecord

interface Kind {
  readonly number: number
  readonly table: number
  encode(record: AnyRecord): Uint8Array
  decode(bytes: Uint8Array): AnyRecord
}

const kinds: Readonly<Record<KeptKind, Kind>> = {
  map: { number: 0, table: Table.MAP, encode: (map) => encodeMap(map as StoredMap), decode: decodeMap },
  prog: { number: 1, table: Table.PROG, encode: (prog) => encodeProg(prog as ProgRecord), decode: decodeProg },
  btf: { number: 2, table: Table.BTF, encode: (btf) => encodeBtf(btf as BtfRecord), decode: decodeBtf },
}

const kindNames: readonly KeptKind[] = ['map', 'prog', 'btf']

/** Blobs that an object of each kind may have. */
const blobsOf: Readonly<Record<KeptKind, readonly number[]>> = {
  map: [],
  prog: [Blob.PROG_INSNS, Blob.PROG_FUNC_INFO, Blob.PROG_LINE_INFO, Blob.PROG_RUN, Blob.PROG_JITED_LINES],
  btf: [Blob.BTF_DATA],
}

/** Ids are given in [1, INT_MAX), as idr_alloc_cyclic does for bpf(2). */
const MAX_ID = 0x7fffffff

function blobKey(kind: KeptKind, id: number, part: number): Uint8Array {
  return concat(new Uint8Array([kinds[kind].number]), u32Key(id), new Uint8Array([part]))
}

/** What an object takes along or lets go when it goes: maps know what their slots hold. */
export interface ObjectHooks {
  /** Empties the slots of a map that hold other objects, so that those are put. */
  clearSlots(map: StoredMap): void
  /** A program is held by something that lasts. */
  keep(prog: ProgRecord): void
  /** The map is gone: nothing of it may be written any more. */
  forget(map: StoredMap): void
}

/**
 * The registry of maps, programs and BTF: ids, records, reference counts, and the end of what nothing holds.
 *
 * A record's `refs` counts durable holders (pins, programs, outer maps, processes that outlive a command); descriptors
 * are counted here, in memory. An object whose only holder is a descriptor of a running command is listed with that
 * command in the store (Orphans), so that it can be taken away if the command is killed.
 *
 * Records are cached and shared: a map's record is the same object for whoever asks. All that changes them runs in a
 * transaction, which ends with `settle` or, when it failed, with `reset`.
 */
export class Objects {
  readonly #store: Store
  readonly #hooks: ObjectHooks
  readonly #orphans: Orphans
  readonly #cache: Record<KeptKind, Map<number, AnyRecord>> = { map: new Map(), prog: new Map(), btf: new Map() }
  readonly #dirty: Record<KeptKind, Set<number>> = { map: new Set(), prog: new Set(), btf: new Set() }
  /** Objects that may have become orphans, or have ceased to be some, in this transaction. */
  readonly #touched: Record<KeptKind, Set<number>> = { map: new Set(), prog: new Set(), btf: new Set() }
  /** Descriptors of this process's simulated processes. */
  readonly #open: Record<KeptKind, Map<number, number>> = { map: new Map(), prog: new Map(), btf: new Map() }

  constructor(store: Store, hooks: ObjectHooks) {
    this.#store = store
    this.#hooks = hooks
    this.#orphans = new Orphans(store)
  }

  get<K extends KeptKind>(kind: K, id: number): Records[K] | undefined {
    const cached = this.#cache[kind].get(id)
    if (cached) return cached as Records[K]
    const bytes = this.#store.get(kinds[kind].table, u32Key(id))
    if (!bytes) return undefined
    const record = kinds[kind].decode(bytes)
    this.#cache[kind].set(id, record)
    return record as Records[K]
  }

  /** The smallest id above `id`, or undefined. */
  nextId(kind: ObjectKind, id: number): number | undefined {
    if (kind === 'link' || id >= MAX_ID) return undefined
    for (const [key] of this.#store.scan(kinds[kind].table, u32Key(id + 1), undefined)) return readU32(key)
    return undefined
  }

  /** Keeps a new object under the next id. */
  add<K extends KeptKind>(kind: K, record: Omit<Records[K], 'id'>): Records[K] {
    const counter = utf8(`next_${kind}_id`)
    const last = this.#store.get(Table.META, counter)
    const id = last ? readU32(last) : 1
    this.#store.put(Table.META, counter, u32Key(id + 1))
    const added = { ...record, id } as unknown as Records[K]
    this.#cache[kind].set(id, added)
    this.dirty(kind, id)
    this.#touched[kind].add(id)
    // There at once, for nextId within this transaction.
    this.#store.put(kinds[kind].table, u32Key(id), kinds[kind].encode(added))
    return added
  }

  blob(kind: KeptKind, id: number, part: number): Uint8Array | undefined {
    return this.#store.get(Table.BLOB, blobKey(kind, id, part))
  }

  putBlob(kind: KeptKind, id: number, part: number, bytes: Uint8Array): void {
    if (bytes.length > 0) this.#store.put(Table.BLOB, blobKey(kind, id, part), bytes)
  }

  /** The record changed: `settle` writes it. */
  dirty(kind: KeptKind, id: number): void {
    this.#dirty[kind].add(id)
  }

  /**
   * One durable holder more.
   * @param user whether it's a pin or a process: these keep a prog_array's slots (usercnt).
   */
  hold(kind: KeptKind, id: number, user = false): void {
    const record = this.get(kind, id)
    if (!record) return
    record.refs++
    if (kind === 'prog') this.#hooks.keep(record as ProgRecord)
    if (user && kind === 'map') (record as StoredMap).userRefs++
    this.dirty(kind, id)
    this.#touched[kind].add(id)
  }

  /** One durable holder less; the object goes with the last. */
  put(kind: KeptKind, id: number, user = false): void {
    const record = this.get(kind, id)
    if (!record) return
    record.refs--
    if (user && kind === 'map') (record as StoredMap).userRefs--
    this.dirty(kind, id)
    this.#touched[kind].add(id)
    this.#letGo(kind, record)
  }

  opened(kind: KeptKind, id: number): void {
    const open = this.#open[kind]
    open.set(id, (open.get(id) ?? 0) + 1)
  }

  /** A descriptor less. @returns whether `release` has something to do, in a transaction. */
  closed(kind: KeptKind, id: number): boolean {
    const open = this.#open[kind]
    const left = (open.get(id) ?? 1) - 1
    // Kept at none: what is opened and closed is soon opened again.
    open.set(id, left)
    if (left > 0) return false
    const record = this.get(kind, id)
    return record !== undefined && isOrphan(kind, record)
  }

  /** After `closed`: takes away what only that descriptor held. */
  release(kind: KeptKind, id: number): void {
    this.#orphans.remove(kinds[kind].number, id)
    const record = this.get(kind, id)
    if (record) this.#letGo(kind, record)
  }

  /** Whether commands that are gone left something behind; cheap where none did. */
  hasDeadOrphans(): boolean {
    return this.#orphans.dead().length > 0
  }

  /** Takes away what killed commands held; within a transaction. */
  reap(): void {
    for (const { key, kind, id } of this.#orphans.dead()) {
      this.#store.remove(Table.PROCESS, key)
      const name = kindNames[kind]
      const record = name && this.get(name, id)
      if (name && record) this.#letGo(name, record)
    }
  }

  /** The end of a transaction: writes changed records and the list of orphans. */
  settle(): void {
    for (const kind of kindNames) {
      const { number, table, encode } = kinds[kind]
      for (const id of this.#touched[kind]) {
        const record = this.#cache[kind].get(id)
        if (record && isOrphan(kind, record) && this.#isOpen(kind, id)) this.#orphans.add(number, id)
        else this.#orphans.remove(number, id)
      }
      this.#touched[kind].clear()
      for (const id of this.#dirty[kind]) {
        const record = this.#cache[kind].get(id)
        if (record) this.#store.put(table, u32Key(id), encode(record))
      }
      this.#dirty[kind].clear()
    }
  }

  /** Writes a record if it isn't what is stored: for maps, whose families change theirs as they work. */
  refresh(map: StoredMap): void {
    const bytes = encodeMap(map)
    const stored = this.#store.get(Table.MAP, u32Key(map.id))
    if (stored && !equal(stored, bytes)) this.#store.put(Table.MAP, u32Key(map.id), bytes)
  }

  /** Forgets what was read: after a failed transaction, or when another process wrote. */
  reset(): void {
    for (const kind of kindNames) {
      this.#cache[kind].clear()
      this.#dirty[kind].clear()
      this.#touched[kind].clear()
    }
  }

  #isOpen(kind: KeptKind, id: number): boolean {
    return (this.#open[kind].get(id) ?? 0) > 0
  }

  #letGo(kind: KeptKind, record: AnyRecord): void {
    if (!isOrphan(kind, record) || this.#isOpen(kind, record.id)) return
    if (this.#orphans.heldByOthers(kinds[kind].number, record.id)) return
    if (record.refs <= 0) this.#free(kind, record)
    else this.#hooks.clearSlots(record as StoredMap)
  }

  #free(kind: KeptKind, record: AnyRecord): void {
    if (kind === 'map') {
      const map = record as StoredMap
      // Not to be met again while its slots are emptied.
      map.refs = 1
      map.userRefs = 1
      this.#hooks.clearSlots(map)
      this.#hooks.forget(map)
      const prefix = u32Key(map.id)
      const keys: Uint8Array[] = []
      for (const [key] of this.#store.scan(Table.ELEM, prefix, afterPrefix(prefix))) keys.push(key)
      for (const key of keys) this.#store.remove(Table.ELEM, key)
    }
    this.#cache[kind].delete(record.id)
    this.#dirty[kind].delete(record.id)
    this.#open[kind].delete(record.id)
    this.#store.remove(kinds[kind].table, u32Key(record.id))
    for (const part of blobsOf[kind]) this.#store.remove(Table.BLOB, blobKey(kind, record.id, part))
    this.#orphans.remove(kinds[kind].number, record.id)
    if (kind === 'map') {
      const map = record as StoredMap
      if (map.btfId) this.put('btf', map.btfId)
      if (map.innerMap?.btfId) this.put('btf', map.innerMap.btfId)
    } else if (kind === 'prog') {
      const prog = record as ProgRecord
      for (const id of prog.mapIds) this.put('map', id)
      if (prog.btfId) this.put('btf', prog.btfId)
      if (prog.attachProgId) this.put('prog', prog.attachProgId)
    }
  }
}

/** Whether only descriptors are left to hold it, or to keep its slots (bpf_map_put_uref). */
function isOrphan(kind: KeptKind, record: AnyRecord): boolean {
  if (record.refs <= 0) return true
  return kind === 'map' && (record as StoredMap).type === MapType.PROG_ARRAY && (record as StoredMap).userRefs <= 0
}
