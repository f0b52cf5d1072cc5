import { Errno } from '../uapi/errno.ts'
import { MapFlag } from '../uapi/flags.ts'
import { MapType } from '../uapi/map-type.ts'
import { LibbpfErrno, LibbpfError } from './error.ts'
import { SecUse } from './model.ts'
import type { BpfObject, ElfState, SecDesc } from './model.ts'
import { BtfKind } from './object-btf.ts'

/** bpf_object_init_struct_ops: each variable of a `.struct_ops` section is a map. */
export function initStructOps(obj: BpfObject, state: ElfState): void {
  for (const desc of state.descs) {
    if (desc?.use !== SecUse.ST_OPS) continue
    const name = state.elf.sectionName(desc.section)
    if (name === undefined) throw new LibbpfError(LibbpfErrno.FORMAT)
    initSection(obj, name, desc)
  }
}

/** init_struct_ops_maps. */
function initSection(obj: BpfObject, secName: string, desc: SecDesc): void {
  const { btf, log } = obj
  const refuse = (message: string, errno: number = Errno.EINVAL): never => {
    log.warn(`struct_ops init: ${message}`)
    throw new LibbpfError(errno)
  }
  if (btf === undefined) return
  const secId = btf.findByNameKind(secName, BtfKind.DATASEC) ?? refuse(`DATASEC ${secName} not found`)
  let name = secName
  for (let i = 0; i < btf.vlen(secId); i++) {
    const varId = btf.secVarType(secId, i)
    const offset = btf.secVarOffset(secId, i)
    const varName = btf.name(varId)
    const typeId = btf.resolveType(varId) ?? refuse(`Cannot resolve var type_id ${varId} in DATASEC ${name}`)
    const typeName = btf.name(typeId)
    if (typeName === '') refuse('anonymous type is not supported', Errno.ENOTSUP)
    if (btf.kind(typeId) !== BtfKind.STRUCT) refuse(`${typeName} is not a struct`)
    const map = obj.addMap(varName)
    map.secIdx = desc.section.index
    map.secOffset = offset
    map.btfValueTypeId = typeId
    if (name.startsWith('?')) {
      map.autocreate = false
      name = name.slice(1)
    }
    const size = btf.size(typeId)
    map.def = {
      type: MapType.STRUCT_OPS,
      keySize: 4,
      valueSize: size,
      maxEntries: 1,
      mapFlags: name === '.struct_ops.link' ? MapFlag.LINK : 0,
    }
    if (offset + size > desc.data.length) refuse(`var ${varName} is beyond the end of DATASEC ${name}`)
    map.structOps = {
      typeId,
      data: desc.data.slice(offset, offset + size),
      progs: [],
      placed: new Map(),
      kernData: undefined,
      kernFuncOff: [],
    }
    log.debug(() => `struct_ops init: struct ${typeName}(type_id=${typeId}) ${varName} found at offset ${offset}`)
  }
}
