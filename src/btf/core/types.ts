import { Errno } from '../../uapi/errno.ts'
import type { CoreHost } from './host.ts'
import { essentialNameLength } from '../flavors.ts'
import { Kind } from '../kinds.ts'

/** What relocations ask of BTF, the object's own or the kernel's. */
export interface TypeView {
  readonly typeCount: number
  kind(id: number): number
  kflag(id: number): boolean
  vlen(id: number): number
  size(id: number): number
  type(id: number): number
  name(id: number): string
  memberName(id: number, i: number): string
  memberType(id: number, i: number): number
  memberBitOffset(id: number, i: number): number
  memberBitfieldSize(id: number, i: number): number
  enumName(id: number, i: number): string
  enumValue(id: number, i: number): number | bigint
  arrayElem(id: number): number
  arrayLength(id: number): number
  intEncoding(id: number): number
  intOffset(id: number): number
  paramType(id: number, i: number): number
  skipModsAndTypedefs(id: number): number
}

/** Of the object's own BTF. */
export interface LocalTypes extends TypeView {
  string(off: number): string
  memberNameOff(id: number, i: number): number
}

const MAX_DEPTH = 32
export const INT_SIGNED = 1

export function isAnyEnum(kind: number): boolean {
  return kind === Kind.ENUM || kind === Kind.ENUM64
}

export function isComposite(kind: number): boolean {
  return kind === Kind.STRUCT || kind === Kind.UNION
}

/** btf_kind_core_compat. */
export function kindsAreCompatible(a: number, b: number): boolean {
  return a === b || (isAnyEnum(a) && isAnyEnum(b))
}

/** bpf_core_types_are_compat: 1 compatible, 0 not, or a negative errno. */
export function typesAreCompatible(
  local: TypeView,
  localId: number,
  target: TypeView,
  targetId: number,
  host: CoreHost,
  level = host.compatibleDepth,
): number {
  if (!kindsAreCompatible(local.kind(localId), target.kind(targetId))) return 0
  for (let depth = MAX_DEPTH; depth > 0; depth--) {
    localId = local.skipModsAndTypedefs(localId)
    targetId = target.skipModsAndTypedefs(targetId)
    const kind = local.kind(localId)
    if (!kindsAreCompatible(kind, target.kind(targetId))) return 0
    switch (kind) {
      case Kind.UNKN:
      case Kind.STRUCT:
      case Kind.UNION:
      case Kind.ENUM:
      case Kind.FWD:
      case Kind.ENUM64:
        return 1
      case Kind.INT:
        return local.intOffset(localId) === 0 && target.intOffset(targetId) === 0 ? 1 : 0
      case Kind.PTR:
        localId = local.type(localId)
        targetId = target.type(targetId)
        break
      case Kind.ARRAY:
        localId = local.arrayElem(localId)
        targetId = target.arrayElem(targetId)
        break
      case Kind.FUNC_PROTO: {
        const count = local.vlen(localId)
        if (count !== target.vlen(targetId)) return 0
        for (let i = 0; i < count; i++) {
          if (level <= 0) return -Errno.EINVAL
          const localParam = local.skipModsAndTypedefs(local.paramType(localId, i))
          const targetParam = target.skipModsAndTypedefs(target.paramType(targetId, i))
          const verdict = typesAreCompatible(local, localParam, target, targetParam, host, level - 1)
          if (verdict <= 0) return verdict
        }
        localId = local.type(localId)
        targetId = target.type(targetId)
        break
      }
      default:
        host.warn(`unexpected kind ${host.kindName(kind)} relocated, local [${localId}], target [${targetId}]`)
        return 0
    }
  }
  return -Errno.EINVAL
}

function namesMatch(local: string, target: string): boolean {
  if (target === '') return local === ''
  const length = essentialNameLength(target)
  return length === essentialNameLength(local) && local.slice(0, length) === target.slice(0, length)
}

/** bpf_core_types_match: stricter than compatible; names, members and sizes count. */
export function typesMatch(
  local: TypeView,
  localId: number,
  target: TypeView,
  targetId: number,
  host: CoreHost,
  behindPtr = false,
  level = host.matchDepth,
): number {
  if (level <= 0) return -Errno.EINVAL
  for (let depth = MAX_DEPTH; depth > 0; depth--) {
    localId = local.skipModsAndTypedefs(localId)
    targetId = target.skipModsAndTypedefs(targetId)
    if (!namesMatch(local.name(localId), target.name(targetId))) return 0
    const kind = local.kind(localId)
    const targetKind = target.kind(targetId)
    switch (kind) {
      case Kind.UNKN:
        return kind === targetKind ? 1 : 0
      case Kind.FWD: {
        const isUnion = local.kflag(localId)
        if (kind === targetKind) return isUnion === target.kflag(targetId) ? 1 : 0
        if (!behindPtr) return 0
        return targetKind === (isUnion ? Kind.UNION : Kind.STRUCT) ? 1 : 0
      }
      case Kind.ENUM:
      case Kind.ENUM64:
        return isAnyEnum(targetKind) && enumsMatch(local, localId, target, targetId) ? 1 : 0
      case Kind.STRUCT:
      case Kind.UNION:
        if (behindPtr) {
          if (kind === targetKind) return 1
          if (targetKind !== Kind.FWD) return 0
          return (kind === Kind.UNION) === target.kflag(targetId) ? 1 : 0
        }
        return kind === targetKind ? compositesMatch(local, localId, target, targetId, host, level) : 0
      case Kind.INT: {
        if (kind !== targetKind) return 0
        const signs = (local.intEncoding(localId) ^ target.intEncoding(targetId)) & INT_SIGNED
        return local.size(localId) === target.size(targetId) && signs === 0 ? 1 : 0
      }
      case Kind.PTR:
        if (kind !== targetKind) return 0
        behindPtr = true
        localId = local.type(localId)
        targetId = target.type(targetId)
        break
      case Kind.ARRAY:
        if (kind !== targetKind || local.arrayLength(localId) !== target.arrayLength(targetId)) return 0
        localId = local.arrayElem(localId)
        targetId = target.arrayElem(targetId)
        break
      case Kind.FUNC_PROTO: {
        const count = local.vlen(localId)
        if (kind !== targetKind || count !== target.vlen(targetId)) return 0
        for (let i = 0; i < count; i++) {
          const [a, b] = [local.paramType(localId, i), target.paramType(targetId, i)]
          const verdict = typesMatch(local, a, target, b, host, behindPtr, level - 1)
          if (verdict <= 0) return verdict
        }
        localId = local.type(localId)
        targetId = target.type(targetId)
        break
      }
      default:
        host.warn(`unexpected kind ${host.kindName(kind)} relocated, local [${localId}], target [${targetId}]`)
        return 0
    }
  }
  return -Errno.EINVAL
}

function enumsMatch(local: TypeView, localId: number, target: TypeView, targetId: number): boolean {
  if (local.size(localId) !== target.size(targetId) || local.vlen(localId) > target.vlen(targetId)) return false
  for (let i = 0; i < local.vlen(localId); i++) {
    const name = local.enumName(localId, i)
    let found = false
    for (let j = 0; j < target.vlen(targetId) && !found; j++) found = namesMatch(name, target.enumName(targetId, j))
    if (!found) return false
  }
  return true
}

function compositesMatch(
  local: TypeView,
  localId: number,
  target: TypeView,
  targetId: number,
  host: CoreHost,
  level: number,
): number {
  if (local.vlen(localId) > target.vlen(targetId)) return 0
  for (let i = 0; i < local.vlen(localId); i++) {
    let matched = false
    for (let j = 0; j < target.vlen(targetId) && !matched; j++) {
      if (!namesMatch(local.memberName(localId, i), target.memberName(targetId, j))) continue
      const [a, b] = [local.memberType(localId, i), target.memberType(targetId, j)]
      const verdict = typesMatch(local, a, target, b, host, false, level - 1)
      if (verdict < 0) return verdict
      matched = verdict > 0
    }
    if (!matched) return 0
  }
  return 1
}
