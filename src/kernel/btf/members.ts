import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'

/** Where members of the kernel's own structs are, as its BTF has them. */

export interface Place {
  readonly offset: number
  readonly size: number
}

const perBtf = new WeakMap<Btf, Map<string, Place | undefined>>()

/** @param path a struct's name and a member's, `sk_buff.dev`; members of members by more dots. */
export function findMember(btf: Btf, path: string): Place | undefined {
  let known = perBtf.get(btf)
  if (!known) perBtf.set(btf, (known = new Map<string, Place | undefined>()))
  if (!known.has(path)) known.set(path, look(btf, path))
  return known.get(path)
}

function look(btf: Btf, path: string): Place | undefined {
  const [struct = '', ...names] = path.split('.')
  let id = btf.findByNameKind(struct, Kind.STRUCT)
  let offset = 0
  for (const name of names) {
    const found = id === undefined ? undefined : within(btf, id, name)
    if (!found) return undefined
    offset += found.offset
    id = found.type
  }
  return id === undefined ? undefined : { offset, size: btf.resolveSize(id) ?? 0 }
}

/** A member of a struct, or of a nameless struct or union in it. */
function within(btf: Btf, struct: number, name: string): { offset: number; type: number } | undefined {
  const id = btf.skipModsAndTypedefs(struct)
  for (let i = 0; i < btf.vlen(id); i++) {
    const type = btf.memberType(id, i)
    const offset = btf.memberBitOffset(id, i) >>> 3
    const own = btf.memberName(id, i)
    if (own === name) return { offset, type }
    if (own !== '') continue
    const inner = within(btf, type, name)
    if (inner) return { offset: offset + inner.offset, type: inner.type }
  }
  return undefined
}
