import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import type { KfuncProg } from '../kfuncs/set.ts'
import { kfuncFlags } from '../kfuncs/table.ts'
import { Errno } from '../../uapi/errno.ts'
import { apiName } from '../kfuncs/api-name.ts'
import { KfFlag } from '../kfuncs/flags.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { facts } from './versions.ts'

export { KfFlag, apiName }

/** Which function of the kernel a call means, and what its registration says of it. */

/** A kernel function that a program calls: what its BTF and its registration say (struct bpf_kfunc_call_arg_meta). */
export interface Kfunc {
  readonly btf: Btf
  readonly id: number
  readonly name: string
  /** Its name without _impl (apiName). */
  readonly api: string
  /** Its FUNC_PROTO, with all arguments. */
  readonly proto: number
  /** How many of them are the program's to give (is_kfunc_arg_implicit). */
  readonly given: number
  /** KfFlag bits. */
  readonly flags: number
}

interface Known {
  readonly prog: KfuncProg
  readonly byId: Map<number, Kfunc | undefined>
}

const known = new WeakMap<VerifierEnv, Known>()

function knownTo(env: VerifierEnv): Known {
  let found = known.get(env)
  if (!found) {
    const { type, resolvedType, expectedAttachType, attach } = env.input
    const { opsName, btf, btfId } = attach
    const isMember = opsName !== undefined && btf !== undefined && expectedAttachType < btf.vlen(btfId)
    const opsMember = isMember ? btf.memberName(btfId, expectedAttachType) : undefined
    const { linux } = env.kernel
    found = { prog: { linux, type, resolvedType, expectedAttachType, opsName, opsMember }, byId: new Map() }
    known.set(env, found)
  }
  return found
}

/** fetch_kfunc_meta of the call at a slot; undefined for calls that can't be made. */
export function kfuncOf(env: VerifierEnv, slot: number): Kfunc | undefined {
  const { insns } = env
  if (insns.off(slot) !== 0 || insns.imm(slot) === 0) return undefined
  const id = insns.imm(slot) >>> 0
  const { prog, byId } = knownTo(env)
  if (byId.has(id)) return byId.get(id)
  const btf = env.vmlinux()
  let kfunc: Kfunc | undefined
  if (btf.has(id) && btf.kind(id) === Kind.FUNC) {
    const name = btf.name(id)
    const flags = kfuncFlags(prog, name)
    if (flags !== undefined) {
      const given = btf.vlen(btf.type(id))
      const proto = facts.implicitArgs && flags & KfFlag.IMPLICIT_ARGS ? fullProto(env, btf, id) : btf.type(id)
      kfunc = { btf, id, name, api: apiName(name), proto, given, flags }
    }
  }
  byId.set(id, kfunc)
  return kfunc
}

/** find_kfunc_impl_proto. */
function fullProto(env: VerifierEnv, btf: Btf, id: number): number {
  const name = `${btf.name(id)}_impl`
  const impl = btf.findByNameKind(name, Kind.FUNC)
  if (impl !== undefined) return btf.type(impl)
  env.verbose(`cannot find function ${name} in BTF\n`)
  refuse(env, Errno.EINVAL, `kernel function btf_id ${id} does not have a valid func_proto\n`)
}

/** The name of the function that a kfunc call names, whether it may be called or not; empty for other calls. */
export function kfuncName(env: VerifierEnv, slot: number): string {
  const { insns } = env
  if (insns.off(slot) !== 0) return ''
  const btf = env.vmlinux()
  const id = insns.imm(slot) >>> 0
  return id !== 0 && btf.has(id) ? btf.name(id) : ''
}

/** is_kfunc_pkt_changing. */
export function kfuncChangesPktData({ name }: Kfunc): boolean {
  return name === 'bpf_xdp_pull_data'
}
