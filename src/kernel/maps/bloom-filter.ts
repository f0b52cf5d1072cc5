import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import type { MapRecord } from '../objects/records.ts'
import { ACCESS_FLAGS, KMALLOC_MAX_SIZE, accessOk, require, requireRoom } from './alloc-check.ts'
import { ArrayStore } from './array-store.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import { jhash } from '../jhash.ts'
import type { MapEnvironment } from './map.ts'

/** BLOOM_CREATE_FLAG_MASK. */
const CREATE_FLAGS = MapFlag.NUMA_NODE | MapFlag.ZERO_SEED | ACCESS_FLAGS
const DEFAULT_HASHES = 5
const MAX_HASHES = 15n
const BITS_PER_LONG = 64
/** Bits are kept in words of so many bytes. */
const WORD = 64
const WORD_BITS = WORD * 8

/** bloom_map_alloc_check and bloom_map_alloc. @throws KernelError. */
function create(attr: MapCreateAttr, env: MapEnvironment): Partial<MapRecord> {
  const { keySize, valueSize, maxEntries, mapFlags = 0, mapExtra = 0n } = attr
  require(valueSize <= KMALLOC_MAX_SIZE, Errno.E2BIG)
  require(keySize === 0 && valueSize !== 0 && maxEntries !== 0)
  require((mapFlags & ~CREATE_FLAGS) === 0 && accessOk(mapFlags) && mapExtra <= MAX_HASHES)
  requireRoom(bitCount(maxEntries, hashCount(mapExtra)) / 8)
  return { seed: mapFlags & MapFlag.ZERO_SEED ? 0 : env.random() >>> 0 }
}

function hashCount(mapExtra: bigint): number {
  return Number(mapExtra) || DEFAULT_HASHES
}

/** The next power of two of n * k / ln(2), with 7 / 5 for the logarithm's inverse. */
function bitCount(maxEntries: number, hashes: number): number {
  const product = maxEntries * hashes
  const bits = Math.floor(product / 5) * 7
  if (product > 0xffffffff || bits > 2 ** 31) return 2 ** 32
  return bits <= BITS_PER_LONG ? BITS_PER_LONG : 2 ** Math.ceil(Math.log2(bits))
}

/** Values can be added, and asked for: what was never added may be found, what was added always is. */
class BloomFilter extends BaseMap {
  readonly #hashes: number
  readonly #bits: number
  readonly #words: ArrayStore

  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env)
    this.#hashes = hashCount(record.mapExtra)
    this.#bits = bitCount(record.maxEntries, this.#hashes)
    this.#words = new ArrayStore(env, record, Math.ceil(this.#bits / WORD_BITS), WORD)
  }

  /** bloom_map_mem_usage. */
  memUsage(): number {
    return this.env.profile.structSize('bpf_bloom_filter') + this.#bits / 8
  }

  override update(_key: number, _value: number, _flags: number): number {
    return -Errno.EINVAL
  }

  override push(value: number, flags: number): number {
    if (flags !== ElemFlag.ANY) return -Errno.EINVAL
    const { memory } = this.env
    for (let i = 0; i < this.#hashes; i++) {
      const bit = this.#hash(value, i)
      const at = this.#words.write(Math.floor(bit / WORD_BITS)) + ((bit >>> 3) & (WORD - 1))
      memory.u8[at] = (memory.u8[at] as number) | (1 << (bit & 7))
    }
    return 0
  }

  override peek(value: number): number {
    const { memory } = this.env
    for (let i = 0; i < this.#hashes; i++) {
      const bit = this.#hash(value, i)
      const at = this.#words.read(Math.floor(bit / WORD_BITS)) + ((bit >>> 3) & (WORD - 1))
      if (((memory.u8[at] as number) & (1 << (bit & 7))) === 0) return -Errno.ENOENT
    }
    return 0
  }

  override copyValue(_key: number, value: number, _flags: number): number {
    return this.peek(value)
  }

  override updateValue(_key: number, value: number, flags: number): number {
    return this.push(value, flags)
  }

  override flush(): void {
    this.#words.flush()
  }

  override release(): void {
    this.#words.free()
  }

  #hash(value: number, index: number): number {
    const { seed, valueSize } = this.record
    return (jhash(this.env.memory, value, valueSize, (seed + index) | 0) & (this.#bits - 1)) >>> 0
  }
}

export const bloomFilterFamily: MapFamily = {
  since: '5.16',
  create: (attr, env) => create(attr, env),
  open: (record, env) => new BloomFilter(record, env),
}
