import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { structIdsMatch } from './btf-struct-walk.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { kindName } from './func-args.ts'
import type { KfuncParam } from './kfunc-arg-kinds.ts'
import type { KfuncMeta } from './kfunc-meta.ts'
import { KfFlag } from './kfuncs.ts'
import { regTypeText } from './log.ts'
import { isProjection } from './prog-context.ts'
import { argText, hasUnsafeModifiers, isRcu, trustedStructs } from './regs.ts'
import { RegType, TRUSTED_MODIFIERS, baseType, typeFlag } from './types.ts'

/** Pointers to the kernel's structs as arguments of its functions, and what a context is there. */

/** The struct that a register points to: its own, or what stands for its type. */
function structOf(env: VerifierEnv, regno: number): { btf: Btf; id: number } {
  const reg = env.reg(regno)
  if (baseType(reg.type) === RegType.PTR_TO_BTF_ID && reg.btf) return { btf: reg.btf, id: reg.btfId }
  return { btf: env.vmlinux(), id: env.vmlinuxStruct(trustedStructs[baseType(reg.type)] ?? '') }
}

/** KF_ARG_PTR_TO_BTF_ID, KF_ARG_PTR_TO_MAP, and process_kf_arg_ptr_to_btf_id. */
export function checkBtfIdArg(
  env: VerifierEnv,
  meta: KfuncMeta,
  param: KfuncParam,
  isMap: boolean,
  argno: number,
): void {
  const { kfunc } = meta
  const regno = argno + 1
  const reg = env.reg(regno)
  const base = baseType(reg.type)
  const unsafe = base !== RegType.PTR_TO_BTF_ID || (hasUnsafeModifiers(reg.type) && !isRcu(reg))
  if (unsafe && trustedStructs[base] === undefined) {
    env.verbose(`${argText(regno)} is ${regTypeText(reg.type)} `)
    const expected = regTypeText(base | (typeFlag(reg.type) & TRUSTED_MODIFIERS))
    refuse(env, Errno.EINVAL, `expected ${expected} or socket\n`)
  }
  const target = isMap ? env.vmlinuxStruct('bpf_map') : param.target
  const { btf, id } = structOf(env, regno)
  const released = (kfunc.flags & KfFlag.RELEASE) !== 0 && reg.refObjId !== 0
  const strict = released || areNocastAliases(btf.name(id), kfunc.btf.name(target))
  const struct = btf.skipModsAndTypedefs(id)
  const same = structIdsMatch(env, btf, struct, reg.off, kfunc.btf, target, strict)
  if (same || isProjection(kfunc.btf.name(target), btf.name(struct))) return
  const wanted = `${kindName(kfunc.btf, target)} ${kfunc.btf.name(target)}`
  const has = `${kindName(btf, struct)} ${btf.name(struct)}`
  const text = `expected pointer to ${wanted} but R${regno} has a pointer to ${has}`
  refuse(env, Errno.EINVAL, `kernel function ${kfunc.name} ${argText(regno, 'args#')} ${text}\n`)
}

const NOCAST = '___init'

/** btf_type_ids_nocast_alias: an object that isn't ready yet has the ready one's name and this suffix. */
function areNocastAliases(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  return long === short + NOCAST && long.indexOf(NOCAST) === short.length
}

/** get_kern_ctx_btf_id: the struct that the kernel has where programs see their context. */
export function kernelContextOf(env: VerifierEnv): number {
  const btf = env.vmlinux()
  const name = Object.entries(ProgType).find(([, type]) => type === env.input.resolvedType)?.[0] ?? ''
  const table = env.vmlinuxStruct('bpf_ctx_convert')
  for (let i = 0; i < btf.vlen(table); i++) {
    if (btf.memberName(table, i) !== `BPF_PROG_TYPE_${name}_kern`) continue
    const type = btf.memberType(table, i)
    const kind = btf.kind(type)
    if (kind === Kind.STRUCT || kind === Kind.UNION) return type
    refuse(env, Errno.EINVAL, `kern ctx type id ${type} is not a struct\n`)
  }
  return refuse(env, Errno.EINVAL)
}
