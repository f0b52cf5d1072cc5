import { Errno } from '../../uapi/errno.ts'
import { INT_SIGNED, isAnyEnum, isComposite, kindsAreCompatible, typesAreCompatible, typesMatch } from './types.ts'
import type { TypeView } from './types.ts'
import { CoreKind, emptySpec, isEnumvalKind, isFlexibleArray, isTypeKind, pushRaw, sizeOf } from './spec.ts'
import type { Accessor, Spec } from './spec.ts'
import { CoreError } from './host.ts'
import type { CoreHost } from './host.ts'
import { essentialNameLength } from '../flavors.ts'
import { Kind } from '../kinds.ts'

function sameEssentialName(a: string, b: string): boolean {
  const length = essentialNameLength(a)
  return length === essentialNameLength(b) && a.slice(0, length) === b.slice(0, length)
}

function positive(verdict: number): boolean {
  if (verdict < 0) throw new CoreError(-verdict)
  return verdict > 0
}

/** bpf_core_fields_are_compat. */
function fieldsAreCompatible(local: TypeView, localId: number, target: TypeView, targetId: number): boolean {
  for (let depth = 0; depth < 1024; depth++) {
    localId = local.skipModsAndTypedefs(localId)
    targetId = target.skipModsAndTypedefs(targetId)
    const kind = local.kind(localId)
    if (isComposite(kind) && isComposite(target.kind(targetId))) return true
    if (!kindsAreCompatible(kind, target.kind(targetId))) return false
    switch (kind) {
      case Kind.PTR:
      case Kind.FLOAT:
        return true
      case Kind.FWD:
      case Kind.ENUM64:
      case Kind.ENUM: {
        const [a, b] = [local.name(localId), target.name(targetId)]
        return essentialNameLength(a) === 0 || essentialNameLength(b) === 0 || sameEssentialName(a, b)
      }
      case Kind.INT:
        return local.intOffset(localId) === 0 && target.intOffset(targetId) === 0
      case Kind.ARRAY:
        localId = local.arrayElem(localId)
        targetId = target.arrayElem(targetId)
        break
      default:
        return false
    }
  }
  return false
}

/** bpf_core_match_member: finds a member by name, through anonymous ones. @returns its type's id, or undefined. */
function matchMember(local: TypeView, accessor: Accessor, spec: Spec, targetId: number, depth = 0): number | undefined {
  const target = spec.btf
  targetId = target.skipModsAndTypedefs(targetId)
  if (!isComposite(target.kind(targetId)) || depth > 64) return undefined
  const wanted = local.memberName(accessor.typeId, accessor.idx)
  for (let i = 0; i < target.vlen(targetId); i++) {
    const bitOffset = target.memberBitOffset(targetId, i)
    pushRaw(spec, i)
    spec.bitOffset += bitOffset
    const name = target.memberName(targetId, i)
    const type = target.memberType(targetId, i)
    if (name === '') {
      const found = matchMember(local, accessor, spec, type, depth + 1)
      if (found !== undefined) return found
    } else if (name === wanted) {
      // An incompatible field ends the whole search, as in libbpf.
      if (!fieldsAreCompatible(local, local.memberType(accessor.typeId, accessor.idx), target, type)) return undefined
      spec.path.push({ typeId: targetId, idx: i, name })
      return type
    }
    spec.bitOffset -= bitOffset
    spec.raw.pop()
  }
  return undefined
}

/** bpf_core_spec_match. @returns whether the candidate has what the local spec asks for; `spec` says where, as far as it was found. */
export function matchSpec(
  local: Spec,
  target: TypeView,
  targetId: number,
  host: CoreHost,
  spec = emptySpec(target, targetId, local.kind),
): { matches: boolean; spec: Spec } {
  const no = { matches: false, spec }
  if (isTypeKind(local.kind)) {
    const compare = local.kind === CoreKind.TYPE_MATCHES ? typesMatch : typesAreCompatible
    return { matches: positive(compare(local.btf, local.rootTypeId, target, targetId, host)), spec }
  }
  if (isEnumvalKind(local.kind)) {
    const id = target.skipModsAndTypedefs(targetId)
    const wanted = local.path[0]?.name ?? ''
    if (!isAnyEnum(target.kind(id))) return no
    for (let i = 0; i < target.vlen(id); i++) {
      const name = target.enumName(id, i)
      if (!sameEssentialName(wanted, name)) continue
      spec.path.push({ typeId: id, idx: i, name })
      spec.raw.push(i)
      return { matches: true, spec }
    }
    return no
  }
  let id = targetId
  for (const [i, accessor] of local.path.entries()) {
    id = target.skipModsAndTypedefs(id)
    if (accessor.name !== undefined) {
      const next = matchMember(local.btf, accessor, spec, id)
      if (next === undefined) return no
      id = next
      continue
    }
    if (i > 0) {
      if (target.kind(id) !== Kind.ARRAY) return no
      const flexible = isFlexibleArray(target, spec.path.at(-1), id)
      if (!flexible && accessor.idx >= target.arrayLength(id)) return no
      id = target.skipModsAndTypedefs(target.arrayElem(id))
    }
    pushRaw(spec, accessor.idx)
    spec.path.push({ typeId: id, idx: accessor.idx, name: undefined })
    spec.bitOffset += accessor.idx * sizeOf(target, id) * 8
  }
  return { matches: true, spec }
}

/** What a relocation wants of one side; undefined where the kernel doesn't have it, so that the code is dead. */
export interface FieldValue {
  value: bigint
  /** Bytes of the field, for loads and stores; 0 where that doesn't matter. */
  size: number
  typeId: number
  /** Whether the instruction must hold this value before it is changed. */
  validate: boolean
}

const plain = (value: number | bigint | boolean, validate = true): FieldValue => ({
  value: BigInt(value),
  size: 0,
  typeId: 0,
  validate,
})

/** bpf_core_calc_field_relo. @throws CoreError. */
export function fieldValue(
  progName: string,
  kind: number,
  insnOff: number,
  spec: Spec | undefined,
  host: CoreHost,
): FieldValue | undefined {
  if (kind === CoreKind.FIELD_EXISTS) return plain(spec !== undefined)
  const accessor = spec?.path.at(-1)
  if (spec === undefined || accessor === undefined) return undefined
  const { btf } = spec
  const insn = Math.floor(insnOff / 8)
  if (accessor.name === undefined) {
    if (kind === CoreKind.FIELD_BYTE_OFFSET) {
      const size = sizeOf(btf, innermost(btf, accessor.typeId))
      return { value: BigInt(Math.floor(spec.bitOffset / 8)), size, typeId: accessor.typeId, validate: true }
    }
    if (kind === CoreKind.FIELD_BYTE_SIZE) return plain(sizeOf(btf, accessor.typeId))
    host.warn(`prog '${progName}': relo ${kind} at insn #${insn} can't be applied to array access`)
    throw new CoreError(Errno.EINVAL)
  }
  const type = btf.skipModsAndTypedefs(btf.memberType(accessor.typeId, accessor.idx))
  const bitOff = spec.bitOffset
  let bitSize = btf.memberBitfieldSize(accessor.typeId, accessor.idx)
  const bitfield = bitSize > 0
  let byteSize: number
  let byteOff: number
  if (bitfield) {
    byteSize = btf.size(type)
    const start = (): number => Math.floor(bitOff / 8 / byteSize) * byteSize
    byteOff = start()
    while (bitOff + bitSize - byteOff * 8 > byteSize * 8) {
      if (byteSize >= 8 || byteSize === 0) {
        host.warn(`prog '${progName}': relo ${kind} at insn #${insn} can't be satisfied for bitfield`)
        throw new CoreError(Errno.E2BIG)
      }
      byteSize *= 2
      byteOff = start()
    }
  } else {
    byteSize = sizeOf(btf, type)
    byteOff = Math.floor(bitOff / 8)
    bitSize = byteSize * 8
  }
  switch (kind) {
    case CoreKind.FIELD_BYTE_OFFSET: {
      const size = bitfield ? 0 : sizeOf(btf, innermost(btf, type))
      return { value: BigInt(byteOff), size, typeId: bitfield ? 0 : type, validate: !bitfield }
    }
    case CoreKind.FIELD_BYTE_SIZE:
      return plain(byteSize, !bitfield)
    case CoreKind.FIELD_SIGNED: {
      const its = btf.kind(type)
      const signed =
        (isAnyEnum(its) && btf.kflag(type)) || (its === Kind.INT && (btf.intEncoding(type) & INT_SIGNED) !== 0)
      return plain(signed)
    }
    case CoreKind.FIELD_LSHIFT_U64:
      return plain(BigInt.asUintN(64, BigInt(64 - (bitOff + bitSize - byteOff * 8))), !bitfield)
    case CoreKind.FIELD_RSHIFT_U64:
      return plain(BigInt.asUintN(64, BigInt(64 - bitSize)))
    default:
      throw new CoreError(Errno.ENOTSUP)
  }
}

function innermost(btf: TypeView, id: number): number {
  id = btf.skipModsAndTypedefs(id)
  for (let depth = 0; btf.kind(id) === Kind.ARRAY && depth < 64; depth++) {
    id = btf.skipModsAndTypedefs(btf.arrayElem(id))
  }
  return id
}

/** bpf_core_calc_type_relo. */
export function typeValue(kind: number, spec: Spec | undefined): FieldValue {
  if (spec === undefined) return plain(0)
  switch (kind) {
    case CoreKind.TYPE_ID_TARGET:
      return plain(spec.rootTypeId, false)
    case CoreKind.TYPE_EXISTS:
    case CoreKind.TYPE_MATCHES:
      return plain(1)
    default:
      return plain(sizeOf(spec.btf, spec.rootTypeId))
  }
}

/** bpf_core_calc_enumval_relo. */
export function enumvalValue(kind: number, spec: Spec | undefined): FieldValue | undefined {
  if (kind === CoreKind.ENUMVAL_EXISTS) return plain(spec !== undefined)
  const accessor = spec?.path[0]
  if (spec === undefined || accessor === undefined) return undefined
  const value = BigInt(spec.btf.enumValue(accessor.typeId, accessor.idx))
  // The value of an enum is an s32, whatever its sign.
  const wide = spec.btf.kind(accessor.typeId) === Kind.ENUM ? BigInt.asIntN(32, value) : value
  return plain(BigInt.asUintN(64, wide))
}
