import { Kind } from '../../btf/btf.ts'
import type { Btf } from '../../btf/btf.ts'
import type { VerifierEnv } from './env.ts'
import { inRcuSection, isRcu, isTrusted } from './regs.ts'
import type { Reg } from './state.ts'
import { Flag, TRUSTED_MODIFIERS, typeMayBeNull } from './types.ts'

/** How far a pointer is to be trusted that was read out of a struct of the kernel's. */

/** clear_trusted_flags: the old kind of pointer, which nobody vouches for and helpers take all the same. */
function withoutTrust(flags: number): number {
  return flags & ~(TRUSTED_MODIFIERS | Flag.MEM_RCU)
}

/**
 * btf_nested_type_is_trusted. Which members may be trusted stands in the kernel's own BTF: for a struct there may be
 * another, of its name and a suffix, that has these members alone.
 */
function isListed(btf: Btf, struct: number, field: string, target: number, suffix: string): boolean {
  const list = btf.findByNameKind(`${btf.name(struct)}${suffix}`, btf.kind(struct))
  if (list === undefined) return false
  for (let i = 0; i < btf.vlen(list); i++) {
    const type = btf.memberType(list, i)
    if (btf.kind(type) !== Kind.PTR || btf.memberName(list, i) !== field) continue
    if (btf.skipModsAndTypedefs(btf.type(type)) === target) return true
  }
  return false
}

/**
 * The flags of a pointer that was read through another one (the middle of check_ptr_to_btf_access).
 * @param flags what the member's own tags say.
 */
export function inheritTrust(env: VerifierEnv, reg: Reg, field: string, target: number, flags: number): number {
  const { btf, btfId } = reg
  if (reg.type & Flag.PTR_UNTRUSTED || !btf) return Flag.PTR_UNTRUSTED
  if (!isTrusted(reg) && !isRcu(reg)) return withoutTrust(flags)
  const listed = (suffix: string): boolean => isListed(btf, btfId, field, target, suffix)
  if (listed('__safe_trusted')) return flags | Flag.PTR_TRUSTED
  if (listed('__safe_trusted_or_null')) return flags | Flag.PTR_TRUSTED | Flag.PTR_MAYBE_NULL
  // Outside of a section, or through what may be no pointer at all, there's no telling whether it still is one.
  if (!inRcuSection(env) || typeMayBeNull(reg.type)) return Flag.PTR_UNTRUSTED
  if (listed('__safe_rcu')) return flags | Flag.MEM_RCU
  if (listed('__safe_rcu_or_null')) return (flags & ~Flag.PTR_UNTRUSTED) | Flag.MEM_RCU | Flag.PTR_MAYBE_NULL
  if (flags & Flag.MEM_RCU) return flags | Flag.PTR_MAYBE_NULL
  if (flags & (Flag.MEM_PERCPU | Flag.MEM_USER)) return flags
  return withoutTrust(flags)
}
