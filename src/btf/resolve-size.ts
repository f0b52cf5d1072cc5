import { Errno } from '../uapi/errno.ts'
import { Kind } from './kinds.ts'

/** libbpf goes no deeper behind modifiers and arrays. */
export const MAX_RESOLVE_DEPTH = 32
const UINT32_MAX = 0xffff_ffff

/** What sizes are found with: any form of BTF. */
export interface SizedTypes {
  kind(id: number): number
  size(id: number): number
  type(id: number): number
  arrayElem(id: number): number
  arrayLength(id: number): number
}

/** btf__resolve_size: bytes of a value of the type, or a negative errno. */
export function resolveSize(types: SizedTypes, id: number, pointerBytes = 8): number {
  let elements = 1
  for (let depth = 0; depth < MAX_RESOLVE_DEPTH; depth++) {
    switch (types.kind(id)) {
      case Kind.INT:
      case Kind.STRUCT:
      case Kind.UNION:
      case Kind.ENUM:
      case Kind.ENUM64:
      case Kind.DATASEC:
      case Kind.FLOAT:
        return times(elements, types.size(id))
      case Kind.PTR:
        return times(elements, pointerBytes)
      case Kind.TYPEDEF:
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.VAR:
      case Kind.DECL_TAG:
      case Kind.TYPE_TAG:
        id = types.type(id)
        break
      case Kind.ARRAY:
        elements = times(elements, types.arrayLength(id))
        if (elements < 0) return elements
        id = types.arrayElem(id)
        break
      default:
        return -Errno.EINVAL
    }
  }
  return -Errno.EINVAL
}

function times(elements: number, size: number): number {
  const product = elements * size
  return product > UINT32_MAX ? -Errno.E2BIG : product
}
