import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ElemFlag, MapFlag } from '../../uapi/flags.ts'
import type { MapRecord } from '../objects/records.ts'
import { require, requireRoom } from './alloc-check.ts'
import { ArrayStore } from './array-store.ts'
import { arrayNextKey } from './array.ts'
import { BaseMap } from './base.ts'
import type { MapFamily } from './family.ts'
import type { MapEnvironment } from './map.ts'

/** struct bpf_insn_array_value: where an instruction was, where it is translated, where compiled. */
const VALUE_SIZE = 16
const XLATED_OFF = 4
const JITTED_OFF = 8
/** Its address, for each of them. */
const LONG = 8

/** insn_array_alloc_check and insn_array_alloc. @throws KernelError. */
function create({ keySize, valueSize, maxEntries, mapFlags = 0 }: MapCreateAttr): Partial<MapRecord> {
  require(maxEntries !== 0 && keySize === 4 && valueSize === VALUE_SIZE && mapFlags === 0)
  requireRoom(maxEntries * (VALUE_SIZE + LONG))
  return { mapFlags: MapFlag.RDONLY_PROG }
}

/** Instructions of a program that others can jump to: users say which, before the program is loaded. */
class InsnArray extends BaseMap {
  readonly #values: ArrayStore

  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env)
    this.#values = new ArrayStore(env, record, record.maxEntries, VALUE_SIZE)
  }

  /** insn_array_mem_usage. */
  memUsage(): number {
    return this.env.profile.structSize('bpf_insn_array') + this.record.maxEntries * (VALUE_SIZE + LONG)
  }

  override lookup(key: number): number {
    const index = this.env.memory.view.getUint32(key, true)
    return index >= this.record.maxEntries ? 0 : this.#values.read(index)
  }

  override copyValue(key: number, value: number, _flags: number): number {
    const at = this.lookup(key)
    if (at === 0) return -Errno.ENOENT
    this.env.memory.u8.copyWithin(value, at, at + VALUE_SIZE)
    return 0
  }

  override getNextKey(key: number, next: number): number {
    return arrayNextKey(this.env, this.record.maxEntries, key, next)
  }

  /** insn_array_update_elem: only the original offset is the user's. */
  override update(key: number, value: number, flags: number): number {
    const { view } = this.env.memory
    const index = view.getUint32(key, true)
    // bpf_map_check_op_flags, which came with this type: one CPU's value is only to be had of maps that have one.
    if (flags >= ElemFlag.CPU) return -Errno.EINVAL
    if (index >= this.record.maxEntries) return -Errno.E2BIG
    if (flags & ElemFlag.NOEXIST) return -Errno.EEXIST
    if (view.getUint32(value + XLATED_OFF, true) !== 0 || view.getUint32(value + JITTED_OFF, true) !== 0) {
      return -Errno.EINVAL
    }
    const offset = view.getUint32(value, true)
    const at = this.#values.write(index)
    this.env.memory.view.setUint32(at, offset, true)
    return 0
  }

  override delete(_key: number): number {
    return -Errno.EINVAL
  }

  override flush(): void {
    this.#values.flush()
  }

  override release(): void {
    this.#values.free()
  }
}

export const insnArrayFamily: MapFamily = {
  since: '6.19',
  create,
  open: (record, env) => new InsnArray(record, env),
}
