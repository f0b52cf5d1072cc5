import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import type { KfuncProg } from '../kfuncs/set.ts'
import { kfuncFlags } from '../kfuncs/table.ts'
import type { VerifierEnv } from './env.ts'
import { facts } from './versions.ts'

export { KfFlag } from '../kfuncs/flags.ts'

/** Which function of the kernel a call means, and what its registration says of it. */

/** A kernel function that a program calls: what its BTF and its registration say (struct bpf_kfunc_call_arg_meta). */
export interface Kfunc {
  readonly btf: Btf
  readonly id: number
  readonly name: string
  /** Its FUNC_PROTO. */
  readonly proto: number
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
    found = { prog: { type, resolvedType, expectedAttachType, opsName, opsMember }, byId: new Map() }
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
    const flags = kfuncFlags(prog, name, facts.rawTracepointKfuncs)
    if (flags !== undefined) kfunc = { btf, id, name, proto: btf.type(id), flags }
  }
  byId.set(id, kfunc)
  return kfunc
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
