import { arrayLayout } from '../../src/kernel/maps/array.ts'
import type { KernelMap } from '../../src/kernel/maps/map.ts'
import type { Memory } from '../../src/kernel/memory/memory.ts'
import type { MapRecord } from '../../src/kernel/objects/records.ts'
import type { MapCreateAttr } from '../../src/uapi/attr.ts'
import { Errno } from '../../src/uapi/errno.ts'
import { MapType } from '../../src/uapi/map-type.ts'

/** Enough of arrays, hashes and program arrays to run programs on, for tests of the runtime alone. */
export class FakeMap implements KernelMap {
  readonly record: MapRecord
  readonly valueSizeOfSyscall: number
  readonly #memory: Memory
  readonly #slots = new Map<string, number>()
  readonly #elements: number = 0

  constructor(memory: Memory, id: number, attr: MapCreateAttr) {
    this.#memory = memory
    this.valueSizeOfSyscall = attr.valueSize
    this.record = {
      id,
      type: attr.mapType,
      name: attr.mapName ?? '',
      keySize: attr.keySize,
      valueSize: attr.valueSize,
      maxEntries: attr.maxEntries,
      mapFlags: attr.mapFlags ?? 0,
      mapExtra: 0n,
      numaNode: 0,
      ifindex: 0,
      btfId: 0,
      btfKeyTypeId: 0,
      btfValueTypeId: 0,
      btfVmlinuxValueTypeId: 0,
      btfVmlinuxId: 0,
      frozen: false,
      bypassSpecV1: true,
      innerMap: undefined,
      seed: 0,
      owner: undefined,
      refs: 1,
      fields: [],
      extra: {},
    }
    if (attr.mapType !== MapType.ARRAY) return
    const { stride } = arrayLayout(this.record, 1)
    this.#elements = memory.alloc(attr.maxEntries * stride)
    for (let i = 0; i < attr.maxEntries; i++) this.#slots.set(String(i), this.#elements + i * stride)
  }

  get #isArray(): boolean {
    return this.record.type === MapType.ARRAY
  }

  #key(at: number): string {
    if (this.record.type !== MapType.HASH) return String(this.#memory.view.getUint32(at, true))
    return Buffer.from(this.#memory.u8.subarray(at, at + this.record.keySize)).toString('hex')
  }

  /** Nothing is to be found there, so that the map is asked. */
  lookupTable(): number {
    return this.#memory.alloc(this.record.maxEntries * 4 + 8) + 8
  }

  lendAll(): number {
    return this.#elements
  }

  lookup(key: number): number {
    return this.#slots.get(this.#key(key)) ?? 0
  }

  update(key: number, value: number, flags: number): number {
    if (flags > 3) return -Errno.EINVAL
    const name = this.#key(key)
    let at = this.#slots.get(name)
    if (at === undefined && this.#isArray) return -Errno.E2BIG
    if (at !== undefined && flags === 1) return -Errno.EEXIST
    if (at === undefined && flags === 2) return -Errno.ENOENT
    if (at === undefined) {
      if (this.#slots.size >= this.record.maxEntries) return -Errno.E2BIG
      at = this.#memory.alloc(this.record.valueSize)
      this.#slots.set(name, at)
    }
    this.#memory.u8.copyWithin(at, value, value + this.record.valueSize)
    return 0
  }

  delete(key: number): number {
    if (this.#isArray) return -Errno.EINVAL
    return this.#slots.delete(this.#key(key)) ? 0 : -Errno.ENOENT
  }

  getNextKey(key: number, next: number): number {
    if (!this.#isArray) return -Errno.ENOENT
    const index = key === 0 ? 0 : this.#memory.view.getUint32(key, true) + 1
    if (index >= this.record.maxEntries) return -Errno.ENOENT
    this.#memory.view.setUint32(next, index, true)
    return 0
  }

  copyValue(key: number, value: number): number {
    const at = this.lookup(key)
    if (at === 0) return -Errno.ENOENT
    this.#memory.u8.copyWithin(value, at, at + this.record.valueSize)
    return 0
  }

  lookupId(key: number): number {
    const at = this.lookup(key)
    return at === 0 ? 0 : this.#memory.view.getUint32(at, true)
  }

  updateValue(key: number, value: number, flags: number): number {
    return this.update(key, value, flags)
  }

  directValueAddr(off: number): number | undefined {
    const first = this.#slots.get('0')
    return first === undefined ? undefined : first + off
  }

  push(): number {
    return -Errno.ENOTSUPP
  }

  pop(): number {
    return -Errno.ENOTSUPP
  }

  peek(): number {
    return -Errno.ENOTSUPP
  }

  lookupAndDelete(): number {
    return -Errno.ENOTSUPP
  }

  memUsage(): number {
    return 0
  }

  flush(): void {
    // Nothing is kept.
  }
}
