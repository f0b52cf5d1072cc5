import { Errno } from '../uapi/errno.ts'
import { BtfError } from './error.ts'
import { Kind, NR_BTF_KINDS } from './kinds.ts'
import type { Reach } from './parse.ts'

/** What is checked: one BTF's own types, whose ids and string offsets may lie in its base. */
export interface Checked {
  words: Uint32Array
  /** By own type, from [1]. */
  offsets: Uint32Array
  startId: number
  typeCount: number
  stringsEnd: number
  /** The kind of any type. */
  kind(id: number): number
}

/**
 * btf_sanity_check: what libbpf relies on, not all that the kernel wants. Types whose reach is good enough needn't be gone
 * through again.
 * @throws BtfError.
 */
export function checkTypes(btf: Checked, reach: Reach): void {
  if (reach.nameOff < btf.stringsEnd && reach.ref < btf.typeCount && reach.prototyped) return
  const { words, offsets, startId, typeCount, stringsEnd } = btf
  for (let i = 1; i < offsets.length; i++) {
    const at = offsets[i] as number
    const info = words[at + 1] as number
    const kind = (info >>> 24) & 0x7f
    const nameOff = words[at] as number
    const ref = words[at + 2] as number
    const id = startId + i - 1
    if (nameOff >= stringsEnd) throw badString(id, 'type name', nameOff)
    switch (kind) {
      case Kind.UNKN:
      case Kind.INT:
      case Kind.FWD:
      case Kind.FLOAT:
        break
      case Kind.ARRAY:
        checkElements(btf, at + 3, at + 5, 1, -1, 0, '', id)
        break
      case Kind.STRUCT:
      case Kind.UNION:
        checkElements(btf, at + 3, at + 3 + (info & 0xffffff) * 3, 3, 0, 1, 'field name', id)
        break
      case Kind.ENUM:
        checkElements(btf, at + 3, at + 3 + (info & 0xffffff) * 2, 2, 0, -1, 'enum name', id)
        break
      case Kind.ENUM64:
        checkElements(btf, at + 3, at + 3 + (info & 0xffffff) * 3, 3, 0, -1, 'enum name', id)
        break
      case Kind.FUNC_PROTO:
        checkElements(btf, at + 3, at + 3 + (info & 0xffffff) * 2, 2, 0, 1, 'param name', id)
        break
      case Kind.DATASEC:
        checkElements(btf, at + 3, at + 3 + (info & 0xffffff) * 3, 3, -1, 0, '', id)
        break
      default:
        // Kinds that only a layout section tells of refer to nothing that is known.
        if (kind >= NR_BTF_KINDS) break
        if (ref >= typeCount) throw badId(id, ref)
        if (kind === Kind.FUNC && btf.kind(ref) !== Kind.FUNC_PROTO) {
          throw BtfError.warn(Errno.EINVAL, `btf: type [${id}]: referenced type [${ref}] is not FUNC_PROTO`)
        }
    }
  }
}

/** Elements of `step` words with a string offset at `nameAt` and a type id at `refAt`; -1: none. */
function checkElements(
  { words, typeCount, stringsEnd }: Checked,
  from: number,
  to: number,
  step: number,
  nameAt: number,
  refAt: number,
  what: string,
  id: number,
): void {
  for (let m = from; m < to; m += step) {
    if (nameAt >= 0 && (words[m + nameAt] as number) >= stringsEnd) {
      throw badString(id, what, words[m + nameAt] as number)
    }
    if (refAt >= 0 && (words[m + refAt] as number) >= typeCount) throw badId(id, words[m + refAt] as number)
  }
}

function badString(id: number, what: string, off: number): BtfError {
  return BtfError.warn(Errno.EINVAL, `btf: type [${id}]: invalid ${what} (string offset ${off})`)
}

function badId(id: number, ref: number): BtfError {
  return BtfError.warn(Errno.EINVAL, `btf: type [${id}]: invalid referenced type ID ${ref}`)
}
