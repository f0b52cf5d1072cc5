import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import type { MapRecord } from '../objects/records.ts'
import { require, requireRoom } from './alloc-check.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import type { MapEnvironment } from './map.ts'
import { RingData } from './ring-data.ts'

const PAGE_SIZE = 4096
const POINTER = 8
/** RINGBUF_PGOFF and RINGBUF_NR_META_PAGES: struct bpf_ringbuf, then a page for each position. */
const POSITION_PAGES = 2
const META_PAGES = 1 + POSITION_PAGES
/** RINGBUF_MAX_RECORD_SZ. */
const MAX_RECORD = 0x3fffffff
/** BPF_RINGBUF_HDR_SZ: the length with two flags, and how many pages lie between the header and struct bpf_ringbuf. */
const HEADER = 8
const BUSY = 0x8000_0000
const DISCARD = 0x4000_0000
const MAX_DYNPTR = 0xffffff

/** ringbuf_map_alloc. @throws KernelError. */
function create({ keySize, valueSize, maxEntries, mapFlags = 0 }: MapCreateAttr): Partial<MapRecord> {
  require((mapFlags & ~MapFlag.NUMA_NODE) === 0 && keySize === 0 && valueSize === 0)
  require(maxEntries % PAGE_SIZE === 0 && maxEntries !== 0 && (maxEntries & (maxEntries - 1)) === 0)
  requireRoom(maxEntries)
  return {}
}

function recordLength(size: number): number {
  return Math.ceil((size + HEADER) / 8) * 8
}

/** A sample of a user's: where it is in the machine's memory, or why there is none. */
export type Sample = { at: number; size: number } | { error: number }

/**
 * Ring buffers, from programs to users and from users to programs. The positions stand in the map's record, the data in
 * records of its own. What a program reserves is in the machine's memory until it's submitted.
 */
export class RingbufMap extends BaseMap {
  readonly #data: RingData
  /** Samples that programs hold: where they are in memory, with the position of their header. */
  readonly #reserved = new Map<number, { position: number; size: number }>()

  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env)
    this.#data = new RingData(record, env)
  }

  /** ringbuf_map_mem_usage. */
  memUsage(): number {
    const pages = this.record.maxEntries / PAGE_SIZE
    const struct = this.env.profile.structSize('bpf_ringbuf_map')
    return struct + (META_PAGES + pages) * PAGE_SIZE + (META_PAGES + 2 * pages) * POINTER
  }

  override update(_key: number, _value: number, _flags: number): number {
    return -Errno.ENOTSUPP
  }

  override delete(_key: number): number {
    return -Errno.ENOTSUPP
  }

  override getNextKey(_key: number, _next: number): number {
    return -Errno.ENOTSUPP
  }

  override copyValue(_key: number, _value: number, _flags: number): number {
    return -Errno.ENOTSUPP
  }

  get consumer(): number {
    return this.record.extra['consumer'] ?? 0
  }

  get producer(): number {
    return this.record.extra['producer'] ?? 0
  }

  /** __bpf_ringbuf_reserve. @returns where the sample is in memory, with what the ring had there; 0 for NULL. */
  reserve(size: number): number {
    const { extra, maxEntries } = this.record
    const length = recordLength(size)
    if (size > MAX_RECORD || length > maxEntries) return 0
    const position = this.producer
    const end = position + length
    const pending = this.#passCommitted(position)
    // Readers may have written any position: one ahead of ours is as far away as can be.
    if (end < this.consumer || end - this.consumer >= maxEntries || end - pending >= maxEntries) return 0
    const page = META_PAGES + Math.floor((position % maxEntries) / PAGE_SIZE)
    this.#data.setWord(position, size + BUSY)
    this.#data.setWord(position + 4, page)
    extra['producer'] = end
    const { memory } = this.env
    const at = memory.alloc(Math.max(size, 1))
    this.#data.read(position + HEADER, size, at)
    this.#reserved.set(at, { position, size })
    return at
  }

  /** bpf_ringbuf_commit of a sample that `reserve` gave. @returns its size. */
  commit(at: number, discard: boolean): number {
    const sample = this.#reserved.get(at)
    if (!sample) return 0
    const { position, size } = sample
    this.#data.write(position + HEADER, size, at)
    this.#data.setWord(position, size + (discard ? DISCARD : 0))
    this.#reserved.delete(at)
    this.env.memory.free(at, Math.max(size, 1))
    return size
  }

  /** __bpf_user_ringbuf_peek: the next sample of a user's, brought into memory. */
  nextSample(): Sample {
    const { maxEntries } = this.record
    for (;;) {
      const { consumer, producer } = this
      if (producer % 8 !== 0) return { error: -Errno.EINVAL }
      if (consumer >= producer) return { error: -Errno.ENODATA }
      const word = this.#data.word(consumer)
      const size = word % DISCARD
      const length = recordLength(size)
      if (length > producer - consumer) return { error: -Errno.EINVAL }
      if (length > maxEntries || size > MAX_DYNPTR) return { error: -Errno.E2BIG }
      if (Math.floor(word / DISCARD) % 2 === 1) {
        this.record.extra['consumer'] = consumer + length
        return { error: -Errno.EAGAIN }
      }
      if (word >= BUSY) return { error: -Errno.ENODATA }
      const at = this.env.memory.alloc(Math.max(size, 1))
      this.#data.read(consumer + HEADER, size, at)
      return { at, size }
    }
  }

  /** __bpf_user_ringbuf_sample_release. */
  releaseSample(at: number, size: number): void {
    this.#data.write(this.consumer + HEADER, size, at)
    this.env.memory.free(at, Math.max(size, 1))
    this.record.extra['consumer'] = this.consumer + recordLength(size)
  }

  /** The consumer's page, the producer's page, and the data twice. */
  override mmapRead(offset: number, length: number): Uint8Array {
    const { maxEntries } = this.record
    const bytes = new Uint8Array(length)
    const view = new DataView(bytes.buffer)
    const position = (at: number, value: number) => {
      if (at >= offset && at + 8 <= offset + length) view.setBigUint64(at - offset, BigInt(value), true)
    }
    position(0, this.consumer)
    position(PAGE_SIZE, this.producer)
    position(PAGE_SIZE + 8, this.record.extra['pending'] ?? 0)
    const start = POSITION_PAGES * PAGE_SIZE
    const end = Math.min(offset + length, start + 2 * maxEntries)
    for (let at = Math.max(offset, start); at < end; at++) bytes[at - offset] = this.#data.byte(at - start)
    return bytes
  }

  /** Users write the consumer's position, of a user's ring buffer the producer's and the data. */
  override mmapWrite(offset: number, bytes: Uint8Array): number {
    const user = this.record.type === MapType.USER_RINGBUF
    if (user ? offset < PAGE_SIZE : offset + bytes.length > PAGE_SIZE) return -Errno.EPERM
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    if (offset === (user ? PAGE_SIZE : 0) && bytes.length >= 8) {
      this.record.extra[user ? 'producer' : 'consumer'] = Number(view.getBigUint64(0, true))
    }
    const start = POSITION_PAGES * PAGE_SIZE
    for (let i = Math.max(0, start - offset); i < bytes.length; i++) {
      this.#data.setByte(offset + i - start, bytes[i] as number)
    }
    return 0
  }

  override flush(): void {
    // A run that was broken off never hands these back: in the ring they stay busy.
    for (const [at, { size }] of this.#reserved) this.env.memory.free(at, Math.max(size, 1))
    this.#reserved.clear()
    this.#data.flush()
  }

  override release(): void {
    this.#data.free()
  }

  /** How far records are committed from the oldest that wasn't. */
  #passCommitted(until: number): number {
    const { extra } = this.record
    let pending = extra['pending'] ?? 0
    while (pending < until) {
      const word = this.#data.word(pending)
      if (word >= BUSY) break
      pending += recordLength(word % DISCARD)
    }
    if (pending > 0) extra['pending'] = pending
    return pending
  }
}

export const ringbufFamily: MapFamily = {
  checksInAlloc: true,
  create,
  open: (record, env) => new RingbufMap(record, env),
}

export const userRingbufFamily: MapFamily = { ...ringbufFamily, since: '6.1' }
