import type { Btf } from '../../btf/btf.ts'
import type { ProgLoadAttr } from '../../uapi/attr.ts'
import type { CandidateCache } from '../btf/candidates.ts'
import type { Place } from '../btf/members.ts'
import type { KernelError } from '../error.ts'
import type { MapOwner, MapRecord, ProgRecord } from '../objects/records.ts'

/** What BPF_PROG_LOAD asks of the rest of the kernel. Look-ups by descriptor throw KernelError(EBADF). */
export interface LoadKernel {
  mapByFd(fd: number): MapRecord
  /** The types behind a descriptor, and their id: the same object for the same id. */
  btfByFd(fd: number): { id: number; types: Btf; kernelBtf: boolean }
  progByFd(fd: number): ProgRecord
  /** The BTF of vmlinux, read on first use. */
  vmlinuxBtf(): Uint8Array
  /** Its first bytes, which cost less. */
  vmlinuxBtfStart(): Uint8Array
  /** Address of a kernel symbol, or undefined. */
  symbol(name: string): bigint | undefined
  /** A build option of the kernel's, such as `y` of CONFIG_BPF_LSM; undefined where it is not set. */
  option(name: string): string | undefined
  /** Where a member of a struct of the kernel's is, if that's known without its BTF: `sk_buff.dev`. */
  member?(path: string): Place | undefined
  /** Types behind the id of a BTF object. */
  btfById?(id: number): Btf | undefined
  /** The only value of an array of one element. */
  arrayValue?(mapId: number): Uint8Array
  /** Whether the process has a capability, such as `CAP_BPF`. */
  capable(capability: string): boolean
  /** Certificates (DER) in the keyring of the process's session. */
  sessionKeys?(): readonly Uint8Array[]
  /** sysctl_unprivileged_bpf_disabled: nobody without CAP_BPF loads anything. */
  readonly unprivilegedDisabled: boolean
  /** Which of its types programs asked for, since it was booted. */
  readonly candidates: CandidateCache
  readonly possibleCpus: number
  /** CLOCK_MONOTONIC in nanoseconds; 0 where nobody asks how long a load takes. */
  monotonic?(): bigint
  /** The version of Linux that it's built from: see profile/release.ts. */
  readonly linux: string
}

/** What the JIT makes of a program, as far as it's kept. */
export interface Jited {
  readonly jitedLen: number
  readonly subprogs: ProgRecord['subprogs']
  /** Where the code of each line record begins: see jited-lines.ts. */
  readonly jitedLines: Uint8Array
}

/** A program that passed: what the registry keeps. */
export interface LoadResult {
  record: Omit<ProgRecord, 'id' | 'refs' | 'loadTime' | 'createdByUid' | 'runTimeNs' | 'runCnt' | 'recursionMisses'>
  /** Instructions as BPF_OBJ_GET_INFO_BY_FD gives them (bpf_insn_prepare_dump): map ids in ld_imm64. */
  xlated: Uint8Array
  /**
   * Instructions as the runtime runs them: as they were loaded, but with map ids in place of descriptors
   * (src_reg MAP_FD and MAP_VALUE), helper ids in calls and context offsets of the user's ABI.
   */
  run: Uint8Array
  funcInfo: Uint8Array
  lineInfo: Uint8Array
  /** Where the code of each line record begins: see jited-lines.ts. */
  jitedLines: Uint8Array
  /** Compiles the program, where that wasn't done yet: the record says JIT_PENDING then. */
  jit: (() => Jited) | undefined
  /** Maps of programs that this one is the first to use: from now on only programs like it may be in them. */
  owned: { mapId: number; owner: MapOwner }[]
  log: string
  logTrueSize: number
}

/** Refusals by the verifier are returned, not thrown: whoever probes gets thousands of them, and unwinding is slow. */
export type LoadProgram = (kernel: LoadKernel, attr: ProgLoadAttr) => LoadResult | KernelError
