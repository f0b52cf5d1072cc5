import { Errno } from '../../uapi/errno.ts'
import { BtfKind } from '../../libbpf/object-btf.ts'
import { CommandError } from '../command.ts'
import { Declarations } from './gen-sections.ts'
import type { BpfMap, BpfObject } from '../../libbpf/model.ts'
import type { Command } from '../command.ts'
import type { CText } from './gen-text.ts'
import type { ObjectBtf } from '../../libbpf/object-btf.ts'

const scalars: readonly number[] = [BtfKind.INT, BtfKind.FLOAT, BtfKind.ENUM, BtfKind.ENUM64]

/** walk_st_ops_shadow_vars: numbers and functions can be set; what else there is keeps its room. */
function shadowFields(cmd: Command, btf: ObjectBtf, typeId: number, text: CText): void {
  const decl = new Declarations(cmd, btf, text)
  let next = 0
  const sizeOf = (id: number, name: string): number => {
    const size = btf.resolveSize(id)
    if (size < 0) throw new CommandError(`Failed to resolve size of ${name}: ${size}\n`, size)
    return size
  }
  for (let i = 0; i < btf.vlen(typeId); i++) {
    const member = btf.memberType(typeId, i)
    const type = btf.skipModsAndTypedefs(member)
    const name = btf.memberName(typeId, i)
    const offset = Math.floor(btf.memberBitOffset(typeId, i) / 8)
    if (next < offset) text.put(`\t\t\tchar __padding_${i}[${offset - next}];\n`)
    if (scalars.includes(btf.kind(type))) {
      text.put('\t\t\t')
      decl.put(type, name, 3, false)
      text.put(';\n')
      next = offset + sizeOf(type, name)
    } else if (isFuncPointer(btf, type)) {
      text.put(`\t\t\tstruct bpf_program *${name};\n`)
      next = offset + 8
    } else {
      const size = sizeOf(type, name)
      text.put(`\t\t\tchar __unsupported_${i}[${size}];\n`)
      next = offset + size
    }
  }
  const size = btf.resolveSize(typeId)
  if (next < size) text.put(`\t\t\tchar __padding_end[${size - next}];\n`)
}

/** resolve_func_ptr. */
function isFuncPointer(btf: ObjectBtf, type: number): boolean {
  return btf.kind(type) === BtfKind.PTR && btf.kind(btf.skipModsAndTypedefs(btf.type(type))) === BtfKind.FUNC_PROTO
}

export function structOpsMaps(obj: BpfObject): BpfMap[] {
  return obj.maps.filter((map) => map.isStructOps)
}

/** gen_st_ops_shadow: the values of struct_ops maps as structs that user space may change before it loads them. */
export function structOpsShadows(cmd: Command, obj: BpfObject, name: string, text: CText): void {
  const { btf } = obj
  const maps = structOpsMaps(obj)
  if (btf === undefined || maps.length === 0) return
  text.put('\tstruct {\n')
  for (const { shownName, btfValueTypeId: typeId } of maps) {
    if (typeId === 0) throw new CommandError('', -Errno.EINVAL)
    text.put(`\t\tstruct ${name}__${shownName}__${btf.name(typeId)} {\n`)
    shadowFields(cmd, btf, typeId, text)
    text.put(`\t\t} *${shownName};\n`)
  }
  text.put('\t} struct_ops;\n')
}

/** gen_st_ops_shadow_init. */
export function structOpsInit(obj: BpfObject, text: CText): void {
  if (obj.btf === undefined) return
  for (const { shownName } of structOpsMaps(obj)) {
    text.put(`\tobj->struct_ops.${shownName} = (__typeof__(obj->struct_ops.${shownName}))
\t\tbpf_map__initial_value(obj->maps.${shownName}, NULL);

`)
  }
}
