import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { progTypeRow } from '../progs/types.ts'
import type { VerifierEnv } from './env.ts'

/** The kernel's own struct may stand for the one that programs see (btf_is_projection_of). */
const projections: Readonly<Record<string, string>> = { sk_buff: '__sk_buff', xdp_buff: 'xdp_md' }

/** btf_is_projection_of. @param seen the struct that programs name. @param own the kernel's. */
export function isProjection(seen: string, own: string): boolean {
  return projections[own] === seen
}

/** btf_is_prog_ctx_type: whether a pointer's type is that of the program's context. */
export function isProgContext(env: VerifierEnv, btf: Btf, pointer: number): boolean {
  const { resolvedType } = env.input
  let target = btf.type(pointer)
  if (resolvedType === ProgType.KPROBE) {
    // bpf_user_pt_regs_t is known by the typedef's name.
    while ([Kind.CONST, Kind.VOLATILE, Kind.RESTRICT, Kind.TYPE_TAG].some((kind) => kind === btf.kind(target))) {
      target = btf.type(target)
    }
    if (btf.kind(target) === Kind.TYPEDEF && btf.name(target) === 'bpf_user_pt_regs_t') return true
  }
  const struct = btf.skipModsAndTypedefs(target)
  if (btf.kind(struct) !== Kind.STRUCT && btf.kind(struct) !== Kind.UNION) return false
  const name = btf.name(struct)
  if (resolvedType === ProgType.KPROBE) return name === 'pt_regs'
  const context = progTypeRow(resolvedType)?.context ?? ''
  return name !== '' && context === `struct ${projections[name] ?? name}`
}
