import { Kind, VarLinkage } from '../../btf/kinds.ts'
import { FuncLinkage, elementWords, fixedWords } from '../../btf/kinds.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import { refuse } from '../log.ts'
import type { BtfEnv } from './env.ts'
import { badType, logBasic, logMember, logType, logVariable } from './log-type.ts'
import { isIdentifier, isSectionName } from './names.ts'

/** What is checked of each type on its own (btf_kind_operations.check_meta). */

/** Bytes of struct btf_type. */
const TYPE_SIZE = 12
const INFO_MASK = 0x9f00ffff
const INT_MASK = 0x0fffffff
const MAX_INT_BITS = 128
const MAX_TYPE_ID = 0xfffff
/** BTF_INT_SIGNED, BTF_INT_CHAR, BTF_INT_BOOL: at most one of them. */
const encodings = [0, 1, 2, 4]

/** btf_check_all_metas: finds all types in the section. @throws KernelError. */
export function checkAllMetas(env: BtfEnv): void {
  let t = 0
  while (t * 4 < env.typeLen) {
    const words = checkMeta(env, t)
    env.add(t)
    t += words
    env.logTypeId++
  }
}

/** btf_check_meta. @returns words of the type. */
function checkMeta(env: BtfEnv, t: number): number {
  const left = env.typeLen - t * 4
  const no = (text: string) => refuse(env, Errno.EINVAL, `[${env.logTypeId}] ${text}`)
  if (left < TYPE_SIZE) no(`meta_left:${left} meta_needed:${TYPE_SIZE}`)
  const info = env.info(t)
  const kind = env.kind(t)
  // Kinds had four bits.
  const mask = env.rules.maxKind > Kind.DATASEC ? INFO_MASK : INFO_MASK & ~(1 << 28)
  if (info & ~mask) no(`Invalid btf_info:${info.toString(16)}`)
  if (kind > env.rules.maxKind || kind === Kind.UNKN) no(`Invalid kind:${kind}`)
  if (!env.hasString(env.nameOff(t))) no(`Invalid name_offset:${env.nameOff(t)}`)
  const rest = (fixedWords[kind] as number) + (elementWords[kind] as number) * env.vlen(t)
  if (left - TYPE_SIZE < rest * 4) {
    // Kinds without elements have their fixed part before anything of theirs is looked at.
    logBasic(env, t, `meta_left:${left - TYPE_SIZE} meta_needed:${rest * 4}`)
    throw new KernelError(Errno.EINVAL)
  }
  checks[kind]?.(env, t)
  return 3 + rest
}

type Check = (env: BtfEnv, t: number) => void

const checks: Readonly<Record<number, Check>> = {
  [Kind.INT]: checkInt,
  [Kind.PTR]: checkReference,
  [Kind.ARRAY]: checkArray,
  [Kind.STRUCT]: checkStruct,
  [Kind.UNION]: checkStruct,
  [Kind.ENUM]: checkEnum,
  [Kind.FWD]: checkForward,
  [Kind.TYPEDEF]: checkReference,
  [Kind.VOLATILE]: checkReference,
  [Kind.CONST]: checkReference,
  [Kind.RESTRICT]: checkReference,
  [Kind.FUNC]: checkFunc,
  [Kind.FUNC_PROTO]: checkFuncProto,
  [Kind.VAR]: checkVar,
  [Kind.DATASEC]: checkDatasec,
  [Kind.FLOAT]: checkFloat,
  [Kind.DECL_TAG]: checkDeclTag,
  [Kind.TYPE_TAG]: checkReference,
  [Kind.ENUM64]: checkEnum,
}

function noElements(env: BtfEnv, t: number): void {
  if (env.vlen(t)) badType(env, t, 'vlen != 0')
}

function noFlag(env: BtfEnv, t: number): void {
  if (env.kflag(t)) badType(env, t, 'Invalid btf_info kind_flag')
}

function mustBeNamed(env: BtfEnv, t: number): void {
  if (!env.nameOff(t) || !isIdentifier(env.strings, env.nameOff(t))) badType(env, t, 'Invalid name')
}

function mayBeNamed(env: BtfEnv, t: number): void {
  if (env.nameOff(t) && !isIdentifier(env.strings, env.nameOff(t))) badType(env, t, 'Invalid name')
}

function noName(env: BtfEnv, t: number): void {
  if (env.nameOff(t)) badType(env, t, 'Invalid name')
}

function isPowerOfTwo(n: number): boolean {
  return n !== 0 && (n & (n - 1)) === 0
}

/** btf_int_check_meta. */
function checkInt(env: BtfEnv, t: number): void {
  noElements(env, t)
  noFlag(env, t)
  const data = env.word(t, 3)
  if (data & ~INT_MASK) {
    logBasic(env, t, `Invalid int_data:${data.toString(16)}`)
    throw new KernelError(Errno.EINVAL)
  }
  const bits = (data & 0xff) + ((data >>> 16) & 0xff)
  if (bits > MAX_INT_BITS) badType(env, t, `nr_bits exceeds ${MAX_INT_BITS}`)
  if (Math.ceil(bits / 8) > env.sizeOrType(t)) badType(env, t, 'nr_bits exceeds type_size')
  if (!encodings.includes((data >>> 24) & 0xf)) badType(env, t, 'Unsupported encoding', Errno.ENOTSUPP)
  logType(env, t)
}

/** btf_ref_type_check_meta. */
function checkReference(env: BtfEnv, t: number): void {
  const kind = env.kind(t)
  noElements(env, t)
  if (kind !== Kind.TYPE_TAG) noFlag(env, t)
  if (env.sizeOrType(t) > MAX_TYPE_ID) badType(env, t, 'Invalid type_id')
  if (kind === Kind.TYPEDEF) mustBeNamed(env, t)
  else if (kind !== Kind.TYPE_TAG) noName(env, t)
  else if (env.strings[env.nameOff(t)] === 0) badType(env, t, 'Invalid name')
  logType(env, t)
}

/** btf_fwd_check_meta. */
function checkForward(env: BtfEnv, t: number): void {
  noElements(env, t)
  if (env.sizeOrType(t)) badType(env, t, 'type != 0')
  mustBeNamed(env, t)
  logType(env, t)
}

/** btf_array_check_meta. */
function checkArray(env: BtfEnv, t: number): void {
  noName(env, t)
  noElements(env, t)
  noFlag(env, t)
  if (env.sizeOrType(t)) badType(env, t, 'size != 0')
  const [elem, index] = [env.word(t, 3), env.word(t, 4)]
  if (!elem || elem > MAX_TYPE_ID) badType(env, t, 'Invalid elem')
  if (!index || index > MAX_TYPE_ID) badType(env, t, 'Invalid index')
  logType(env, t)
}

/** btf_struct_check_meta. */
function checkStruct(env: BtfEnv, t: number): void {
  mayBeNamed(env, t)
  logType(env, t)
  const isUnion = env.kind(t) === Kind.UNION
  const size = env.sizeOrType(t)
  const end = t + 3 + env.vlen(t) * 3
  let last = 0
  for (let m = t + 3; m < end; m += 3) {
    const no = (text: string) => {
      logMember(env, t, m, type, text)
      throw new KernelError(Errno.EINVAL)
    }
    const [nameOff, type, raw] = [env.word(m, 0), env.word(m, 1), env.word(m, 2)]
    if (!env.hasString(nameOff)) no(`Invalid member name_offset:${nameOff}`)
    if (nameOff && !isIdentifier(env.strings, nameOff)) no('Invalid name')
    if (!type || type > MAX_TYPE_ID) no('Invalid type_id')
    const offset = env.kflag(t) ? raw & 0xffffff : raw
    if ((isUnion && offset) || last > offset) no('Invalid member bits_offset')
    if (Math.ceil(offset / 8) > size) no('Member bits_offset exceeds its struct size')
    logMember(env, t, m, type)
    last = offset
  }
}

/** btf_enum_check_meta and btf_enum64_check_meta. */
function checkEnum(env: BtfEnv, t: number): void {
  const { log } = env
  const size = env.sizeOrType(t)
  if (size > 8 || !isPowerOfTwo(size)) badType(env, t, 'Unexpected size')
  mayBeNamed(env, t)
  logType(env, t)
  const wide = env.kind(t) === Kind.ENUM64
  const step = wide ? 3 : 2
  const end = t + 3 + env.vlen(t) * step
  for (let e = t + 3; e < end; e += step) {
    const nameOff = env.word(e, 0)
    if (!env.hasString(nameOff)) refuse(env, Errno.EINVAL, `\tInvalid name_offset:${nameOff}`)
    if (!nameOff || !isIdentifier(env.strings, nameOff)) badType(env, t, 'Invalid name')
    if (log.needed) log.write(`\t${env.name(nameOff)} val=${enumValue(env, t, e, wide)}\n`)
  }
}

function enumValue(env: BtfEnv, t: number, e: number, wide: boolean): string {
  const low = env.word(e, 1)
  if (!wide) return String(env.kflag(t) ? low | 0 : low)
  const value = (BigInt(env.word(e, 2)) << 32n) | BigInt(low)
  return String(env.kflag(t) ? BigInt.asIntN(64, value) : value)
}

/** btf_func_proto_check_meta. */
function checkFuncProto(env: BtfEnv, t: number): void {
  noName(env, t)
  noFlag(env, t)
  logType(env, t)
}

/** btf_func_check_meta. */
function checkFunc(env: BtfEnv, t: number): void {
  mustBeNamed(env, t)
  if (env.vlen(t) > FuncLinkage.GLOBAL) badType(env, t, 'Invalid func linkage')
  noFlag(env, t)
  logType(env, t)
}

/** btf_var_check_meta. */
function checkVar(env: BtfEnv, t: number): void {
  noElements(env, t)
  noFlag(env, t)
  mustBeNamed(env, t)
  const type = env.sizeOrType(t)
  if (!type || type > MAX_TYPE_ID) badType(env, t, 'Invalid type_id')
  const linkage = env.word(t, 3)
  if (linkage !== VarLinkage.STATIC && linkage !== VarLinkage.GLOBAL) badType(env, t, 'Linkage not supported')
  logType(env, t)
}

/** btf_datasec_check_meta. */
function checkDatasec(env: BtfEnv, t: number): void {
  const size = env.sizeOrType(t)
  if (!env.rules.emptySections && env.vlen(t) === 0) badType(env, t, 'vlen == 0')
  if (!size) badType(env, t, 'size == 0')
  noFlag(env, t)
  if (!env.nameOff(t) || !isSectionName(env.strings, env.nameOff(t))) badType(env, t, 'Invalid name')
  logType(env, t)
  const end = t + 3 + env.vlen(t) * 3
  let last = 0
  let sum = 0
  for (let v = t + 3; v < end; v += 3) {
    const no = (text: string) => {
      logVariable(env, t, v, text)
      throw new KernelError(Errno.EINVAL)
    }
    const [type, offset, bytes] = [env.word(v, 0), env.word(v, 1), env.word(v, 2)]
    if (!type || type > MAX_TYPE_ID) no('Invalid type_id')
    if (offset < last || offset >= size) no('Invalid offset')
    if (!bytes || bytes > size) no('Invalid size')
    last = (offset + bytes) >>> 0
    if (last > size) no('Invalid offset+size')
    logVariable(env, t, v)
    sum += bytes
  }
  if (size < sum) badType(env, t, 'Invalid btf_info size')
}

/** btf_float_check_meta. */
function checkFloat(env: BtfEnv, t: number): void {
  noElements(env, t)
  noFlag(env, t)
  if (![2, 4, 8, 12, 16].includes(env.sizeOrType(t))) badType(env, t, 'Invalid type_size')
  logType(env, t)
}

/** btf_decl_tag_check_meta. */
function checkDeclTag(env: BtfEnv, t: number): void {
  if (env.strings[env.nameOff(t)] === 0) badType(env, t, 'Invalid value')
  noElements(env, t)
  if ((env.word(t, 3) | 0) < -1) badType(env, t, 'Invalid component_idx')
  logType(env, t)
}
