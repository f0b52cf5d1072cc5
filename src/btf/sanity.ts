import { Errno } from '../uapi/errno.ts'
import { BtfError } from './error.ts'
import { Kind, NR_BTF_KINDS } from './kinds.ts'
import type { Btf } from './btf.ts'

/** btf_sanity_check: what libbpf relies on, not all that the kernel wants. @throws BtfError. */
export function checkTypes(btf: Btf): void {
  for (let id = btf.startId; id < btf.typeCount; id++) checkType(btf, id)
}

function checkString(btf: Btf, off: number, what: string, id: number): void {
  if (btf.hasString(off)) return
  throw BtfError.warn(Errno.EINVAL, `btf: type [${id}]: invalid ${what} (string offset ${off})`)
}

function checkId(btf: Btf, ref: number, id: number): void {
  if (ref < btf.typeCount) return
  throw BtfError.warn(Errno.EINVAL, `btf: type [${id}]: invalid referenced type ID ${ref}`)
}

/** btf_validate_type. */
function checkType(btf: Btf, id: number): void {
  checkString(btf, btf.nameOff(id), 'type name', id)
  const kind = btf.kind(id)
  const vlen = btf.vlen(id)
  switch (kind) {
    case Kind.UNKN:
    case Kind.INT:
    case Kind.FWD:
    case Kind.FLOAT:
      return
    case Kind.ARRAY:
      checkId(btf, btf.arrayElem(id), id)
      checkId(btf, btf.arrayIndexType(id), id)
      return
    case Kind.STRUCT:
    case Kind.UNION:
      for (let i = 0; i < vlen; i++) {
        checkString(btf, btf.memberNameOff(id, i), 'field name', id)
        checkId(btf, btf.memberType(id, i), id)
      }
      return
    case Kind.ENUM:
    case Kind.ENUM64:
      for (let i = 0; i < vlen; i++) checkString(btf, btf.enumNameOff(id, i), 'enum name', id)
      return
    case Kind.FUNC:
      checkId(btf, btf.type(id), id)
      if (btf.kind(btf.type(id)) !== Kind.FUNC_PROTO) {
        const text = `btf: type [${id}]: referenced type [${btf.type(id)}] is not FUNC_PROTO`
        throw BtfError.warn(Errno.EINVAL, text)
      }
      return
    case Kind.FUNC_PROTO:
      for (let i = 0; i < vlen; i++) {
        checkString(btf, btf.paramNameOff(id, i), 'param name', id)
        checkId(btf, btf.paramType(id, i), id)
      }
      return
    case Kind.DATASEC:
      for (let i = 0; i < vlen; i++) checkId(btf, btf.secVarType(id, i), id)
      return
    default:
      if (kind < NR_BTF_KINDS) checkId(btf, btf.type(id), id)
  }
}
