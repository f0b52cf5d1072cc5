import { Errno } from '../../uapi/errno.ts'
import { funcIdName } from '../helpers/table.ts'
import { structIdsMatch } from './btf-struct-walk.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { Func } from './func-ids.ts'
import type { CallArgMeta } from './helper-args.ts'
import { mapKptrMatchType } from './kptrs.ts'
import { regTypeText } from './log.ts'
import { ArgType, Flag, RegType, baseType, typeMayBeNull } from './types.ts'
import { facts } from './versions.ts'

/** Pointers to structs as arguments: is it one to the struct that's asked for (the rest of check_reg_type). */

const BTF_ID = RegType.PTR_TO_BTF_ID

/** bpf_type_name: of a struct, or nothing for one that this kernel doesn't have. */
function nameOf(env: VerifierEnv, id: number): string {
  return env.vmlinux().name(id)
}

/**
 * @param asMemory the helper wants memory of any kind.
 * @param needId the struct of the kernel's that the prototype names; undefined where it names none.
 */
export function checkBtfArg(
  env: VerifierEnv,
  regno: number,
  argType: number,
  needId: number | undefined,
  asMemory: boolean,
  meta: CallArgMeta,
): void {
  const { funcId } = meta
  const { type } = env.reg(regno)
  if (asMemory) {
    if (argType & Flag.MEM_RDONLY) return
    const what = `may write into memory pointed by R${regno} type=${regTypeText(type)}`
    refuse(env, Errno.EACCES, `${funcIdName(funcId)}() ${what}\n`)
  }
  switch (type) {
    case BTF_ID:
    case BTF_ID | Flag.PTR_TRUSTED:
    case BTF_ID | Flag.PTR_TRUSTED | Flag.PTR_MAYBE_NULL:
    case BTF_ID | Flag.MEM_RCU:
    case BTF_ID | Flag.PTR_MAYBE_NULL:
    case BTF_ID | Flag.PTR_MAYBE_NULL | Flag.MEM_RCU:
      checkStruct(env, regno, argType, needId, meta)
      return
    case BTF_ID | Flag.MEM_ALLOC:
    case BTF_ID | Flag.MEM_PERCPU | Flag.MEM_ALLOC:
    case BTF_ID | Flag.MEM_ALLOC | Flag.NON_OWN_REF:
    case BTF_ID | Flag.MEM_ALLOC | Flag.NON_OWN_REF | Flag.MEM_RCU:
      if (funcId === Func.SPIN_LOCK || funcId === Func.SPIN_UNLOCK) return
      if (funcId !== Func.KPTR_XCHG) {
        refuse(env, Errno.EFAULT, 'verifier bug: unimplemented handling of MEM_ALLOC\n')
      }
      if (regno === 2) matchKptr(env, regno, meta)
      return
    case BTF_ID | Flag.MEM_PERCPU:
    case BTF_ID | Flag.MEM_PERCPU | Flag.MEM_RCU:
    case BTF_ID | Flag.MEM_PERCPU | Flag.PTR_TRUSTED:
      return
    default:
      refuse(env, Errno.EFAULT, 'verifier bug: invalid PTR_TO_BTF_ID register for type match\n')
  }
}

/** What bpf_kptr_xchg puts into a field must be what the field is for. */
function matchKptr(env: VerifierEnv, regno: number, { kptrField }: CallArgMeta): void {
  if (kptrField && mapKptrMatchType(env, kptrField, env.reg(regno), regno)) return
  refuse(env, Errno.EACCES)
}

function checkStruct(
  env: VerifierEnv,
  regno: number,
  argType: number,
  needId: number | undefined,
  meta: CallArgMeta,
): void {
  const { funcId } = meta
  const reg = env.reg(regno)
  const releases = (argType & Flag.OBJ_RELEASE) !== 0
  if (typeMayBeNull(reg.type) && (!typeMayBeNull(argType) || releases)) {
    refuse(env, Errno.EACCES, `Possibly NULL pointer passed to helper ${facts.argsByRegister ? 'R' : 'arg'}${regno}\n`)
  }
  if (funcId === Func.KPTR_XCHG) {
    matchKptr(env, regno, meta)
    return
  }
  const ofSocket = baseType(argType) === ArgType.PTR_TO_BTF_ID_SOCK_COMMON
  const need = needId ?? (ofSocket ? env.vmlinuxStruct('sock_common') : undefined)
  if (need === undefined || !reg.btf) {
    refuse(env, Errno.EFAULT, 'verifier bug: missing arg compatible BTF ID\n')
  }
  // Sockets of all kinds begin with the struct that bpf_sk_release wants; else what is given back must be itself.
  const strict = releases && funcId !== Func.SK_RELEASE
  if (structIdsMatch(env, reg.btf, reg.btfId, reg.off, env.vmlinux(), need, strict)) return
  const text = `R${regno} is of type ${reg.btf.name(reg.btfId)} but ${nameOf(env, need)} is expected\n`
  refuse(env, Errno.EACCES, text)
}
