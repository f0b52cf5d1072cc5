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

/** Arrays of at most so many bytes lie in memory in one piece. */
const FLAT_BYTES = 16384

/** Whether elements of an array lie in memory side by side, so that compiled programs need no table. */
export function isFlat(entries: number, stride: number): boolean {
  return entries * stride <= FLAT_BYTES
}

/** Chunks in memory that were only read: a look at every element of a large array leaves no more than these. */
const MAX_READ = 64

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
  /** Where all chunks of a small array are, once one was asked for; undefined for a larger one. */
  #flat: number | undefined
  /** A chunk of zeros, in the place of all that the store has nothing of and nobody may write to. */
  #zeros = 0
  /** Chunks that aren't clean. */
  #touched: number[] = []
  /** Chunks that were only read, the oldest first. */
  readonly #read: number[] = []

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
    if (isFlat(entries, stride)) this.#flat = 0
    this.table = env.memory.alloc(this.#chunks * 4)
    this.#state = new Uint8Array(this.#chunks)
  }

  /** All elements of a small array, which a program may write to as long as it has the pointer. @returns where they are. */
  handOutAll(): number {
    for (let chunk = 0; chunk < this.#chunks; chunk++) {
      if (this.#state[chunk] === CLEAN) this.#touch(chunk, HANDED)
    }
    return this.#base(0)
  }

  /** Memory for a chunk. */
  #alloc(chunk: number): number {
    const { memory } = this.#env
    if (this.#flat === undefined) return memory.alloc(this.#chunkBytes)
    this.#flat ||= memory.alloc(this.#chunks * this.#chunkBytes)
    return this.#flat + chunk * this.#chunkBytes
  }

  /** How many elements a chunk has. */
  get perChunk(): number {
    return this.#mask + 1
  }

  /** Offset of an element that is only read, and at once. */
  read(index: number): number {
    const chunk = index >>> this.#shift
    const base = this.#base(chunk) || this.#load(chunk)
    return base + (index & this.#mask) * this.stride
  }

  /** Offset of an element that is written now. */
  write(index: number): number {
    const chunk = index >>> this.#shift
    if (this.#state[chunk] !== DIRTY) this.#touch(chunk, DIRTY)
    return this.#base(chunk) + (index & this.#mask) * this.stride
  }

  /** Offset of an element that a program may write as long as it has the pointer. */
  handOut(index: number): number {
    const chunk = index >>> this.#shift
    if (this.#state[chunk] === CLEAN) this.#touch(chunk, HANDED)
    return this.#base(chunk) + (index & this.#mask) * this.stride
  }

  /** Whether a place in memory is in a chunk that was written to. */
  isWritten(at: number): boolean {
    for (let i = this.#touched.length - 1; i >= 0; i--) {
      const base = this.#base(this.#touched[i] as number)
      if (at >= base && at < base + this.#chunkBytes) return true
    }
    return false
  }

  /** The element that was given out and is, or begins, there; 0 where there's none. */
  indexOf(at: number): number {
    for (const chunk of this.#touched) {
      const from = at - this.#base(chunk)
      if (from >= 0 && from < this.#chunkBytes) return (chunk << this.#shift) + Math.floor(from / this.stride)
    }
    return 0
  }

  /** Makes the chunk of an element that the store has nothing of one of zeros, to be written to. */
  begin(index: number): void {
    const chunk = index >>> this.#shift
    if (this.#base(chunk) === 0) this.#setBase(chunk, this.#alloc(chunk))
  }

  flush(): void {
    if (this.#touched.length === 0) return
    for (const chunk of this.#touched) {
      const dirty = this.#state[chunk] === DIRTY
      this.#state[chunk] = CLEAN
      const base = this.#base(chunk)
      for (let piece = 0; piece < this.#pieces; piece++)
        this.#writePiece(chunk, piece, base, dirty && this.#pieces === 1)
    }
    this.#touched = []
  }

  /** Chunks that the store has something of, in order: all others are zero. */
  *storedChunks(): Iterable<number> {
    let last = -1
    for (const [key] of this.#env.store.scan(Table.ELEM, keyOf(this.#id, 0, -1), keyOf(this.#id + 1, 0, -1))) {
      const chunk = new DataView(key.buffer, key.byteOffset).getUint32(4)
      if (chunk !== last) yield chunk
      last = chunk
    }
  }

  /** Takes its memory back. */
  free(): void {
    const { memory } = this.#env
    if (this.#flat) memory.free(this.#flat, this.#chunks * this.#chunkBytes)
    for (let chunk = 0; chunk < this.#chunks && this.#flat === undefined; chunk++) {
      const base = this.#base(chunk)
      if (base !== 0 && base !== this.#zeros) memory.free(base, this.#chunkBytes)
    }
    if (this.#zeros !== 0) memory.free(this.#zeros, this.#chunkBytes)
    memory.free(this.table, this.#chunks * 4)
  }

  #base(chunk: number): number {
    return (this.#env.memory.i32[(this.table >>> 2) + chunk] as number) >>> 0
  }

  #setBase(chunk: number, base: number): void {
    this.#env.memory.i32[(this.table >>> 2) + chunk] = base
  }

  /** Makes a chunk one that may be written to. */
  #touch(chunk: number, state: number): void {
    if (this.#state[chunk] === CLEAN) this.#touched.push(chunk)
    this.#state[chunk] = state
    const base = this.#base(chunk) || this.#load(chunk)
    if (base === this.#zeros) this.#setBase(chunk, this.#alloc(chunk))
  }

  #load(chunk: number): number {
    const { memory, store } = this.#env
    let base = 0
    for (let piece = 0; piece < this.#pieces; piece++) {
      const bytes = store.get(Table.ELEM, this.#key(chunk, piece))
      if (!bytes) continue
      base ||= this.#alloc(chunk)
      memory.u8.set(bytes, base + piece * PIECE_BYTES)
    }
    if (base === 0 && this.#flat !== undefined) base = this.#alloc(chunk)
    if (base === 0) base = this.#zeros ||= memory.alloc(this.#chunkBytes)
    else if (this.#state[chunk] === CLEAN && this.#flat === undefined) this.#remember(chunk)
    this.#setBase(chunk, base)
    return base
  }

  /** Another chunk that was only read: an older one needn't stay. */
  #remember(chunk: number): void {
    if (this.#read.push(chunk) <= MAX_READ) return
    const oldest = this.#read.shift() as number
    const base = this.#base(oldest)
    if (this.#state[oldest] !== CLEAN || base === 0) return
    this.#setBase(oldest, 0)
    this.#env.memory.free(base, this.#chunkBytes)
  }

  /** @param changed whether it needn't be compared with what's stored. */
  #writePiece(chunk: number, piece: number, base: number, changed: boolean): void {
    const { memory, store } = this.#env
    const start = base + piece * PIECE_BYTES
    let end = Math.min(start + PIECE_BYTES, base + this.#chunkBytes)
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
