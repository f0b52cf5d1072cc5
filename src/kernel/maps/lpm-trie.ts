import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import type { MapRecord } from '../objects/records.ts'
import { concat, equal } from '../store/bytes.ts'
import { ACCESS_FLAGS, KMALLOC_MAX_SIZE, accessOk, charge, require } from './alloc-check.ts'
import { BaseMap } from './base.ts'
import type { Element } from './elements.ts'
import { Elements } from './elements.ts'
import type { MapFamily } from './family.ts'
import { LentValues } from './lent-values.ts'
import { commonBits, prefixKey } from './lpm-key.ts'
import type { MapEnvironment } from './map.ts'

/** LPM_CREATE_FLAG_MASK. */
const CREATE_FLAGS = MapFlag.NO_PREALLOC | MapFlag.NUMA_NODE | ACCESS_FLAGS
/** Bytes of struct bpf_lpm_trie_key in front of its data: the prefix's length. */
const KEY_HEADER = 4
const DATA_SIZE_MAX = 256
/** Look-ups that are remembered between changes. */
const CACHE_SIZE = 4096

/** trie_alloc. @throws KernelError. */
function create(attr: MapCreateAttr, env: MapEnvironment): Partial<MapRecord> {
  const { keySize, valueSize, maxEntries, mapFlags = 0 } = attr
  const nodeSize = env.profile.structSize('lpm_trie_node')
  const maxValue = KMALLOC_MAX_SIZE - DATA_SIZE_MAX - nodeSize
  require(maxEntries !== 0 && (mapFlags & MapFlag.NO_PREALLOC) !== 0)
  require((mapFlags & ~CREATE_FLAGS) === 0 && accessOk(mapFlags))
  require(keySize > KEY_HEADER && keySize <= KEY_HEADER + DATA_SIZE_MAX)
  require(valueSize > 0 && valueSize <= maxValue)
  charge(maxEntries * (nodeSize + valueSize + keySize - KEY_HEADER), env)
  return {}
}

/**
 * Longest prefix match. Each element is a record: the key as it was given last, with the bits behind its prefix, and the
 * value. Where it stands in the order of records says which prefixes it is
 * in, so that the kernel's nodes in between needn't be kept, and a look-up takes a seek for each of them at most.
 */
class LpmTrie extends BaseMap {
  readonly #elements: Elements
  readonly #lent: LentValues
  readonly #dataSize: number
  /** By the bytes of the key asked for; cleared by every change of elements. */
  readonly #found = new Map<string, Uint8Array | undefined>()
  /** Where the last walk is: who asks for the next key mostly asks for the one after it. */
  #walk: { name: Uint8Array; rest: Iterator<Element> } | undefined

  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env)
    this.#elements = new Elements(env.store, record.id)
    this.#lent = new LentValues(env.memory, record.valueSize)
    this.#dataSize = record.keySize - KEY_HEADER
  }

  /** trie_mem_usage. */
  memUsage(): number {
    return (this.env.profile.structSize('lpm_trie_node') + this.#dataSize + this.record.valueSize) * this.#count
  }

  override lookup(key: number): number {
    const found = this.#match(key)
    if (!found) return 0
    return this.#lent.find(found) ?? this.#lent.lend(found, this.#valueOf(this.#elements.get(found)))
  }

  override copyValue(key: number, value: number, _flags: number): number {
    const found = this.#match(key)
    if (!found) return -Errno.ENOENT
    const { memory } = this.env
    const at = this.#lent.find(found)
    if (at === undefined) memory.u8.set(this.#valueOf(this.#elements.get(found)), value)
    else memory.u8.copyWithin(value, at, at + this.record.valueSize)
    return 0
  }

  /** trie_update_elem. */
  override update(key: number, value: number, flags: number): number {
    const { keySize, valueSize } = this.record
    const { u8 } = this.env.memory
    const length = this.#lengthOf(key)
    if (flags > ElemFlag.EXIST || length > this.#maxLength) return -Errno.EINVAL
    const name = prefixKey(this.#dataOf(key), length)
    if (this.#elements.get(name)) {
      if (flags === ElemFlag.NOEXIST) return -Errno.EEXIST
    } else {
      if (flags === ElemFlag.EXIST) return -Errno.ENOENT
      if (this.#count === this.record.maxEntries) return -Errno.ENOSPC
      this.#count++
      this.#changed()
    }
    this.#walk = undefined
    this.#lent.drop(name)
    this.#elements.put(name, concat(u8.subarray(key, key + keySize), u8.subarray(value, value + valueSize)))
    return 0
  }

  /** trie_delete_elem. */
  override delete(key: number): number {
    const length = this.#lengthOf(key)
    if (length > this.#maxLength) return -Errno.EINVAL
    const name = prefixKey(this.#dataOf(key), length)
    if (!this.#elements.get(name)) return -Errno.ENOENT
    this.#elements.remove(name)
    this.#lent.drop(name)
    this.#changed()
    this.#count--
    return 0
  }

  /** trie_get_next_key: what follows a key that's there; else the first. */
  override getNextKey(key: number, next: number): number {
    const rest = this.#after(key)
    const { value: element } = rest.next() as IteratorResult<Element, undefined>
    if (!element) return -Errno.ENOENT
    this.#walk = { name: element.key, rest }
    this.env.memory.u8.set(element.value.subarray(0, this.record.keySize), next)
    return 0
  }

  override flush(): void {
    this.#lent.flush((name, value) => {
      const old = this.#elements.get(name)
      if (old) this.#elements.put(name, concat(old.subarray(0, this.record.keySize), value))
    })
  }

  /** Elements behind a key's; all, where there's none or it isn't there. */
  #after(key: number): Iterator<Element> {
    let from: Uint8Array = new Uint8Array(0)
    if (key !== 0 && this.#lengthOf(key) <= this.#maxLength) {
      const name = prefixKey(this.#dataOf(key), this.#lengthOf(key))
      if (this.#walk && equal(this.#walk.name, name)) return this.#walk.rest
      if (this.#elements.get(name)) from = concat(name, new Uint8Array(1))
    }
    return this.#elements.scan(from)[Symbol.iterator]()
  }

  /** An element came or went. */
  #changed(): void {
    this.#found.clear()
    this.#walk = undefined
  }

  get #count(): number {
    return this.record.extra['entries'] ?? 0
  }

  set #count(count: number) {
    this.record.extra['entries'] = count
  }

  get #maxLength(): number {
    return this.#dataSize * 8
  }

  #lengthOf(key: number): number {
    return this.env.memory.view.getUint32(key, true)
  }

  #dataOf(key: number): Uint8Array {
    return this.env.memory.u8.subarray(key + KEY_HEADER, key + this.record.keySize)
  }

  #valueOf(bytes: Uint8Array | undefined): Uint8Array {
    return bytes ? bytes.subarray(this.record.keySize) : new Uint8Array(this.record.valueSize)
  }

  /** trie_lookup_elem: the name of the longest prefix of a key. */
  #match(key: number): Uint8Array | undefined {
    const { u8 } = this.env.memory
    const asked = Buffer.from(u8.buffer, key, this.record.keySize).toString('latin1')
    if (this.#found.has(asked)) return this.#found.get(asked)
    const length = this.#lengthOf(key)
    const found = length > this.#maxLength ? undefined : this.#search(this.#dataOf(key), length)
    if (this.#found.size >= CACHE_SIZE) this.#found.clear()
    this.#found.set(asked, found)
    return found
  }

  /**
   * The first record from the key's place on is its longest prefix, or belongs to a branch beside it: then all shorter
   * prefixes of the key are prefixes of what the two have in common, and the search goes on there.
   */
  #search(data: Uint8Array, length: number): Uint8Array | undefined {
    for (let limit = length; ;) {
      const entry = this.#elements.first(prefixKey(data, limit))
      if (!entry) return undefined
      const view = new DataView(entry.value.buffer, entry.value.byteOffset)
      const other = view.getUint32(0, true)
      const common = commonBits(data, entry.value.subarray(KEY_HEADER), Math.min(limit, other))
      if (common === other) return entry.key
      limit = common
    }
  }
}

export const lpmTrieFamily: MapFamily = {
  checksInAlloc: true,
  create,
  open: (record, env) => new LpmTrie(record, env),
}
