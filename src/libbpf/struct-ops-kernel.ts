import type { Btf } from '../btf/btf.ts'
import { Errno } from '../uapi/errno.ts'
import { ProgType } from '../uapi/prog-type.ts'
import { LibbpfError } from './error.ts'
import type { KernelBtf } from './kernel-btf.ts'
import type { BpfMap, BpfObject, StructOps } from './model.ts'
import { essentialNameLength } from './names.ts'
import { BtfKind } from './object-btf.ts'
import type { ObjectBtf } from './object-btf.ts'

function fail(errno: number): never {
  throw new LibbpfError(errno)
}

/** bpf_object__init_kern_struct_ops_maps. @throws LibbpfError. */
export function initKernelStructOps(obj: BpfObject, kernel: KernelBtf): void {
  const { btf } = obj
  if (btf === undefined) return
  for (const map of obj.maps) {
    if (map.structOps === undefined || !map.autocreate) continue
    if (obj.loader !== undefined) {
      // libbpf has no BTF of the kernel's then, and the real bpftool dies of SIGSEGV here.
      obj.log.warn(`map '${map.name}': a loader program can't have struct_ops maps`)
      fail(Errno.ENOTSUP)
    }
    initMap(obj, btf, kernel, map, map.structOps)
  }
}

/** bpf_object_adjust_struct_ops_autoload: a program loads only where a map that is created holds it. */
export function adjustStructOpsAutoload(obj: BpfObject): void {
  for (const prog of obj.programs) {
    if (prog.type !== ProgType.STRUCT_OPS) continue
    const users = obj.maps.filter((map) => map.structOps?.progs.includes(prog))
    if (users.length > 0) prog.autoload = users.some((map) => map.autocreate)
  }
}

interface KernelTypes {
  btf: Btf
  typeId: number
  valueTypeId: number
  /** Member of the value type that holds the struct. */
  dataMember: number
  objFd: number
}

/** find_struct_ops_kern_types. */
function findTypes(obj: BpfObject, kernel: KernelBtf, rawName: string): KernelTypes {
  const { log } = obj
  const name = rawName.slice(0, essentialNameLength(rawName))
  const valueName = `bpf_struct_ops_${name}`
  const value = kernel.find(valueName, BtfKind.STRUCT)
  if (value === undefined) {
    log.warn(`struct_ops init_kern: struct ${valueName} is not found in kernel BTF`)
    fail(Errno.ESRCH)
  }
  const typeId = value.btf.findByNameKind(name, BtfKind.STRUCT)
  if (typeId === undefined) {
    log.warn(`struct_ops init_kern: struct ${name} is not found in kernel BTF`)
    fail(Errno.ENOENT)
  }
  const count = value.btf.vlen(value.id)
  let dataMember = 0
  while (dataMember < count && value.btf.memberType(value.id, dataMember) !== typeId) dataMember++
  if (dataMember === count) {
    log.warn(`struct_ops init_kern: struct ${name} data is not found in struct ${valueName}`)
    fail(Errno.EINVAL)
  }
  return { btf: value.btf, typeId, valueTypeId: value.id, dataMember, objFd: value.module?.fd ?? 0 }
}

/** bpf_map__init_kern_struct_ops: the value as the kernel lays it out, and each program's attach point. */
function initMap(obj: BpfObject, btf: ObjectBtf, kernel: KernelBtf, map: BpfMap, ops: StructOps): void {
  const { log } = obj
  const kern = findTypes(obj, kernel, btf.name(ops.typeId))
  const say = (message: string): string => `struct_ops init_kern ${map.name}${message}`
  log.debug(() => say(`: type_id:${ops.typeId} kern_type_id:${kern.typeId} kern_vtype_id:${kern.valueTypeId}`))
  map.def.valueSize = kern.btf.size(kern.valueTypeId)
  map.btfVmlinuxValueTypeId = kern.valueTypeId
  const data = new Uint8Array(map.def.valueSize)
  ops.kernData = data
  const dataOff = Math.floor(kern.btf.memberBitOffset(kern.valueTypeId, kern.dataMember) / 8)
  for (let i = 0; i < btf.vlen(ops.typeId); i++) initMember(obj, btf, map, ops, kern, i, data, dataOff, say)
}

function initMember(
  obj: BpfObject,
  btf: ObjectBtf,
  map: BpfMap,
  ops: StructOps,
  kern: KernelTypes,
  i: number,
  data: Uint8Array,
  dataOff: number,
  say: (message: string) => string,
): void {
  const { log } = obj
  const name = btf.memberName(ops.typeId, i)
  const refuse = (message: string, errno: number = Errno.ENOTSUP): never => {
    log.warn(say(message))
    return fail(errno)
  }
  const off = Math.floor(btf.memberBitOffset(ops.typeId, i) / 8)
  const size = btf.resolveSize(btf.memberType(ops.typeId, i))
  if (size < 0) refuse(`: failed to resolve the size of member ${name}`, -size)
  const bytes = ops.data.subarray(off, off + size)
  const placed = ops.placed.get(off)
  let member = 0
  const count = kern.btf.vlen(kern.typeId)
  while (member < count && kern.btf.memberName(kern.typeId, member) !== name) member++
  if (member === count) {
    if (placed !== undefined || bytes.some((byte) => byte !== 0)) {
      refuse(`: Cannot find member ${name} in kernel BTF`)
    }
    const prog = ops.progs[i]
    if (prog !== undefined) {
      prog.autoload = false
      ops.progs[i] = undefined
    }
    log.info(`struct_ops ${map.name}: member ${name} not found in kernel, skipping it as it's set to zero`)
    return
  }
  if (btf.memberBitfieldSize(ops.typeId, i) !== 0 || kern.btf.memberBitfieldSize(kern.typeId, member) !== 0) {
    refuse(`: bitfield ${name} is not supported`)
  }
  const kernOff = Math.floor(kern.btf.memberBitOffset(kern.typeId, member) / 8)
  const type = btf.skipModsAndTypedefs(btf.memberType(ops.typeId, i))
  const kernType = kern.btf.skipModsAndTypedefs(kern.btf.memberType(kern.typeId, member))
  if (btf.kind(type) !== kern.btf.kind(kernType)) {
    refuse(`: Unmatched member type ${name} ${btf.kind(type)} != ${kern.btf.kind(kernType)}(kernel)`)
  }
  if (btf.kind(type) === BtfKind.PTR) {
    ops.progs[i] = placed
    if (placed === undefined) return
    if (placed.type !== ProgType.STRUCT_OPS) refuse(`: member ${name} is not a struct_ops program`)
    const target = kern.btf.skipModsAndTypedefs(kern.btf.type(kernType))
    if (kern.btf.kind(target) !== BtfKind.FUNC_PROTO) refuse(`: kernel member ${name} is not a func ptr`)
    if (kern.objFd !== 0) placed.attachBtfObjFd = kern.objFd
    if (placed.attachBtfId === 0) {
      placed.attachBtfId = kern.typeId
      placed.expectedAttachType = member
    }
    const reuse = ` func ptr ${name}: invalid reuse of prog ${placed.name} in sec ${placed.sectionName} with type ${placed.type}: `
    if (placed.attachBtfId !== kern.typeId) {
      refuse(`${reuse}attach_btf_id ${placed.attachBtfId} != kern_type_id ${kern.typeId}`, Errno.EINVAL)
    }
    if (placed.expectedAttachType !== member) {
      refuse(`${reuse}expected_attach_type ${placed.expectedAttachType} != kern_member_idx ${member}`, Errno.EINVAL)
    }
    ops.kernFuncOff[i] = dataOff + kernOff
    log.debug(() =>
      say(`: func ptr ${name} is set to prog ${placed.name} from data(+${off}) to kern_data(+${kernOff})`),
    )
    return
  }
  const kernSize = kern.btf.resolveSize(kernType) ?? -Errno.EINVAL
  if (kernSize !== size) refuse(`: Error in size of member ${name}: ${size} != ${kernSize}(kernel)`)
  log.debug(() => say(`: copy ${name} ${size} bytes from data(+${off}) to kern_data(+${kernOff})`))
  data.set(bytes, dataOff + kernOff)
}
