import type { Syscalls } from '../kernel/syscall.ts'
import { objectSupports } from './features.ts'
import type { Feature } from './features.ts'
import { silent } from './log.ts'
import type { BpfObject } from './model.ts'
import { BtfKind, ObjectBtf } from './object-btf.ts'

/** Kinds of types that kernels after 5.10 brought, and the feature that libbpf asks for. */
const later: readonly (readonly [kind: number, feature: Feature])[] = [
  [BtfKind.FLOAT, 'btfFloat'],
  [BtfKind.DECL_TAG, 'btfDeclTag'],
  [BtfKind.TYPE_TAG, 'btfTypeTag'],
  [BtfKind.ENUM64, 'btfEnum64'],
]

/**
 * bpf_object__sanitize_btf: the object's types as an older kernel takes them, each unknown kind in the guise of one of the
 * same size. The object keeps its own.
 */
export function sanitizedBtf(obj: BpfObject, sys: Syscalls, btf: ObjectBtf): ObjectBtf {
  const missing = new Set(later.flatMap(([kind, feature]) => (objectSupports(obj, sys, feature) ? [] : kind)))
  if (missing.size === 0) return btf
  const copy = ObjectBtf.parse(btf.rawData().slice(), silent)
  let placeholder = 0
  const count = copy.typeCount
  for (let id = 1; id < count; id++) {
    const kind = copy.kind(id)
    if (kind === BtfKind.ENUM && missing.has(BtfKind.ENUM64)) copy.setKind(id, kind, copy.vlen(id), true)
    if (!missing.has(kind)) continue
    switch (kind) {
      case BtfKind.DECL_TAG:
        // One byte: more could be too much where it stands.
        copy.setKind(id, BtfKind.INT, 0, true)
        copy.setSize(id, 1)
        copy.setExtra(id, 8)
        break
      case BtfKind.FLOAT:
        copy.setKind(id, BtfKind.STRUCT, 0, false)
        break
      case BtfKind.TYPE_TAG:
        copy.setKind(id, BtfKind.CONST, 0, false)
        break
      default: {
        placeholder ||= copy.addInt('enum64_placeholder', 1)
        const vlen = copy.vlen(id)
        copy.setKind(id, BtfKind.UNION, vlen, true)
        for (let i = 0; i < vlen; i++) copy.setMember(id, i, placeholder, 0)
      }
    }
  }
  return copy
}
