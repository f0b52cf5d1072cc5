import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import type { VerifierEnv } from './env.ts'

/** KF_* of include/linux/btf.h. */
export const KfFlag = {
  ACQUIRE: 1 << 0,
  RELEASE: 1 << 1,
  RET_NULL: 1 << 2,
  TRUSTED_ARGS: 1 << 4,
  SLEEPABLE: 1 << 5,
  DESTRUCTIVE: 1 << 6,
  RCU: 1 << 7,
  ITER_NEW: 1 << 8,
  ITER_NEXT: 1 << 9,
  ITER_DESTROY: 1 << 10,
  RCU_PROTECTED: 1 << 11,
  FASTCALL: 1 << 12,
  ARENA_RET: 1 << 13,
  ARENA_ARG1: 1 << 14,
  ARENA_ARG2: 1 << 15,
} as const

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

/**
 * Flags of the kernel functions that programs of a type may call, by name: what register_btf_kfunc_id_set was given.
 * The table of kernel functions replaces this; undefined: not for programs of this type.
 */
export type KfuncFlags = (env: VerifierEnv, name: string) => number | undefined

let flagsOf: KfuncFlags = () => undefined

/** The table's place. */
export function setKfuncFlags(flags: KfuncFlags): void {
  flagsOf = flags
}

/** fetch_kfunc_meta of the call at a slot; undefined for calls that can't be made. */
export function kfuncOf(env: VerifierEnv, slot: number): Kfunc | undefined {
  const { insns } = env
  if (insns.off(slot) !== 0 || insns.imm(slot) === 0) return undefined
  const btf = env.vmlinux()
  const id = insns.imm(slot) >>> 0
  if (!btf.has(id) || btf.kind(id) !== Kind.FUNC) return undefined
  const name = btf.name(id)
  const flags = flagsOf(env, name)
  return flags === undefined ? undefined : { btf, id, name, proto: btf.type(id), flags }
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
