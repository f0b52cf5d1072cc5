/** Why a kernel can't be imported, in a line for the user. */
export class ImportError extends Error {}

/** What is at hand of a kernel: its types, and the rest as far as it's known. */
export interface KernelSource {
  readonly vmlinuxBtf: Uint8Array
  readonly config?: Uint8Array | undefined
  readonly kallsyms?: Uint8Array | undefined
  readonly sysctl?: Uint8Array | undefined
  readonly release?: string | undefined
  readonly version?: string | undefined
  readonly machine?: string | undefined
  readonly cpus?: number | undefined
}
