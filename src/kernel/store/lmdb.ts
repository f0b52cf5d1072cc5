import { closeSync, fstatSync, ftruncateSync, openSync, readSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Errno, strerror } from '../../uapi/errno.ts'
import type { Binding, Env } from './binding.ts'
import { digest, dropGlobalBuffer, loadBinding } from './binding.ts'
import { isFull, makeDirectories, reason } from './directory.ts'
import { StateError } from './state-error.ts'
import type { Entry, Store } from './store.ts'
import { endTurn, takeTurn } from './turn.ts'

/**
 * Commits don't wait for the disk. What a process has written is the operating system's, so killing processes loses
 * nothing; a power cut loses the last seconds, as a real machine loses all that was loaded into its kernel.
 */
const MDB_NOSYNC = 0x10000
const MDB_RDONLY = 0x20000
const MDB_NOTFOUND = -30798

/** Instructions of lmdb's write(). */
const PUT = 15
const DEL = 13
/** Flags of lmdb's position(). */
const INCLUDE_VALUES = 0x100
const EXCLUSIVE_START = 0x10000
/** Type of a table's keys: bytes, compared as such. */
const BINARY_KEYS = 3

/** LMDB's own limit with 4 KiB pages; longer keys end in a digest and stand in front of their value. */
const MAX_KEY = 511
const DIGEST = 32
/** Reserved address space: the file grows as it is written, beyond this it is mapped anew. */
const MAP_SIZE = 0x4000_0000
const PAGE_SIZE = 4096
/** Commands at once. */
const MAX_READERS = 510
/** A table of the store's own. */
const GENERATION_TABLE = 255
const GENERATION_KEY = new Uint8Array(0)
const DATA_FILE = 'data.mdb'
const LOCK_FILE = 'lock.mdb'

/** First 64 KiB for instructions and keys; values up to this size are copied behind an instruction. */
const VALUE_ROOM = 0x10000

/** A machine's state in a directory that any number of processes share, each in its turn. */
export class LmdbStore implements Store {
  readonly #binding: Binding
  readonly #directory: string
  readonly #alone: boolean
  readonly #env: Env
  readonly #dbi: { readonly address: number; dbi: number }
  readonly #readTxn: { readonly address: number; renew(): void; abort(): void }
  /** Keys and write instructions: 4 KiB and the room for a value. */
  readonly #keys: Uint8Array
  readonly #keyWords: Uint32Array
  readonly #keyDoubles: Float64Array
  readonly #keysAddress: number
  /** Length (32 bits) and bytes of the key that a scan ends before. */
  readonly #end: Uint8Array
  readonly #endWords: Uint32Array
  readonly #endAddress: number
  #values: Uint8Array
  #writing = false
  #reading = false
  #dirty = false
  /** Number of the last write that is seen. */
  #generation = 0
  #closed = false

  /**
   * Opens, or makes, the store in `directory`.
   * @param alone nothing else in this process uses lmdb.
   * @throws StateError.
   */
  constructor(directory: string, alone = false) {
    prepareDirectory(directory)
    this.#directory = resolve(directory)
    this.#alone = alone
    this.#binding = loadBinding()
    guard(directory, () => {
      takeTurn(this.#binding, this.#directory)
    })
    const { Dbi, Env, Txn, getBufferAddress } = this.#binding
    const keys = new ArrayBuffer(2 * VALUE_ROOM)
    this.#keys = new Uint8Array(keys)
    this.#keyWords = new Uint32Array(keys)
    this.#keyDoubles = new Float64Array(keys)
    this.#keysAddress = getBufferAddress(Buffer.from(keys))
    const end = new ArrayBuffer(4096)
    this.#end = new Uint8Array(end)
    this.#endWords = new Uint32Array(end)
    this.#endAddress = getBufferAddress(Buffer.from(end))
    this.#values = new Uint8Array(VALUE_ROOM)
    const env = new Env()
    this.#env = env
    const options = {
      path: directory,
      keyBytes: asBuffer(this.#keys),
      maxDbs: 1,
      maxReaders: MAX_READERS,
      mapSize: MAP_SIZE,
      pageSize: PAGE_SIZE,
    }
    try {
      this.#readTxn = guard(directory, () => {
        env.open(options, MDB_NOSYNC, 0)
        env.readerCheck()
        extendFile(directory, env)
        return new Txn(env, MDB_RDONLY)
      })
      this.#dbi = guard(directory, () => new Dbi(env, 0, null, BINARY_KEYS))
    } catch (error) {
      endTurn(this.#directory)
      throw error
    }
    this.#binding.resetTxn(this.#readTxn.address)
  }

  /** Opens the store in `directory`; one that is damaged is thrown away. @throws StateError. */
  static openOrReplace(directory: string): LmdbStore {
    let store: LmdbStore | undefined
    try {
      store = new LmdbStore(directory)
      // A damaged tree shows when it's walked.
      for (let table = 0; table < 16; table++)
        for (const [key] of store.scan(table, new Uint8Array(0), undefined)) void key
      return store
    } catch (error) {
      store?.close()
      if (!(error instanceof StateError)) throw error
      for (const file of [DATA_FILE, LOCK_FILE]) rmSync(join(directory, file), { force: true })
      return new LmdbStore(directory)
    }
  }

  write<T>(fn: () => T): T {
    if (this.#writing) return fn()
    if (this.#reading) throw new Error('a store is written within a read')
    this.#begin()
    let result: T
    try {
      result = fn()
    } catch (error) {
      this.#writing = false
      this.#env.abortTxn()
      throw error
    }
    this.#writing = false
    try {
      this.#env.commitTxn()
    } catch (error) {
      // LMDB tells of a write that came out short, not why.
      if (isFull(this.#directory)) throw new StateError(`${this.#directory}: ${strerror(Errno.ENOSPC)}`)
      guard('the machine', () => {
        throw error
      })
    }
    return result
  }

  read<T>(fn: () => T): T {
    if (this.#writing || this.#reading) return fn()
    this.#beginRead()
    try {
      return fn()
    } finally {
      this.#reading = false
      this.#binding.resetTxn(this.#readTxn.address)
    }
  }

  get(table: number, key: Uint8Array): Uint8Array | undefined {
    if (!this.#writing && !this.#reading) return this.read(() => this.get(table, key))
    const size = this.#setKey(0, table, key)
    let length = this.#binding.getByBinary(this.#dbi.address, size, 0, 0)
    if (length === MDB_NOTFOUND) return undefined
    if (length < 0) throw failure(length)
    if (length > this.#values.length) {
      this.#growValues(length)
      this.#setKey(0, table, key)
      length = this.#binding.getByBinary(this.#dbi.address, size, 0, 0)
      if (length < 0) throw failure(length)
    }
    const value = this.#values.slice(0, length)
    return size === MAX_KEY ? withoutKey(value) : value
  }

  put(table: number, key: Uint8Array, value: Uint8Array): void {
    this.#change()
    const size = this.#setKey(12, table, key)
    const bytes = size === MAX_KEY ? withKey(key, value) : value
    this.#instruct(PUT, size, bytes)
  }

  remove(table: number, key: Uint8Array): void {
    this.#change()
    this.#instruct(DEL, this.#setKey(12, table, key), undefined)
  }

  *scan(table: number, from: Uint8Array, until: Uint8Array | undefined): Iterable<Entry> {
    let start = from
    let beyond = false
    // Few first: who looks for the next id wants one.
    for (let batch = 2; ; batch = Math.min(batch * 4, 512)) {
      const entries = this.read(() => this.#scanBatch(table, start, beyond, until, batch))
      yield* entries
      const last = entries.at(-1)
      if (!last || entries.length < batch) return
      start = last[0]
      beyond = true
    }
  }

  generation(): number {
    if (this.#writing || this.#reading) return this.#generation
    return this.read(() => this.#generation)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#readTxn.abort()
    this.#env.close()
    endTurn(this.#directory)
  }

  #begin(): void {
    this.#binding.setGlobalBuffer(asBuffer(this.#values))
    if (this.#alone) dropGlobalBuffer(this.#binding)
    // A writer that was killed leaves its lock to be recovered, which may take a second try.
    for (let tries = 0; ; tries++) {
      this.#env.beginTxn(0)
      if (this.#env.getWriteTxnId() !== 0) break
      this.#env.abortTxn()
      if (tries === 4) throw new StateError('the machine is locked and can not be written')
    }
    this.#writing = true
    this.#dirty = false
    this.#generation = this.#readGeneration()
  }

  #beginRead(): void {
    this.#binding.setGlobalBuffer(asBuffer(this.#values))
    guard('the machine', () => {
      this.#readTxn.renew()
    })
    this.#reading = true
    this.#generation = this.#readGeneration()
  }

  /** LMDB counts transactions as well, but doesn't tell which one a read sees. */
  #readGeneration(): number {
    const bytes = this.get(GENERATION_TABLE, GENERATION_KEY)
    return bytes ? new DataView(bytes.buffer).getFloat64(0) : 0
  }

  #scanBatch(table: number, from: Uint8Array, beyond: boolean, until: Uint8Array | undefined, batch: number): Entry[] {
    const { Cursor, iterate, position } = this.#binding
    const entries: Entry[] = []
    const cursor = new Cursor(this.#dbi)
    try {
      const endSize = this.#setEnd(table, until)
      const fromSize = this.#setKey(0, table, from)
      this.#endWords[0] = endSize
      const flags = INCLUDE_VALUES | (beyond ? EXCLUSIVE_START : 0)
      let size = position(cursor.address, flags, 0, fromSize, this.#endAddress)
      while (size !== 0) {
        if (size < 0) throw failure(size)
        const key = this.#keys.slice(33, 32 + size)
        const length = this.#keyWords[0] as number
        if (length > this.#values.length) {
          this.#growValues(length)
          // The cursor goes on behind; the value has to be fetched once more.
          entries.push([key, this.#fetch(size)])
        } else {
          entries.push([key, this.#values.slice(0, length)])
        }
        if (size === MAX_KEY) {
          const [, value] = entries.pop() as Entry
          entries.push([keyOf(value), withoutKey(value)])
        }
        if (entries.length === batch) break
        size = iterate(cursor.address)
      }
    } finally {
      cursor.close()
    }
    return entries
  }

  /** Value of the key that a cursor just left at its place in `#keys`. */
  #fetch(size: number): Uint8Array {
    this.#keys.copyWithin(0, 32, 32 + size)
    const length = this.#binding.getByBinary(this.#dbi.address, size, 0, 0)
    if (length < 0) throw failure(length)
    return this.#values.slice(0, length)
  }

  /** Writes the table's number and the key at `at` of `#keys`. @returns its length. */
  #setKey(at: number, table: number, key: Uint8Array): number {
    const keys = this.#keys
    keys[at] = table
    if (key.length + 1 < MAX_KEY) {
      keys.set(key, at + 1)
      return key.length + 1
    }
    return setLongKey(keys, at, key)
  }

  #setEnd(table: number, until: Uint8Array | undefined): number {
    const end = this.#end
    if (!until) {
      end[4] = table + 1
      return 1
    }
    end[4] = table
    if (until.length + 1 >= MAX_KEY) return setLongKey(end, 4, until)
    end.set(until, 5)
    return until.length + 1
  }

  #change(): void {
    if (!this.#writing) throw new Error('the store is written outside of a transaction')
    if (this.#dirty) return
    this.#dirty = true
    this.#generation++
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setFloat64(0, this.#generation)
    this.put(GENERATION_TABLE, GENERATION_KEY, bytes)
  }

  /** The instruction's key is at byte 12 already: see lmdb's writer.cpp for the form. */
  #instruct(flags: number, keySize: number, value: Uint8Array | undefined): void {
    const words = this.#keyWords
    words[0] = flags
    words[1] = this.#dbi.dbi
    words[2] = keySize
    let address: number | undefined
    if (value) {
      const at = (12 + keySize + 16) >> 3
      words[2 * at - 1] = value.length
      address = this.#keysAddress + VALUE_ROOM
      if (value.length <= VALUE_ROOM) this.#keys.set(value, VALUE_ROOM)
      else address = this.#binding.getBufferAddress(asBuffer(value))
      this.#keyDoubles[at] = address
    }
    guard('the machine', () => {
      this.#binding.write(this.#env.address, this.#keysAddress)
    })
  }

  #growValues(length: number): void {
    this.#values = new Uint8Array(length + VALUE_ROOM)
    this.#binding.setGlobalBuffer(asBuffer(this.#values))
  }
}

/** The same bytes as what the addon takes; memory of this size never moves. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function setLongKey(target: Uint8Array, at: number, key: Uint8Array): number {
  const head = MAX_KEY - 1 - DIGEST
  target.set(key.subarray(0, head), at + 1)
  target.set(digest(key), at + 1 + head)
  return MAX_KEY
}

/** A long key's value starts with the key's length and the whole key. */
function withKey(key: Uint8Array, value: Uint8Array): Uint8Array {
  const whole = new Uint8Array(4 + key.length + value.length)
  new DataView(whole.buffer).setUint32(0, key.length)
  whole.set(key, 4)
  whole.set(value, 4 + key.length)
  return whole
}

function keyOf(whole: Uint8Array): Uint8Array {
  return whole.slice(4, 4 + keyLength(whole))
}

function withoutKey(whole: Uint8Array): Uint8Array {
  return whole.slice(4 + keyLength(whole))
}

function keyLength(whole: Uint8Array): number {
  return new DataView(whole.buffer, whole.byteOffset).getUint32(0)
}

function prepareDirectory(directory: string): void {
  try {
    makeDirectories(directory)
  } catch (error) {
    throw new StateError(`can't make ${directory}: ${reason(error)}`)
  }
  refuseForeignFile(directory)
}

/** LMDB's magic number in the first page of its file, behind the page's header. */
const MDB_MAGIC = 0xbeefc0de

/** A file that was never LMDB's is left alone. */
function refuseForeignFile(directory: string): void {
  let file: number
  try {
    file = openSync(join(directory, DATA_FILE), 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw new StateError(`can't read ${join(directory, DATA_FILE)}: ${reason(error)}`)
  }
  try {
    const head = Buffer.alloc(64)
    const length = readSync(file, head, 0, head.length, 0)
    if (length === 0) return
    if (![16, 24, 32].some((at) => head.readUInt32LE(at) === MDB_MAGIC)) {
      throw new StateError(`${join(directory, DATA_FILE)} is damaged`)
    }
  } finally {
    closeSync(file)
  }
}

/**
 * A file that was cut short is made whole with zeros, so that reading it gives an error instead of SIGBUS. It is looked
 * at again within a write, or this could cut off what another process is appending.
 */
function extendFile(directory: string, env: Env): void {
  const missing = (file: number) => {
    const needed = (env.info().lastPageNumber + 1) * env.stat().pageSize
    return fstatSync(file).size < needed ? needed : 0
  }
  const file = openSync(join(directory, DATA_FILE), 'r+')
  try {
    if (!missing(file)) return
    env.beginTxn(0)
    try {
      const size = missing(file)
      if (size) ftruncateSync(file, size)
    } finally {
      env.abortTxn()
    }
  } finally {
    closeSync(file)
  }
}

/** Runs a call of lmdb's; what it throws becomes one line. */
function guard<T>(what: string, fn: () => T): T {
  try {
    return fn()
  } catch (error) {
    if (error instanceof StateError) throw error
    const { code } = error as { code?: unknown }
    const message = (error as Error).message.replace(/: Attempting to setup locks$/, '')
    throw new StateError(code === -30793 || code === -30796 ? `${what} is damaged: ${message}` : `${what}: ${message}`)
  }
}

function failure(code: number): StateError {
  return new StateError(`the machine's state can't be read (LMDB error ${code})`)
}
