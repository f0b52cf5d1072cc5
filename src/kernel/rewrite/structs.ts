import type { Place } from '../btf/members.ts'
import { findMember } from '../btf/members.ts'
import type { VerifierEnv } from '../verifier/env.ts'

/** A structure of this kernel's isn't known as far as a rewrite needs it: its BTF is another's, or leaves it out. */
export class MissingMember extends Error {
  readonly path: string

  constructor(path: string) {
    super(`the kernel has no ${path}`)
    this.path = path
  }
}

/** Where a member of one of the kernel's own structs is, `sk_buff.dev`. @throws MissingMember. */
export function member(env: VerifierEnv, path: string): Place {
  const place = env.kernel.member?.(path) ?? findMember(env.vmlinux(), path)
  if (!place) throw new MissingMember(path)
  return place
}
