import { byByte, netfilterFields } from '../../progs/context-fields.ts'
import { Access, Flag, RegType } from '../types.ts'
import type { ContextOps } from './access.ts'

/** Contexts that are in memory what programs see. */

/** syscall_prog_is_valid_access: what the caller gave, up to its size; test runs look at that. */
export const syscall: ContextOps = {
  converts: false,
  isValidAccess: (_env, off, size) => off >= 0 && off < 0xffff && off % size === 0,
}

/** lirc_mode2_is_valid_access: one number. */
export const lirc: ContextOps = {
  converts: false,
  isValidAccess: (_env, off, size, access) => access === Access.READ && off === 0 && size === 4,
}

const netfilterBytes = byByte(netfilterFields)
const structs: Readonly<Record<string, string>> = { skb: 'sk_buff', state: 'nf_hook_state' }

/** nf_is_valid_access. */
export const netfilter: ContextOps = {
  converts: false,
  isValidAccess(env, off, size, access, info) {
    const field = netfilterBytes[off]
    if (!field || off % size !== 0 || access === Access.WRITE || size !== 8) return false
    info.btf = env.vmlinux()
    info.btfId = env.vmlinuxStruct(structs[field.name] ?? '')
    info.regType = RegType.PTR_TO_BTF_ID | Flag.PTR_TRUSTED
    return info.btfId !== 0
  },
}
