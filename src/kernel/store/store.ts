/**
 * Where a machine's state lives: ordered tables of byte keys and byte values, with transactions. `lmdb.ts` keeps them
 * in a directory that several processes share, `memory.ts` in this process.
 */

/** The tables of a machine; the number is part of the state's format. */
export const Table = {
  /** Single facts by name: format version, profile, counters, boot time. */
  META: 0,
  MAP: 1,
  PROG: 2,
  BTF: 3,
  LINK: 4,
  /** bpffs: inodes and directory entries. */
  BPFFS: 5,
  PROCESS: 6,
  /** Map elements: keys start with the map's id, 32 bits big-endian. */
  ELEM: 7,
  /** Large parts of an object that most commands don't need: instructions, func and line info, BTF bytes. */
  BLOB: 8,
  /** What programs printed: lines of trace_pipe. */
  TRACE: 9,
} as const

export type Entry = readonly [key: Uint8Array, value: Uint8Array]

export interface Store {
  /**
   * Runs `fn` in one transaction that may write; a call inside another joins it. When the outermost `fn` throws, all
   * that it wrote is undone. Other processes' writers wait, their readers don't.
   */
  write<T>(fn: () => T): T
  /** Runs `fn` on one snapshot; inside a transaction it joins that. */
  read<T>(fn: () => T): T
  /** The value; it stays valid after the transaction. */
  get(table: number, key: Uint8Array): Uint8Array | undefined
  /** Only within `write`. */
  put(table: number, key: Uint8Array, value: Uint8Array): void
  /** Only within `write`. */
  remove(table: number, key: Uint8Array): void
  /** Entries whose key is at least `from` and less than `until`, in the order of their bytes. */
  scan(table: number, from: Uint8Array, until: Uint8Array | undefined): Iterable<Entry>
  /** Grows by one with every outermost `write` of any process: what was read at another count may be stale. */
  generation(): number
  close(): void
}
