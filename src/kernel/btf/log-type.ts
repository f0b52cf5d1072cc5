import { IntEncoding, Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { BtfEnv } from './env.ts'
import { isStructOrUnion } from './env.ts'
import { kindNames } from '../../btf/kinds.ts'

/** How the log shows types and their parts. Each `write` is one of the kernel's, for a long name is cut in each. */

/** btf_verifier_log_type: a type with its details, and what is wrong with it. */
export function logType(env: BtfEnv, t: number, text = ''): void {
  const { log } = env
  if (!log.needed) return
  log.write(`[${env.logTypeId}] ${kindNames[env.kind(t)]} ${env.name(env.nameOff(t))} `)
  logDetails(env, t)
  if (text !== '') {
    log.write(' ')
    log.write(text)
  }
  log.write('\n')
}

/** btf_verifier_log_basic: without details. */
export function logBasic(env: BtfEnv, t: number, text: string): void {
  const { log } = env
  if (!log.needed) return
  log.write(`[${env.logTypeId}] ${kindNames[env.kind(t)]} ${env.name(env.nameOff(t))}`)
  log.write(' ')
  log.write(text)
  log.write('\n')
}

/** btf_verifier_log_member. @param type id that is shown as the member's. */
export function logMember(env: BtfEnv, struct: number, member: number, type: number, text = ''): void {
  const { log } = env
  if (!log.needed) return
  if (env.resolving) logType(env, struct)
  const name = env.name(env.word(member, 0))
  const offset = env.word(member, 2)
  if (env.kflag(struct)) {
    log.write(`\t${name} type_id=${type} bitfield_size=${offset >>> 24} bits_offset=${offset & 0xffffff}`)
  } else {
    log.write(`\t${name} type_id=${type} bits_offset=${offset}`)
  }
  if (text !== '') {
    log.write(' ')
    log.write(text)
  }
  log.write('\n')
}

/** btf_verifier_log_vsi. @param variable where its struct btf_var_secinfo is. */
export function logVariable(env: BtfEnv, section: number, variable: number, text = ''): void {
  const { log } = env
  if (!log.needed) return
  if (env.resolving) logType(env, section)
  const [type, offset, size] = [env.word(variable, 0), env.word(variable, 1), env.word(variable, 2)]
  log.write(`\t type_id=${type} offset=${offset} size=${size}`)
  if (text !== '') {
    log.write(' ')
    log.write(text)
  }
  log.write('\n')
}

/** Refuses BTF for one of its types. */
export function badType(env: BtfEnv, t: number, text: string, errno: number = Errno.EINVAL): never {
  logType(env, t, text)
  throw new KernelError(errno)
}

/** btf_kind_operations.log_details. */
function logDetails(env: BtfEnv, t: number): void {
  const { log } = env
  const kind = env.kind(t)
  const ref = env.sizeOrType(t)
  if (kind === Kind.INT) {
    const data = env.word(t, 3)
    log.write(`size=${ref} bits_offset=${(data >>> 16) & 0xff} nr_bits=${data & 0xff} encoding=${encodingName(data)}`)
  } else if (isStructOrUnion(kind) || kind === Kind.ENUM || kind === Kind.ENUM64 || kind === Kind.DATASEC) {
    log.write(`size=${ref} vlen=${env.vlen(t)}`)
  } else if (kind === Kind.ARRAY) {
    log.write(`type_id=${env.word(t, 3)} index_type_id=${env.word(t, 4)} nr_elems=${env.word(t, 5)}`)
  } else if (kind === Kind.FWD) {
    log.write(env.kflag(t) ? 'union' : 'struct')
  } else if (kind === Kind.FUNC_PROTO) {
    logParams(env, t)
  } else if (kind === Kind.VAR) {
    log.write(`type_id=${ref} linkage=${env.word(t, 3)}`)
  } else if (kind === Kind.FLOAT) {
    log.write(`size=${ref}`)
  } else if (kind === Kind.DECL_TAG) {
    log.write(`type=${ref} component_idx=${env.word(t, 3) | 0}`)
  } else {
    log.write(`type_id=${ref}`)
  }
}

/** btf_int_encoding_str. */
function encodingName(data: number): string {
  switch ((data >>> 24) & 0xf) {
    case 0:
      return '(none)'
    case IntEncoding.SIGNED:
      return 'SIGNED'
    case IntEncoding.CHAR:
      return 'CHAR'
    case IntEncoding.BOOL:
      return 'BOOL'
    default:
      return 'UNKN'
  }
}

/** btf_func_proto_log. */
function logParams(env: BtfEnv, t: number): void {
  const { log } = env
  const count = env.vlen(t)
  const nameOff = (i: number) => env.word(t, 3 + i * 2)
  const type = (i: number) => env.word(t, 4 + i * 2)
  log.write(`return=${env.sizeOrType(t)} args=(`)
  if (count === 0) {
    log.write('void')
  } else if (count === 1 && type(0) === 0) {
    log.write('vararg')
  } else {
    log.write(`${type(0)} ${env.name(nameOff(0))}`)
    for (let i = 1; i < count - 1; i++) log.write(`, ${type(i)} ${env.name(nameOff(i))}`)
    if (count > 1) {
      const last = count - 1
      log.write(type(last) ? `, ${type(last)} ${env.name(nameOff(last))}` : ', vararg')
    }
  }
  log.write(')')
}
