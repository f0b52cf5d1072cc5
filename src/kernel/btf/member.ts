import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { BtfEnv } from './env.ts'
import { POINTER_SIZE, isModifier } from './env.ts'
import { logMember } from './log-type.ts'

/** Whether a struct's members fit into it (btf_kind_operations.check_member and check_kflag_member). */

const U32_MAX = 0xffffffff
const MAX_COPY_BITS = 128
/** Enumerations in bit fields are as wide as an int, whatever their size. */
const INT_BITS = 32

/** A member of a struct, and the type that it is taken for. */
interface Member {
  readonly struct: number
  /** Where its struct btf_member is. */
  readonly at: number
  readonly typeId: number
  readonly type: number
}

/** @param type what the id stands for; it is resolved. @throws KernelError. */
export function checkMember(env: BtfEnv, struct: number, at: number, typeId: number, type: number): void {
  if (!isModifier(env.kind(type))) {
    check(env, { struct, at, typeId, type })
    return
  }
  const resolved = env.idSize(typeId)
  if (!resolved) bad(env, { struct, at, typeId, type }, 'Invalid member')
  check(env, { struct, at, typeId: resolved.id, type: resolved.t })
}

function bad(env: BtfEnv, { struct, at, typeId }: Member, text: string): never {
  logMember(env, struct, at, typeId, text)
  throw new KernelError(Errno.EINVAL)
}

function check(env: BtfEnv, member: Member): void {
  const kind = env.kind(member.type)
  const flagged = env.kflag(member.struct)
  const raw = env.word(member.at, 2)
  if (kind === Kind.INT) {
    if (flagged) checkIntField(env, member, raw)
    else checkInt(env, member, raw)
  } else if (flagged && (kind === Kind.ENUM || kind === Kind.ENUM64)) {
    checkEnumField(env, member, raw)
  } else {
    if (flagged && raw >>> 24) bad(env, member, 'Invalid member bitfield_size')
    if (kind === Kind.FLOAT) checkFloat(env, member, raw)
    else checkBytes(env, member, raw)
  }
}

/** btf_int_check_member. */
function checkInt(env: BtfEnv, member: Member, raw: number): void {
  const data = env.word(member.type, 3)
  const intOffset = (data >>> 16) & 0xff
  if (U32_MAX - raw < intOffset) bad(env, member, 'bits_offset exceeds U32_MAX')
  checkBits(env, member, raw + intOffset, data & 0xff)
}

/** btf_int_check_kflag_member. */
function checkIntField(env: BtfEnv, member: Member, raw: number): void {
  if (!env.isRegularInt(member.type)) bad(env, member, 'Invalid member base type')
  const bits = env.word(member.type, 3) & 0xff
  const fieldBits = raw >>> 24
  const offset = raw & 0xffffff
  if (!fieldBits && offset & 7) bad(env, member, 'Invalid member offset')
  if (fieldBits > bits) bad(env, member, 'Invalid member bitfield_size')
  checkBits(env, member, offset, fieldBits || bits)
}

function checkBits(env: BtfEnv, member: Member, offset: number, bits: number): void {
  const size = env.sizeOrType(member.struct)
  const bytes = offset >>> 3
  const copied = bits + (offset & 7)
  if (copied > MAX_COPY_BITS) bad(env, member, 'nr_copy_bits exceeds 128')
  if (size < bytes || size - bytes < Math.ceil(copied / 8)) bad(env, member, 'Member exceeds struct_size')
}

/** btf_enum_check_kflag_member. */
function checkEnumField(env: BtfEnv, member: Member, raw: number): void {
  const fieldBits = raw >>> 24
  const offset = raw & 0xffffff
  if (!fieldBits && offset & 7) bad(env, member, 'Member is not byte aligned')
  if (fieldBits > INT_BITS) bad(env, member, 'Invalid member bitfield_size')
  const end = Math.ceil((offset + (fieldBits || INT_BITS)) / 8)
  if (env.sizeOrType(member.struct) < end) bad(env, member, 'Member exceeds struct_size')
}

/** btf_float_check_member. */
function checkFloat(env: BtfEnv, member: Member, raw: number): void {
  const size = env.sizeOrType(member.type)
  if (raw % (Math.min(POINTER_SIZE, size) * 8) !== 0) bad(env, member, 'Member is not properly aligned')
  if ((raw >>> 3) + size > env.sizeOrType(member.struct)) bad(env, member, 'Member exceeds struct_size')
}

/** The check_member of pointers, arrays, structs, unions and enumerations. */
function checkBytes(env: BtfEnv, member: Member, raw: number): void {
  if (raw & 7) bad(env, member, 'Member is not byte aligned')
  const size = env.idSize(member.typeId)?.size ?? 0
  if ((env.sizeOrType(member.struct) - (raw >>> 3)) >>> 0 < size) bad(env, member, 'Member exceeds struct_size')
}
