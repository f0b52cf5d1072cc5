import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import type { MapRecord } from '../objects/records.ts'
import { require, requireRoom } from './alloc-check.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import type { MapEnvironment } from './map.ts'
import { RingData, ringBlock } from './ring-data.ts'

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

/**
 * What stands of a ring buffer in memory, where compiled programs use it: its positions, and the block that the next
 * record is in: where it begins (a position's low word) and where that is in memory, 0 for none.
 */
export const RingLayout = {
  CONSUMER: 0,
  PRODUCER: 8,
  PENDING: 16,
  BLOCK_START: 24,
  BLOCK_AT: 28,
  SIZE: 32,
  /** Of a record: the bytes before its sample, and the flags in the first word. */
  HEADER,
  BUSY: BUSY | 0,
  LENGTH_MASK: DISCARD - 1,
  META_PAGES,
  PAGE_SHIFT: 12,
} as const

/** Bytes of a record with a sample of so many. */
export function recordLength(size: number): number {
  return Math.ceil((size + HEADER) / 8) * 8
}

/** A sample of a user's: where it is in the machine's memory, or why there is none. */
export type Sample = { at: number; size: number } | { error: number }

/**
 * Ring buffers, from programs to users and from users to programs. Between system calls the positions stand in the map's
 * record, the data in records of its own. A sample that a program reserves is in the ring itself; one that isn't in one
 * piece there is elsewhere in memory until it's submitted.
 */
export class RingbufMap extends BaseMap {
  readonly #data: RingData
  /** Where the positions are in memory: see RingLayout. */
  readonly #at: number
  /** How far the producer was when the ring was read or written last. */
  #stored: number
  /** Samples that programs hold elsewhere: where they are in memory, with the position of their header. */
  readonly #reserved = new Map<number, { position: number; size: number }>()

  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env)
    this.#data = new RingData(record, env)
    this.#at = env.memory.alloc(RingLayout.SIZE)
    const { consumer = 0, producer = 0, pending = 0 } = record.extra
    this.#stored = producer
    this.#setPosition(RingLayout.CONSUMER, consumer)
    this.#setPosition(RingLayout.PRODUCER, producer)
    this.#setPosition(RingLayout.PENDING, pending)
  }

  lookupTable(): number {
    return this.#at
  }

  /** Where in memory the block is that compiled programs use now, 0 for none. */
  get block(): number {
    return this.env.memory.view.getUint32(this.#at + RingLayout.BLOCK_AT, true)
  }

  #position(which: number): number {
    const { view } = this.env.memory
    const at = this.#at + which
    return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true)
  }

  #setPosition(which: number, value: number): void {
    const { view } = this.env.memory
    view.setUint32(this.#at + which, value % 0x1_0000_0000, true)
    view.setUint32(this.#at + which + 4, Math.floor(value / 0x1_0000_0000), true)
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
    return this.#position(RingLayout.CONSUMER)
  }

  get producer(): number {
    return this.#position(RingLayout.PRODUCER)
  }

  /** __bpf_ringbuf_reserve. @returns where the sample is in memory, with what the ring had there; 0 for NULL. */
  reserve(size: number): number {
    const position = this.#take(size, BUSY)
    if (position < 0) return 0
    const block = ringBlock(this.record.maxEntries)
    if ((position % block) + recordLength(size) <= block) return this.#data.at(position) + HEADER
    const at = this.env.memory.alloc(Math.max(size, 1))
    this.#data.read(position + HEADER, size, at)
    this.#reserved.set(at, { position, size })
    return at
  }

  /** bpf_ringbuf_output of what is in memory. @returns whether there was room. */
  output(from: number, size: number): boolean {
    const position = this.#take(size, 0)
    if (position >= 0) this.#data.write(position + HEADER, size, from)
    return position >= 0
  }

  /** Room for a record, with its header. @returns where in the ring, or -1. */
  #take(size: number, flags: number): number {
    const { maxEntries } = this.record
    const length = recordLength(size)
    if (size > MAX_RECORD || length > maxEntries) return -1
    const position = this.producer
    const end = position + length
    const pending = this.#passCommitted(position)
    const { consumer } = this
    // Readers may have written any position: one ahead of ours is as far away as can be.
    if (end < consumer || end - consumer >= maxEntries || end - pending >= maxEntries) return -1
    const page = META_PAGES + Math.floor((position % maxEntries) / PAGE_SIZE)
    this.#data.setWord(position, size + flags)
    this.#data.setWord(position + 4, page)
    this.#setPosition(RingLayout.PRODUCER, end)
    this.#nextBlock(end)
    return position
  }

  /** Where compiled programs put what comes next. */
  #nextBlock(position: number): void {
    const start = position - (position % ringBlock(this.record.maxEntries))
    // In the first turn around the ring, nobody has been there.
    if (start >= this.#stored && start < this.record.maxEntries) this.#data.begin(start)
    const at = this.#data.at(start)
    const { view } = this.env.memory
    view.setUint32(this.#at + RingLayout.BLOCK_START, start % 0x1_0000_0000, true)
    view.setUint32(this.#at + RingLayout.BLOCK_AT, at, true)
  }

  /** The size of a sample that a program holds, by where it is; undefined where there's none. */
  sampleSize(at: number): number | undefined {
    const elsewhere = this.#reserved.get(at)
    if (elsewhere) return elsewhere.size
    if (at % 8 !== 0 || !this.#data.has(at - HEADER)) return undefined
    const word = this.env.memory.view.getUint32(at - HEADER, true)
    return word >= BUSY ? word - BUSY : undefined
  }

  /** bpf_ringbuf_commit of a sample that a program holds. */
  commit(at: number, discard: boolean): void {
    const elsewhere = this.#reserved.get(at)
    const flags = discard ? DISCARD : 0
    if (!elsewhere) {
      const { view } = this.env.memory
      view.setUint32(at - HEADER, view.getUint32(at - HEADER, true) - BUSY + flags, true)
      return
    }
    const { position, size } = elsewhere
    this.#data.write(position + HEADER, size, at)
    this.#data.setWord(position, size + flags)
    this.#reserved.delete(at)
    this.env.memory.free(at, Math.max(size, 1))
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
        this.#setPosition(RingLayout.CONSUMER, consumer + length)
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
    this.#setPosition(RingLayout.CONSUMER, this.consumer + recordLength(size))
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
    position(PAGE_SIZE + 8, this.#position(RingLayout.PENDING))
    const start = POSITION_PAGES * PAGE_SIZE
    const end = Math.min(offset + length, start + 2 * maxEntries)
    for (let at = Math.max(offset, start); at < end; at++) bytes[at - offset] = this.#data.byte(at - start)
    return bytes
  }

  /** Users write the consumer's position, of a user's ring buffer the producer's and the data. */
  override mmapWrite(offset: number, bytes: Uint8Array): number {
    const user = this.record.type === MapType.USER_RINGBUF
    if (user ? offset < PAGE_SIZE : offset + bytes.length > PAGE_SIZE) return -Errno.EPERM
    if (offset === (user ? PAGE_SIZE : 0) && bytes.length >= 8) {
      const at = this.#at + (user ? RingLayout.PRODUCER : RingLayout.CONSUMER)
      this.env.memory.u8.set(bytes.subarray(0, 8), at)
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
    // Its blocks are as they're stored: what is written next makes one its own.
    this.env.memory.view.setUint32(this.#at + RingLayout.BLOCK_AT, 0, true)
    const { extra } = this.record
    this.#stored = this.producer
    const positions = { consumer: this.consumer, producer: this.producer, pending: this.#position(RingLayout.PENDING) }
    for (const [name, value] of Object.entries(positions)) if (value > 0 || name in extra) extra[name] = value
  }

  override release(): void {
    this.#data.free()
    this.env.memory.free(this.#at, RingLayout.SIZE)
  }

  /** How far records are committed from the oldest that wasn't. */
  #passCommitted(until: number): number {
    let pending = this.#position(RingLayout.PENDING)
    while (pending < until) {
      const word = this.#data.word(pending)
      if (word >= BUSY) break
      pending += recordLength(word % DISCARD)
    }
    if (pending > 0) this.#setPosition(RingLayout.PENDING, pending)
    return pending
  }
}

export const ringbufFamily: MapFamily = {
  checksInAlloc: true,
  create,
  open: (record, env) => new RingbufMap(record, env),
}

export const userRingbufFamily: MapFamily = { ...ringbufFamily, since: '6.1' }
