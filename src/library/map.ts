import { Errno } from '../uapi/errno.ts'
import { ElemFlag } from '../uapi/flags.ts'
import { mapTypeName } from '../uapi/map-type.ts'
import { attempt, attemptToFind } from './attempt.ts'
import { BpfError } from './error.ts'
import { Handle } from './host.ts'
import { BpfProgram } from './program.ts'
import { decode, encode, indexCodec, untypedCodec } from './codec.ts'
import { holdsIds, indexed, perCpu } from './map-kinds.ts'
import type { Codec } from './codec.ts'
import type { Value } from './value.ts'
import type { Fd, MapInfo as KernelMapInfo } from '../uapi/attr.ts'
import type { Host } from './host.ts'

/** When an element may be set: always, only where it is there, only where it is not. */
export type UpdateFlag = 'any' | 'exist' | 'noexist'

const flags: Readonly<Record<UpdateFlag, number>> = {
  any: ElemFlag.ANY,
  exist: ElemFlag.EXIST,
  noexist: ElemFlag.NOEXIST,
}

/** What a map is. */
export interface MapInfo {
  readonly id: number
  readonly name: string
  /** As bpftool has it, such as `lru_hash`. */
  readonly type: string
  readonly keySize: number
  readonly valueSize: number
  readonly maxEntries: number
  readonly flags: number
}

const none = new Uint8Array()

/** @internal */
export function toMapInfo(info: KernelMapInfo): MapInfo {
  return {
    id: info.id,
    name: info.name,
    type: mapTypeName(info.type) ?? `type ${info.type}`,
    keySize: info.keySize,
    valueSize: info.valueSize,
    maxEntries: info.maxEntries,
    flags: info.mapFlags,
  }
}

/** A map of whatever keys and values. */
export interface MapHandle {
  readonly id: number
  readonly info: MapInfo
}

/** @internal A map's descriptor. */
export function mapFd(map: MapHandle): Fd {
  if (map instanceof BpfMap) return (map as BpfMap).fd
  throw new TypeError('not a map')
}

/** A map's elements as the bytes that bpf(2) takes and gives. */
export interface MapBytes {
  get(key: Uint8Array): Uint8Array | undefined
  set(key: Uint8Array, value: Uint8Array, flag?: UpdateFlag): void
  delete(key: Uint8Array): boolean
  keys(): Uint8Array[]
}

/**
 * A map. Keys and values are what their types say (see Value), or bytes where the map has no types; a value of a map with
 * one for each CPU is an array of as many. In a map of maps or programs a value is set as a BpfMap or BpfProgram and read as
 * its id.
 */
export class BpfMap<K = Value, V = Value> implements MapHandle, Iterable<[K, V]> {
  readonly info: MapInfo
  /** The same elements as bytes. */
  readonly bytes: MapBytes
  readonly #handle: Handle
  readonly #kernelInfo: KernelMapInfo
  #key: Codec | undefined
  #value: Codec | undefined

  /** @internal */
  constructor(host: Host, fd: Fd) {
    this.#kernelInfo = attempt('map info', () => host.system.bpf.mapInfo(fd))
    this.info = toMapInfo(this.#kernelInfo)
    this.#handle = new Handle(host, fd, `map ${this.name}`)
    this.bytes = {
      get: (key) => this.#get(key),
      set: (key, value, flag = 'any') => {
        this.#set(key, value, flag)
      },
      delete: (key) => this.#delete(key),
      keys: () => this.#keys(),
    }
  }

  get name(): string {
    return this.info.name
  }

  get id(): number {
    return this.info.id
  }

  /** @internal */
  get fd(): Fd {
    return this.#handle.fd
  }

  /** The value of a key; undefined where there is none. */
  get(key: K): V | undefined {
    const bytes = this.#get(this.#encodeKey(key))
    return bytes && this.#decodeValue(bytes)
  }

  has(key: K): boolean {
    return this.#get(this.#encodeKey(key)) !== undefined
  }

  /** @throws BpfError, such as E2BIG when the map is full. */
  set(key: K, value: V | MapHandle | BpfProgram, flag: UpdateFlag = 'any'): void {
    this.#set(this.#encodeKey(key), this.#encodeValue(value), flag)
  }

  /** @returns whether there was such an element. */
  delete(key: K): boolean {
    return this.#delete(this.#encodeKey(key))
  }

  /** Keys that are there now, in the kernel's order. */
  keys(): K[] {
    return this.#keys().map((key) => decode(this.#keyCodec, key) as K)
  }

  /** Keys and values. What is taken out meanwhile is left out. */
  *entries(): Generator<[K, V]> {
    for (const key of this.#keys()) {
      const value = this.#get(key)
      if (value !== undefined) yield [decode(this.#keyCodec, key) as K, this.#decodeValue(value)]
    }
  }

  *values(): Generator<V> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): Generator<[K, V]> {
    return this.entries()
  }

  /** Takes all elements out. */
  clear(): void {
    for (const key of this.#keys()) this.#delete(key)
  }

  /** Adds to a queue, stack or bloom filter. */
  push(value: V, flag: UpdateFlag = 'any'): void {
    this.#set(none, this.#encodeValue(value), flag)
  }

  /** Takes the next value out of a queue or stack; undefined where it is empty. */
  pop(): V | undefined {
    const bytes = attemptToFind(`map ${this.name}: pop`, () => this.#bpf.mapLookupAndDeleteElem(this.fd, none))
    return bytes && this.#decodeValue(bytes)
  }

  /** The value that would come next. */
  peek(): V | undefined {
    const bytes = this.#get(none)
    return bytes && this.#decodeValue(bytes)
  }

  /** From now on only programs may change the map. */
  freeze(): void {
    attempt(`map ${this.name}: freeze`, () => {
      this.#bpf.mapFreeze(this.fd)
    })
  }

  /** Gives the map a name in bpffs. */
  pin(path: string): void {
    attempt(`map ${this.name}: pin ${path}`, () => {
      this.#bpf.objPin(this.fd, path)
    })
  }

  /** Lets the map go; what nothing else holds is gone. */
  close(): void {
    this.#handle.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get #bpf() {
    return this.#handle.host.system.bpf
  }

  get #keyCodec(): Codec {
    const { type, btfKeyTypeId, keySize } = this.#kernelInfo
    const index = btfKeyTypeId === 0 && indexed.has(type)
    return (this.#key ??= index ? indexCodec : this.#codec(btfKeyTypeId, keySize))
  }

  get #valueCodec(): Codec {
    const { btfVmlinuxValueTypeId, btfValueTypeId } = this.#kernelInfo
    return (this.#value ??= this.#codec(btfVmlinuxValueTypeId || btfValueTypeId, this.info.valueSize))
  }

  #codec(typeId: number, size: number): Codec {
    const { host } = this.#handle
    if (typeId === 0) return untypedCodec(size)
    const codecs = this.#kernelInfo.btfVmlinuxValueTypeId !== 0 ? host.vmlinux() : host.codecs(this.#kernelInfo.btfId)
    const codec = codecs.of(typeId)
    // An array's index may have a type that is no number of its own, such as an enum: the size is what counts.
    return codec?.size === size ? codec : untypedCodec(size)
  }

  get #step(): number {
    return Math.ceil(this.info.valueSize / 8) * 8
  }

  get #cpus(): number {
    return this.#handle.host.system.possibleCpus()
  }

  #encodeKey(key: K): Uint8Array {
    return encode(this.#keyCodec, key, `map ${this.name}: key`)
  }

  #encodeValue(value: V | MapHandle | BpfProgram): Uint8Array {
    const where = `map ${this.name}: value`
    if (value instanceof BpfMap) return encode(untypedCodec(4), mapFd(value as MapHandle), where)
    if (value instanceof BpfProgram) return encode(untypedCodec(4), value.fd, where)
    if (!perCpu.has(this.#kernelInfo.type)) return encode(this.#valueCodec, value, where)
    if (!Array.isArray(value) || value.length !== this.#cpus) {
      throw new TypeError(`${where} must be an array of ${this.#cpus}, one for each CPU`)
    }
    const bytes = new Uint8Array(this.#step * this.#cpus)
    value.forEach((each: unknown, cpu) => {
      bytes.set(encode(this.#valueCodec, each, `${where} of CPU ${cpu}`), cpu * this.#step)
    })
    return bytes
  }

  #decodeValue(bytes: Uint8Array): V {
    const { type, valueSize } = this.#kernelInfo
    if (perCpu.has(type)) {
      const at = (cpu: number) => bytes.subarray(cpu * this.#step, cpu * this.#step + valueSize)
      return Array.from({ length: this.#cpus }, (_, cpu) => decode(this.#valueCodec, at(cpu))) as V
    }
    if (holdsIds.has(type)) return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) as V
    return decode(this.#valueCodec, bytes) as V
  }

  #get(key: Uint8Array): Uint8Array | undefined {
    return attemptToFind(`map ${this.name}: get`, () => this.#bpf.mapLookupElem(this.fd, key))
  }

  #set(key: Uint8Array, value: Uint8Array, flag: UpdateFlag): void {
    attempt(`map ${this.name}: set`, () => {
      this.#bpf.mapUpdateElem(this.fd, key, value, flags[flag])
    })
  }

  #delete(key: Uint8Array): boolean {
    try {
      attempt(`map ${this.name}: delete`, () => {
        this.#bpf.mapDeleteElem(this.fd, key)
      })
      return true
    } catch (error) {
      if (error instanceof BpfError && error.errno === Errno.ENOENT) return false
      throw error
    }
  }

  /** All keys at once: a walk of the kernel's begins anew where its last key was taken out. */
  #keys(): Uint8Array[] {
    const keys: Uint8Array[] = []
    for (let key: Uint8Array | undefined; ;) {
      const last = key
      key = attemptToFind(`map ${this.name}: keys`, () => this.#bpf.mapGetNextKey(this.fd, last))
      if (key === undefined) return keys
      keys.push(key)
    }
  }
}
