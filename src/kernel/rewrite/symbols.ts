import type { Program } from './program.ts'

/** Addresses of the kernel's, as they stand in rewritten programs. */

/** How far a function is from __bpf_call_base: what a call has (BPF_CALL_IMM). Undefined where it's not known. */
export function callDistance({ env }: Program, name: string): number | undefined {
  const base = env.kernel.symbol('__bpf_call_base')
  const address = env.kernel.symbol(name)
  return base === undefined || address === undefined ? undefined : Number(BigInt.asIntN(32, address - base))
}

/** Where things are that the kernel allocates: as good as any other address. */
const HEAP = 0xffff_8881_0700_0000n

/** prog->aux. */
export const PROG_AUX = HEAP

/** A struct btf_struct_meta. @param type whose it is. */
export function structMeta(type: number): bigint {
  return HEAP + 0x100_0000n + BigInt(type) * 0x40n
}
