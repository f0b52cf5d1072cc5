import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { FieldKernel } from './dtors.ts'
import type { MapField } from './field-types.ts'
import { FieldType, FieldTypes, fieldMask } from './field-types.ts'
import { parseFields } from './fields.ts'
import { findPointer } from './find-fields.ts'

/** Structs whose presence makes a struct one with special fields (alloc_obj_fields). */
const special = ['bpf_spin_lock', 'bpf_list_head', 'bpf_list_node', 'bpf_rb_root', 'bpf_rb_node', 'bpf_refcount']

const WANTED =
  FieldType.SPIN_LOCK |
  FieldType.RES_SPIN_LOCK |
  FieldType.LIST_HEAD |
  FieldType.LIST_NODE |
  FieldType.RB_ROOT |
  FieldType.RB_NODE |
  FieldType.REFCOUNT |
  FieldTypes.KPTR

const PAGE_SIZE = 4096

/** Structs of a BTF that have special fields, for what programs allocate of them (struct btf_struct_metas). */
export class StructMetas {
  readonly #records = new Map<number, readonly MapField[]>()

  /** btf_parse_struct_metas. @throws KernelError. */
  constructor(types: Btf, kernel: FieldKernel) {
    const members = specialTypes(types)
    if (members.size === 0) return
    for (let id = 1; id < types.typeCount; id++) {
      if (types.kind(id) !== Kind.STRUCT || !hasMemberOf(types, id, members)) continue
      const fields = parseFields(kernel, types, id, WANTED, types.size(id))
      if (fields.length === 0) throw new KernelError(Errno.EFAULT)
      this.#records.set(id, fields)
    }
  }

  /** btf_find_struct_meta. */
  get(id: number): readonly MapField[] | undefined {
    return this.#records.get(id)
  }

  /** btf_check_and_fixup_fields of all of them. @throws KernelError. */
  check(types: Btf): void {
    for (const fields of this.#records.values()) checkOwnership(types, this, fields)
  }
}

/** Type ids that a member must have to be looked at: the special structs, and tagged pointers. */
function specialTypes(types: Btf): ReadonlySet<number> {
  const found = new Set<number>()
  for (const name of special) {
    const id = types.findOwnByNameKind(name, Kind.STRUCT)
    if (id !== undefined) found.add(id)
  }
  for (let id = 1; id < types.typeCount; id++) {
    if (types.kind(id) !== Kind.PTR && types.kind(id) !== Kind.VOLATILE) continue
    if (isTaggedPointer(types, id)) found.add(id)
  }
  return found
}

function isTaggedPointer(types: Btf, id: number): boolean {
  try {
    return findPointer(types, id, FieldTypes.KPTR) !== undefined
  } catch (error) {
    if (error instanceof KernelError) return false
    throw error
  }
}

function hasMemberOf(types: Btf, id: number, members: ReadonlySet<number>): boolean {
  const count = types.vlen(id)
  for (let i = 0; i < count; i++) if (members.has(types.memberType(id, i))) return true
  return false
}

/**
 * btf_check_and_fixup_fields: what is in a list or a tree may have lists and trees itself, but no further ones in
 * those; and user memory that is pointed to must fit on a page.
 * @throws KernelError.
 */
export function checkOwnership(types: Btf, metas: StructMetas, fields: readonly MapField[]): void {
  const mask = fieldMask(fields)
  for (const { type, inVmlinux, typeId } of fields) {
    if (type === FieldType.UPTR) {
      if (inVmlinux || types.size(typeId) === 0) throw new KernelError(Errno.EINVAL)
      if (types.size(typeId) > PAGE_SIZE) throw new KernelError(Errno.E2BIG)
    } else if (type & FieldTypes.GRAPH_ROOT) {
      const owned = metas.get(typeId)
      if (!owned) throw new KernelError(Errno.EFAULT)
      if (mask & FieldTypes.GRAPH_NODE && fieldMask(owned) & FieldTypes.GRAPH_ROOT) throw new KernelError(Errno.ELOOP)
    }
  }
}
