import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { FieldKernel } from './dtors.ts'
import { hasDestructor } from './dtors.ts'
import type { MapField } from './field-types.ts'
import { FieldType, FieldTypes, fieldMask, fieldSize } from './field-types.ts'
import type { FoundField } from './find-fields.ts'
import { findFields } from './find-fields.ts'

/**
 * btf_parse_fields: the special fields of a type, in the order of their offsets.
 * @param mask types of fields that are looked for.
 * @param valueSize bytes that there are for them.
 * @returns none where the type has none.
 * @throws KernelError.
 */
export function parseFields(
  kernel: FieldKernel,
  types: Btf,
  id: number,
  mask: number,
  valueSize: number,
): readonly MapField[] {
  const found = findFields(types, id, mask)
  let end = 0
  const fields: MapField[] = []
  for (const field of found) {
    const size = fieldSize(field.type)
    if (field.offset + size > valueSize) throw new KernelError(Errno.EFAULT)
    if (field.offset < end) throw new KernelError(Errno.EEXIST)
    end = field.offset + size
    fields.push({ type: field.type, offset: field.offset, size, ...target(kernel, types, field) })
  }
  checkTogether(fieldMask(fields))
  return fields
}

/** What one value may have side by side. */
function checkTogether(mask: number): void {
  const { SPIN_LOCK, RES_SPIN_LOCK, REFCOUNT, LIST_NODE, RB_NODE } = FieldType
  const locks = mask & (SPIN_LOCK | RES_SPIN_LOCK)
  if (locks === (SPIN_LOCK | RES_SPIN_LOCK)) throw new KernelError(Errno.EINVAL)
  if (mask & FieldTypes.GRAPH_ROOT && !locks) throw new KernelError(Errno.EINVAL)
  if (!(mask & REFCOUNT) && mask & LIST_NODE && mask & RB_NODE) throw new KernelError(Errno.EINVAL)
}

type Target = Pick<MapField, 'inVmlinux' | 'typeId' | 'nodeOffset'>

const nothing: Target = { inVmlinux: false, typeId: 0, nodeOffset: 0 }

function target(kernel: FieldKernel, types: Btf, field: FoundField): Target {
  if (field.type & (FieldTypes.KPTR | FieldType.UPTR)) return pointerTarget(kernel, types, field)
  if (field.type === FieldType.LIST_HEAD) return rootTarget(types, field, 'bpf_list_node')
  if (field.type === FieldType.RB_ROOT) return rootTarget(types, field, 'bpf_rb_node')
  return nothing
}

/** btf_parse_kptr: to a type of the kernel's, or to one that only the program has. */
function pointerTarget(kernel: FieldKernel, types: Btf, field: FoundField): Target {
  const name = types.nameOff(field.typeId) === 0 ? '(anon)' : types.name(field.typeId)
  const id = kernel.vmlinuxTypes().findOwnByNameKind(name, Kind.STRUCT)
  if (id === undefined) return { inVmlinux: false, typeId: field.typeId, nodeOffset: 0 }
  if (field.type === FieldType.KPTR_REF && !hasDestructor(kernel, name)) throw new KernelError(Errno.ENOENT)
  return { inVmlinux: true, typeId: id, nodeOffset: 0 }
}

/** Alignment of struct bpf_list_node and struct bpf_rb_node. */
const NODE_ALIGN = 8

/** btf_parse_graph_root: the node that a list's or a tree's elements hang by. */
function rootTarget(types: Btf, { typeId, nodeName }: FoundField, nodeType: string): Target {
  let nodeOffset: number | undefined
  const count = types.vlen(typeId)
  for (let i = 0; i < count; i++) {
    const name = types.memberNameOff(typeId, i) === 0 ? '(anon)' : types.memberName(typeId, i)
    if (name !== nodeName) continue
    if (nodeOffset !== undefined) throw new KernelError(Errno.EINVAL)
    const node = types.memberType(typeId, i)
    if (types.kind(node) !== Kind.STRUCT || types.name(node) !== nodeType) throw new KernelError(Errno.EINVAL)
    // The flag that is asked is the node's own.
    const raw = types.memberOffset(typeId, i)
    const bits = types.kflag(node) ? raw & 0xffffff : raw
    if (bits % (NODE_ALIGN * 8) !== 0) throw new KernelError(Errno.EINVAL)
    nodeOffset = bits / 8
  }
  if (nodeOffset === undefined) throw new KernelError(Errno.ENOENT)
  return { inVmlinux: false, typeId, nodeOffset }
}
