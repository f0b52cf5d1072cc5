import type { MapRecord } from '../objects/records.ts'
import type { Store } from '../store/store.ts'
import { Table } from '../store/store.ts'
import type { MapEnvironment } from './map.ts'

/** Elements are brought into memory in chunks of about so many bytes. */
const CHUNK_BYTES = 512
/** A chunk that is larger, because one element is, stands in the store in pieces of so many bytes. */
const PIECE_BYTES = 1024

/** What a chunk is to `flush`: as it's stored, perhaps changed through a pointer, or changed. */
const CLEAN = 0
const HANDED = 1
const DIRTY = 2

/** Of an element's index, the bits that say which it is in its chunk. */
export function chunkShift(stride: number): number {
  return Math.max(0, Math.floor(Math.log2(CHUNK_BYTES / stride)))
}

/**
 * Elements of an array: `stride` bytes each. What was never written is zero and takes no room, in memory or in the
 * store.
 */
export class ArrayStore {
  readonly stride: number
  readonly #env: MapEnvironment
  readonly #id: number
  readonly #shift: number
  readonly #mask: number
  readonly #chunkBytes: number
  readonly #pieces: number
  /** Where offsets of chunks stand in memory, a word each; 0 where they weren't read yet. Compiled programs use it. */
  readonly table: number
  readonly #chunks: number
  readonly #state: Uint8Array
  /** Chunks that aren't clean. */
  #touched: number[] = []

  constructor(env: MapEnvironment, { id }: MapRecord, entries: number, stride: number) {
    this.#env = env
    this.#id = id
    this.stride = stride
    this.#shift = chunkShift(stride)
    const perChunk = 2 ** this.#shift
    this.#mask = perChunk - 1
    this.#chunks = Math.ceil(entries / perChunk)
    this.#chunkBytes = Math.min(perChunk, entries) * stride
    this.#pieces = Math.ceil(this.#chunkBytes / PIECE_BYTES)
    this.table = env.memory.alloc(this.#chunks * 4)
    this.#state = new Uint8Array(this.#chunks)
  }

  /** Offset of an element that is only read. */
  read(index: number): number {
    const chunk = index >>> this.#shift
    const base = this.#base(chunk) || this.#load(chunk)
    return base + (index & this.#mask) * this.stride
  }

  /** Offset of an element that is written now. */
  write(index: number): number {
    const chunk = index >>> this.#shift
    if (this.#state[chunk] !== DIRTY) this.#touch(chunk, DIRTY)
    return this.read(index)
  }

  /** Offset of an element that a program may write as long as it has the pointer. */
  handOut(index: number): number {
    const chunk = index >>> this.#shift
    if (this.#state[chunk] === CLEAN) this.#touch(chunk, HANDED)
    return this.read(index)
  }

  flush(): void {
    if (this.#touched.length === 0) return
    for (const chunk of this.#touched) {
      const dirty = this.#state[chunk] === DIRTY
      this.#state[chunk] = CLEAN
      const base = this.#base(chunk)
      if (base === 0) continue
      for (let piece = 0; piece < this.#pieces; piece++)
        this.#writePiece(chunk, piece, base, dirty && this.#pieces === 1)
    }
    this.#touched = []
  }

  /** Chunks that the store has something of, in order: all others are zero. */
  *storedChunks(): Iterable<number> {
    let last = -1
    const { store } = this.#env
    const until = this.#id === 0xffffffff ? undefined : keyOf(this.#id + 1, 0, -1)
    for (const [key] of store.scan(Table.ELEM, keyOf(this.#id, 0, -1), until)) {
      const chunk = new DataView(key.buffer, key.byteOffset).getUint32(4)
      if (chunk !== last) yield chunk
      last = chunk
    }
  }

  /** First element of a chunk, and how many one has. */
  get perChunk(): number {
    return this.#mask + 1
  }

  /** Takes its memory back. */
  free(): void {
    const { memory } = this.#env
    for (let chunk = 0; chunk < this.#chunks; chunk++) {
      const base = this.#base(chunk)
      if (base !== 0) memory.free(base, this.#chunkBytes)
    }
    memory.free(this.table, this.#chunks * 4)
  }

  #base(chunk: number): number {
    return (this.#env.memory.i32[(this.table >>> 2) + chunk] as number) >>> 0
  }

  #touch(chunk: number, state: number): void {
    if (this.#state[chunk] === CLEAN) this.#touched.push(chunk)
    this.#state[chunk] = state
  }

  #load(chunk: number): number {
    const { memory, store } = this.#env
    const base = memory.alloc(this.#chunkBytes)
    memory.i32[(this.table >>> 2) + chunk] = base
    for (let piece = 0; piece < this.#pieces; piece++) {
      const bytes = store.get(Table.ELEM, this.#key(chunk, piece))
      if (bytes) memory.u8.set(bytes, base + piece * PIECE_BYTES)
    }
    return base
  }

  #writePiece(chunk: number, piece: number, base: number, changed: boolean): void {
    const { memory, store } = this.#env
    const start = base + piece * PIECE_BYTES
    let end = Math.min(start + PIECE_BYTES, base + this.#chunkBytes)
    if (this.#pieces === 1) end = base + this.#chunkBytes
    // Zeros at the end are not kept.
    const { u8 } = memory
    while (end > start && u8[end - 1] === 0) end--
    const key = this.#key(chunk, piece)
    if (!changed && isStored(store, key, u8.subarray(start, end))) return
    if (end === start) store.remove(Table.ELEM, key)
    else store.put(Table.ELEM, key, u8.subarray(start, end))
  }

  #key(chunk: number, piece: number): Uint8Array {
    return keyOf(this.#id, chunk, this.#pieces > 1 ? piece : -1)
  }
}

function isStored(store: Store, key: Uint8Array, bytes: Uint8Array): boolean {
  const stored = store.get(Table.ELEM, key)
  if (!stored) return bytes.length === 0
  return stored.length === bytes.length && Buffer.compare(stored, bytes) === 0
}

function keyOf(id: number, chunk: number, piece: number): Uint8Array {
  const key = new Uint8Array(piece < 0 ? 8 : 12)
  const view = new DataView(key.buffer)
  view.setUint32(0, id)
  view.setUint32(4, chunk)
  if (piece >= 0) view.setUint32(8, piece)
  return key
}
