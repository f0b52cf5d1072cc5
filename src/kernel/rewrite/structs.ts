import type { Place } from '../btf/members.ts'
import { findMember } from '../btf/members.ts'
import type { VerifierEnv } from '../verifier/env.ts'
import { notYet } from '../verifier/env.ts'

/** Where a member of one of the kernel's own structs is, `sk_buff.dev`. Kernels that are older or newer may lack it. */
export function member(env: VerifierEnv, path: string): Place {
  return env.kernel.member?.(path) ?? findMember(env.vmlinux(), path) ?? notYet(`a kernel without ${path}`)
}
