import { Kind } from '../../btf/kinds.ts'
import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { vmlinuxKind, vmlinuxTypes } from '../btf/vmlinux.ts'
import { KernelError } from '../error.ts'
import type { MapRecord, ProgRecord } from '../objects/records.ts'
import { require } from './alloc-check.ts'
import { BaseMap } from './base.ts'
import { Elements } from './elements.ts'
import type { MapFamily } from './family.ts'
import type { MapEnvironment } from './map.ts'
import type { OpsLayout } from './struct-ops-layout.ts'
import { findOpsLayout, holesAreZero } from './struct-ops-layout.ts'
import type { OpsType } from './struct-ops-types.ts'
import { nameIn, opsTypes } from './struct-ops-types.ts'

const POINTER = 8
const PAGE_SIZE = 4096
/** The types of vmlinux are the machine's first BTF object. */
const VMLINUX_BTF_ID = 1
/** enum bpf_struct_ops_state. */
const State = { INIT: 0, INUSE: 1, TOBEFREE: 2, READY: 3 } as const

/** The only record: the value, with programs' ids. */
const VALUE = new Uint8Array(0)

/** bpf_struct_ops_map_alloc_check and bpf_struct_ops_map_alloc. @throws KernelError. */
function create(attr: MapCreateAttr, { descriptors, profile }: MapEnvironment): Partial<MapRecord> {
  const { keySize, valueSize, maxEntries, mapFlags = 0, btfVmlinuxValueTypeId = 0 } = attr
  require(keySize === 4 && maxEntries === 1 && btfVmlinuxValueTypeId !== 0)
  require((mapFlags & ~(MapFlag.LINK | MapFlag.VTYPE_BTF_OBJ_FD)) === 0)
  // The value's type may be a module's; there are no modules.
  if (mapFlags & MapFlag.VTYPE_BTF_OBJ_FD) {
    const open = descriptors.kindOf(attr.valueTypeBtfObjFd ?? 0) !== undefined
    throw new KernelError(open ? Errno.EINVAL : Errno.EBADF)
  }
  // What is asked for to find out whether there are such maps is none: told without reading all types.
  require(vmlinuxKind(profile, btfVmlinuxValueTypeId) === Kind.STRUCT, Errno.ENOTSUPP)
  const layout = findOpsLayout(vmlinuxTypes(profile), btfVmlinuxValueTypeId)
  require(layout !== undefined && layout.name in opsTypes, Errno.ENOTSUPP)
  require(valueSize === layout.valueSize)
  return { btfVmlinuxId: VMLINUX_BTF_ID, extra: { functions: layout.members.filter((each) => each.isFunction).length } }
}

/** The operations of a subsystem, with programs as their functions. */
class StructOpsMap extends BaseMap {
  readonly #elements: Elements

  constructor(record: MapRecord, env: MapEnvironment) {
    super(record, env)
    this.#elements = new Elements(env.store, record.id)
  }

  /** bpf_struct_ops_map_mem_usage. */
  memUsage(): number {
    const { profile } = this.env
    const { valueSize, extra } = this.record
    const map = profile.structSize('bpf_struct_ops_map') + valueSize - profile.structSize('bpf_struct_ops_value')
    return map + valueSize + 2 * (extra['functions'] ?? 0) * POINTER + PAGE_SIZE
  }

  override getNextKey(key: number, next: number): number {
    const { view } = this.env.memory
    if (key !== 0 && view.getUint32(key, true) === 0) return -Errno.ENOENT
    view.setUint32(next, 0, true)
    return 0
  }

  /** bpf_struct_ops_map_sys_lookup_elem. */
  override copyValue(key: number, value: number, _flags: number): number {
    const { view, u8 } = this.env.memory
    if (view.getUint32(key, true) !== 0) return -Errno.ENOENT
    u8.fill(0, value, value + this.record.valueSize)
    if (this.#state === State.INIT) return 0
    u8.set(this.#elements.get(VALUE) ?? new Uint8Array(0), value)
    view.setUint32(value, this.#state === State.INUSE ? 1 : 0, true)
    view.setUint32(value + 4, this.#state, true)
    return 0
  }

  /** bpf_struct_ops_map_update_elem. */
  override updateValue(key: number, value: number, flags: number): number {
    const { memory, profile } = this.env
    if (flags !== 0) return -Errno.EINVAL
    if (memory.view.getUint32(key, true) !== 0) return -Errno.E2BIG
    const layout = findOpsLayout(vmlinuxTypes(profile), this.record.btfVmlinuxValueTypeId)
    const type = layout && opsTypes[layout.name]
    if (!layout || !type) return -Errno.ENOTSUPP
    const bytes = memory.u8.slice(value, value + this.record.valueSize)
    const data = bytes.subarray(layout.dataOffset, layout.dataOffset + layout.size)
    const outside = [bytes.subarray(0, layout.dataOffset), bytes.subarray(layout.dataOffset + layout.size)]
    if (outside.some((part) => part.some((byte) => byte !== 0))) return -Errno.EINVAL
    if (!holesAreZero(data, layout)) return -Errno.EINVAL
    if (this.#state !== State.INIT) return -Errno.EBUSY
    const programs: ProgRecord[] = []
    const error = this.#fill(layout, type, data, programs)
    if (error !== undefined) return error
    if (this.record.mapFlags & MapFlag.LINK) {
      this.#state = State.READY
    } else {
      const result = type.register(this.record.id, nameIn(layout.members, data), this.env)
      if (result !== 0) return result
      this.env.holdMap(this.record.id)
      this.#state = State.INUSE
    }
    for (const { id } of programs) this.env.holdProg(id)
    this.#elements.put(VALUE, bytes)
    return 0
  }

  /** bpf_struct_ops_map_delete_elem. */
  override delete(_key: number): number {
    if (this.record.mapFlags & MapFlag.LINK) return -Errno.EOPNOTSUPP
    if (this.#state === State.TOBEFREE) return -Errno.EINPROGRESS
    if (this.#state !== State.INUSE) return -Errno.ENOENT
    const layout = findOpsLayout(vmlinuxTypes(this.env.profile), this.record.btfVmlinuxValueTypeId)
    const bytes = this.#elements.get(VALUE)
    if (layout && bytes) {
      opsTypes[layout.name]?.unregister(nameIn(layout.members, bytes.subarray(layout.dataOffset)), this.env)
    }
    this.#state = State.TOBEFREE
    this.env.putMap(this.record.id)
    return 0
  }

  clearSlots(): void {
    const layout = findOpsLayout(vmlinuxTypes(this.env.profile), this.record.btfVmlinuxValueTypeId)
    const bytes = this.#elements.get(VALUE)
    if (!layout || !bytes) return
    const view = new DataView(bytes.buffer, bytes.byteOffset + layout.dataOffset)
    for (const { offset, isFunction } of layout.members) {
      const id = isFunction ? view.getUint32(offset, true) : 0
      if (id) this.env.putProg(id)
    }
  }

  get #state(): number {
    return this.record.extra['state'] ?? State.INIT
  }

  set #state(state: number) {
    this.record.extra['state'] = state
  }

  /**
   * Goes through the members: puts programs' ids in the place of their descriptors.
   * @returns what ends the update (even 1, which the kernel gives for a module behind a name), or undefined.
   */
  #fill({ members, typeId }: OpsLayout, type: OpsType, data: Uint8Array, programs: ProgRecord[]): number | undefined {
    const view = new DataView(data.buffer, data.byteOffset, data.length)
    const given = new Set<string>()
    let result = 0
    for (const [i, member] of members.entries()) {
      const { offset, size } = member
      const bytes = data.subarray(offset, offset + size)
      if (member.isModule) {
        if (bytes.some((byte) => byte !== 0)) return result
        continue
      }
      result = type.initMember(member, new DataView(data.buffer, data.byteOffset + offset, size), this.env)
      if (result < 0) return result
      if (result > 0) continue
      if (!member.isFunction) {
        if (bytes.some((byte) => byte !== 0)) return -Errno.EINVAL
        continue
      }
      const fd = view.getInt32(offset, true)
      if (fd === 0) continue
      const prog = this.env.descriptors.progByFd(fd)
      const { type: progType, attachBtfId, expectedAttachType } = prog
      if (progType !== ProgType.STRUCT_OPS || attachBtfId !== typeId || expectedAttachType !== i) return -Errno.EINVAL
      programs.push(prog)
      given.add(member.name)
      bytes.fill(0)
      view.setUint32(offset, prog.id, true)
    }
    return type.validate((name) => given.has(name)) || undefined
  }
}

export const structOpsFamily: MapFamily = {
  options: ['CONFIG_BPF_JIT'],
  create,
  open: (record, env) => new StructOpsMap(record, env),
}
