import type { Place } from '../btf/members.ts'
import { findMember } from '../btf/members.ts'
import type { VerifierEnv } from '../verifier/env.ts'

/** Where a member of one of the kernel's own structs is, `sk_buff.dev`; one that it must have, for its code names it. */
export function member(env: VerifierEnv, path: string): Place {
  const place = env.kernel.member?.(path) ?? findMember(env.vmlinux(), path)
  if (!place) throw new Error(`the kernel's BTF has no ${path}`)
  return place
}
