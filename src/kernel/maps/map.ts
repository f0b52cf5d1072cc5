import type { MapField } from '../btf/field-types.ts'
import type { Memory } from '../memory/memory.ts'
import type { Store } from '../store/store.ts'
import type { ObjectKind } from '../../uapi/attr.ts'
import type { MapRecord, ProgRecord } from '../objects/records.ts'
import type { Profile } from '../profile/profile.ts'

/**
 * A map while a process works with it: its elements live in the machine's memory as far as they were touched, come
 * from the store on first touch, and go back with `flush`. Helpers and bpf(2) use the same methods, as in Linux
 * (struct bpf_map_ops). Keys and values are passed as offsets in memory; nothing is allocated per call.
 *
 * Methods return 0 or a negative errno, as the kernel's do, unless said otherwise.
 */
export interface KernelMap {
  readonly record: MapRecord
  /** That a map's work changes nothing of its record, or tells so (MapEnvironment.recordChanged). */
  readonly recordStays?: boolean
  /** map_lookup_elem of a program: offset of the value (this CPU's, for per-CPU maps), 0 for NULL. */
  lookup(key: number): number
  /** map_update_elem of a program. */
  update(key: number, value: number, flags: number): number
  delete(key: number): number
  /** map_push_elem, map_pop_elem, map_peek_elem. */
  push(value: number, flags: number): number
  pop(value: number): number
  peek(value: number): number
  /**
   * map_get_next_key: writes the key after `key` at `next`.
   * @param key offset, or 0 for "from the start".
   * @returns 0 or -ENOENT at the end.
   */
  getNextKey(key: number, next: number): number
  /** bpf_map_copy_value: what bpf(2) reads. Writes `valueSizeOfSyscall` bytes at `value`. */
  copyValue(key: number, value: number, flags: number): number
  /** bpf_map_update_value: what bpf(2) writes. */
  updateValue(key: number, value: number, flags: number): number
  /** map_key_from_value: the key of a value that was given out and is still there. */
  keyOfValue?(at: number): Uint8Array
  /** Of maps whose values are maps or programs: the id of what is there, or 0. */
  lookupId?(key: number): number
  /**
   * map_for_each_callback: calls `visit` with key and value of each element until it says so. Families without it are
   * walked key by key. @returns how many were visited.
   */
  forEach?(visit: (key: number, value: number) => boolean): number
  /** BPF_MAP_LOOKUP_AND_DELETE_ELEM. */
  lookupAndDelete(key: number, value: number, flags: number): number
  /** htab_map_lookup_batch: families that have one of their own; `start` is a bucket. */
  lookupBatch?(start: number, count: number, flags: number, andDelete: boolean): BucketBatch
  /** Bytes of a value as bpf(2) sees it: rounded and times the possible CPUs for per-CPU maps (bpf_map_value_size). */
  readonly valueSizeOfSyscall: number
  /** map_mem_usage: what /proc/PID/fdinfo calls memlock. */
  memUsage(): number
  /** Address of byte `off` of the only element, for `ld_imm64` of map values (map_direct_value_addr), or undefined. */
  directValueAddr(off: number): number | undefined
  /** Where compiled programs look elements up by themselves, for families whose layout they know. */
  lookupTable?(): number
  /** `update`, by a compiled program that does the same by itself where the table lets it. */
  updateAndLend?(key: number, value: number, flags: number): number
  /** All elements of a small array, for compiled programs: where they lie side by side, to be written to. */
  lendAll?(): number
  /** What the bytes of a mapping are that a process makes of the map (map_mmap). @throws KernelError ENOTSUPP. */
  mmapRead?(offset: number, length: number): Uint8Array
  /** Writes to such a mapping. */
  mmapWrite?(offset: number, bytes: Uint8Array): number
  /** Writes what changed to the store; runs within a transaction. */
  flush(): void
  /** map_free, as far as it's about what the map holds: puts the programs and maps in its slots. */
  clearSlots?(): void
  /** The map is closed: its memory can be taken back. */
  release?(): void
}

/** Whole buckets of a hash map, as many as there's room for. */
export interface BucketBatch {
  errno: number
  found: number
  keys: Uint8Array
  values: Uint8Array
  /** The bucket to go on with; undefined where the kernel leaves that alone. */
  next: number | undefined
}

/** What a map reaches beyond itself. */
export interface MapEnvironment {
  readonly store: Store
  readonly memory: Memory
  /** The kernel that runs: sizes of its structs, its options, its types. */
  readonly profile: Profile
  readonly possibleCpus: number
  /** The CPU that runs the program, or that the calling process is on. */
  currentCpu(): number
  /** Nanoseconds of CLOCK_MONOTONIC. */
  now(): bigint
  random(): number
  /** Objects behind descriptors, for maps whose values are maps, programs and the like. They throw KernelError. */
  readonly descriptors: {
    mapByFd(fd: number): MapRecord
    progByFd(fd: number): ProgRecord
    /** What a descriptor is, undefined for none that is open: for maps whose keys or values are sockets, cgroups, files. */
    kindOf(fd: number): ObjectKind | 'stream' | undefined
  }
  /** Reference counts of what a map's slots hold. */
  holdMap(id: number): void
  putMap(id: number): void
  holdProg(id: number): void
  putProg(id: number): void
  mapById(id: number): KernelMap
  /** Lets go what a special field of a value holds: objects, a timer. */
  freeField?(field: MapField, at: number): void
  /** A map changed its record. */
  recordChanged(record: MapRecord): void
}
