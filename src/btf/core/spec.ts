import { Errno } from '../../uapi/errno.ts'
import { isAnyEnum, isComposite } from './types.ts'
import type { LocalTypes, TypeView } from './types.ts'
import { CoreError } from './host.ts'
import type { CoreHost } from './host.ts'
import { Kind } from '../kinds.ts'
import { resolveSize } from '../resolve-size.ts'

/** enum bpf_core_relo_kind. */
export const CoreKind = {
  FIELD_BYTE_OFFSET: 0,
  FIELD_BYTE_SIZE: 1,
  FIELD_EXISTS: 2,
  FIELD_SIGNED: 3,
  FIELD_LSHIFT_U64: 4,
  FIELD_RSHIFT_U64: 5,
  TYPE_ID_LOCAL: 6,
  TYPE_ID_TARGET: 7,
  TYPE_EXISTS: 8,
  TYPE_SIZE: 9,
  ENUMVAL_EXISTS: 10,
  ENUMVAL_VALUE: 11,
  TYPE_MATCHES: 12,
} as const

const kindNames = [
  'byte_off',
  'byte_sz',
  'field_exists',
  'signed',
  'lshift_u64',
  'rshift_u64',
  'local_type_id',
  'target_type_id',
  'type_exists',
  'type_size',
  'enumval_exists',
  'enumval_value',
  'type_matches',
]

export function coreKindName(kind: number): string {
  return kindNames[kind] ?? 'unknown'
}

export function isFieldKind(kind: number): boolean {
  return kind <= CoreKind.FIELD_RSHIFT_U64
}

export function isTypeKind(kind: number): boolean {
  return (kind >= CoreKind.TYPE_ID_LOCAL && kind <= CoreKind.TYPE_SIZE) || kind === CoreKind.TYPE_MATCHES
}

export function isEnumvalKind(kind: number): boolean {
  return kind === CoreKind.ENUMVAL_EXISTS || kind === CoreKind.ENUMVAL_VALUE
}

/** struct bpf_core_relo. */
export interface CoreRelo {
  insnOff: number
  typeId: number
  accessStrOff: number
  kind: number
}

const SPEC_MAX_LEN = 64
/** Bytes of the buffers that messages show a spec from. */
const SPEC_BUFFER = 256

export interface Accessor {
  typeId: number
  idx: number
  /** Of the member; undefined for an array's element. */
  name: string | undefined
}

/** struct bpf_core_spec: a path from a type to one of its fields or enumerators. */
export interface Spec {
  btf: TypeView
  rootTypeId: number
  kind: number
  path: Accessor[]
  /** Indices with anonymous members in between. */
  raw: number[]
  bitOffset: number
}

export function emptySpec(btf: TypeView, rootTypeId: number, kind: number): Spec {
  return { btf, rootTypeId, kind, path: [], raw: [], bitOffset: 0 }
}

export function pushRaw(spec: Spec, index: number): void {
  if (spec.raw.length === SPEC_MAX_LEN) throw new CoreError(Errno.E2BIG)
  spec.raw.push(index)
}

/** btf__resolve_size, for either BTF. @throws CoreError. */
export function sizeOf(btf: TypeView, id: number): number {
  const size = resolveSize(btf, id)
  if (size < 0) throw new CoreError(-size)
  return size
}

/** is_flex_arr: an array without a length that ends a struct may be indexed at will. */
export function isFlexibleArray(btf: TypeView, accessor: Accessor | undefined, arrayId: number): boolean {
  if (accessor?.name === undefined || btf.arrayLength(arrayId) > 0) return false
  return accessor.idx === btf.vlen(accessor.typeId) - 1
}

/** bpf_core_parse_spec. @throws CoreError. */
export function parseSpec(progName: string, btf: LocalTypes, relo: CoreRelo, host: CoreHost): Spec {
  const bad = (): never => {
    throw new CoreError(Errno.EINVAL)
  }
  const text = btf.string(relo.accessStrOff)
  if (text === '' || text.startsWith(':')) bad()
  const spec = emptySpec(btf, relo.typeId, relo.kind)
  if (isTypeKind(relo.kind)) return text === '0' ? spec : bad()
  for (let rest = text; rest !== '';) {
    const match = /^:?\s*([+-]?\d+)/.exec(rest) ?? bad()
    const index = Number(match[1]) | 0
    if (index < 0) bad()
    pushRaw(spec, index)
    rest = rest.slice(match[0].length)
  }
  let id = btf.skipModsAndTypedefs(relo.typeId)
  const first = spec.raw[0] ?? bad()
  spec.path.push({ typeId: id, idx: first, name: undefined })
  if (isEnumvalKind(relo.kind)) {
    if (!isAnyEnum(btf.kind(id)) || spec.raw.length > 1 || first >= btf.vlen(id)) bad()
    spec.path[0] = { typeId: id, idx: first, name: btf.enumName(id, first) }
    return spec
  }
  if (!isFieldKind(relo.kind)) bad()
  spec.bitOffset = first * sizeOf(btf, id) * 8
  for (let i = 1; i < spec.raw.length; i++) {
    id = btf.skipModsAndTypedefs(id)
    const index = spec.raw[i] as number
    const kind = btf.kind(id)
    if (isComposite(kind)) {
      if (index >= btf.vlen(id)) bad()
      spec.bitOffset += btf.memberBitOffset(id, index)
      const name = btf.memberName(id, index)
      if (name === '' && btf.memberNameOff(id, index) !== 0) bad()
      if (name !== '') spec.path.push({ typeId: id, idx: index, name })
      id = btf.memberType(id, index)
    } else if (kind === Kind.ARRAY) {
      const flexible = isFlexibleArray(btf, spec.path.at(-1), id)
      if (!flexible && index >= btf.arrayLength(id)) bad()
      id = btf.skipModsAndTypedefs(btf.arrayElem(id))
      spec.path.push({ typeId: id, idx: index, name: undefined })
      spec.bitOffset += index * sizeOf(btf, id) * 8
    } else {
      host.warn(
        `prog '${progName}': relo for [${relo.typeId}] ${text.split(':').slice(spec.raw.length).join(':')} ` +
          `(at idx ${i}) captures type [${id}] of unexpected kind ${host.kindName(kind)}`,
      )
      bad()
    }
  }
  return spec
}

/** What messages show of a spec: as much as their buffer takes. */
export function shownSpec(host: CoreHost, spec: Spec): string {
  return formatSpec(host, spec).slice(0, SPEC_BUFFER - 1)
}

/** bpf_core_format_spec. */
export function formatSpec(host: CoreHost, spec: Spec): string {
  const { btf, rootTypeId } = spec
  const name = btf.name(rootTypeId)
  const head = `<${coreKindName(spec.kind)}> [${rootTypeId}] ${host.kindName(btf.kind(rootTypeId))} ${name === '' ? '<anon>' : name}`
  if (isTypeKind(spec.kind)) return head
  if (isEnumvalKind(spec.kind)) {
    const id = btf.skipModsAndTypedefs(rootTypeId)
    const index = spec.raw[0] ?? 0
    if (!isAnyEnum(btf.kind(id)) || index >= btf.vlen(id)) return head
    const value = BigInt(btf.enumValue(id, index))
    const bits = btf.kind(id) === Kind.ENUM ? 32 : 64
    const shown = btf.kflag(id) ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)
    return `${head}::${btf.enumName(id, index)} = ${shown}`
  }
  const fields = spec.path.map(({ name: field, idx }, i) => {
    if (field !== undefined) return `.${field}`
    return i > 0 || idx > 0 ? `[${idx}]` : ''
  })
  const bits = spec.bitOffset % 8
  const at = `${Math.floor(spec.bitOffset / 8)}${bits ? `.${bits}` : ''}`
  return `${head}${fields.join('')} (${spec.raw.join(':')} @ offset ${at})`
}
