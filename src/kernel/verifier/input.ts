import type { CandidateCache } from '../btf/candidates.ts'
import type { Btf } from '../../btf/btf.ts'
import type { Insns } from '../../isa/insn.ts'
import type { Place } from '../btf/members.ts'

/** What the loader hands to the verifier: a program whose structure is sound, and what it hangs on. */

/** Where the verifier writes. Texts are bytes, one character each. */
export interface VerifierLog {
  readonly level: number
  readonly needed: boolean
  /** Characters written so far and not taken back (end_pos). */
  readonly end: number
  /** One message (bpf_verifier_vlog): cut where the kernel's buffer ends. */
  write(text: string): void
  /** Many messages at once. */
  append(text: string): void
  /** bpf_vlog_reset: what was written from `position` on is forgotten. */
  resetTo(position: number): void
}

/** struct btf_field: a part of a value that the kernel looks after. */
export interface SpecialField {
  /** enum btf_field_type. */
  readonly type: number
  readonly offset: number
  readonly size: number
  /** Of pointers and of what lists and trees hold: whose type. */
  readonly btf: Btf | undefined
  readonly btfId: number
  /** Where in that type the node is. */
  readonly nodeOffset: number
}

/** A map, as far as programs that use it are checked against it. One object for each map: compared by identity. */
export interface VerifierMap {
  readonly type: number
  readonly name: string
  readonly keySize: number
  readonly valueSize: number
  readonly maxEntries: number
  readonly mapFlags: number
  readonly frozen: boolean
  /** Its maker's programs are trusted not to read it speculatively. */
  readonly bypassSpecV1: boolean
  /** It was made with BTF (map->btf). */
  readonly hasBtf: boolean
  readonly fields: readonly SpecialField[]
  /** Their types, or-ed. */
  readonly fieldMask: number
  /** Where the kernel has it, as messages show it; and its value, where that has an address. */
  readonly address: bigint
  readonly valueAddress: bigint
  /** inner_map_meta. */
  readonly inner: VerifierMap | undefined
  /** The value of an array of one element; undefined for other maps (map_direct_value_addr). */
  directValue(): Uint8Array | undefined
}

export interface VerifierSubprog {
  readonly start: number
  readonly hasTailCall: boolean
  readonly hasLdAbs: boolean
}

/** What a program is attached to, as check_attach_btf_id found it. */
export interface AttachTo {
  /** Whose types the function's are. */
  readonly btf: Btf | undefined
  readonly btfId: number
  /** aux->attach_func_name. */
  readonly funcName: string | undefined
  /** aux->attach_func_proto: a type of `btf`; 0 for none. */
  readonly funcProto: number
  /** The operations struct of a STRUCT_OPS program. */
  readonly opsName: string | undefined
  /** A raw tracepoint that was found by its BTF (attach_btf_trace). */
  readonly trace: boolean
  /** Type of the program that the function is of, of an extension's target for one; undefined for the kernel's functions. */
  readonly targetType: number | undefined
}

/** The running kernel, as far as the verifier asks it. */
export interface VerifierKernel {
  /** The version of Linux that it's built from; what versions changed is in versions.ts. */
  readonly linux: string
  vmlinux(): Btf
  /** btf_find_struct_meta: the special fields of a program's struct; undefined where it has none. Always the same array. */
  structFields(btf: Btf, id: number): readonly SpecialField[] | undefined
  /** Which of the kernel's types programs asked for. */
  readonly candidates: CandidateCache
  option(name: string): string | undefined
  symbol(name: string): bigint | undefined
  /** Where a member of a struct of the kernel's is, if that's known without its BTF. */
  member?(path: string): Place | undefined
  readonly possibleCpus: number
}

/** Rights of the one who loads (CAP_BPF, CAP_PERFMON and what follows from them). */
export interface Capabilities {
  readonly bpfCapable: boolean
  readonly allowPtrLeaks: boolean
  readonly allowUninitStack: boolean
  readonly bypassSpecV1: boolean
  readonly bypassSpecV4: boolean
  readonly sysAdmin: boolean
}

export const ROOT: Capabilities = {
  bpfCapable: true,
  allowPtrLeaks: true,
  allowUninitStack: true,
  bypassSpecV1: true,
  bypassSpecV4: true,
  sysAdmin: true,
}

export interface VerifierInput {
  readonly insns: Insns
  /** As loaded, and of its target for an extension (resolve_prog_type). */
  readonly type: number
  readonly resolvedType: number
  readonly expectedAttachType: number
  readonly progFlags: number
  readonly sleepable: boolean
  readonly gplCompatible: boolean
  readonly log: VerifierLog
  readonly btf: Btf | undefined
  /** One for each function, or none. */
  readonly funcInfo: readonly { readonly insnOff: number; readonly typeId: number }[]
  /** struct bpf_line_info, one after the other. */
  readonly lineInfo: Uint8Array
  readonly subprogs: readonly VerifierSubprog[]
  readonly exceptionCallback: number
  readonly maps: readonly VerifierMap[]
  /** Place in `maps` of the map in an ld_imm64, by slot. */
  readonly mapAt: ReadonlyMap<number, number>
  readonly attach: AttachTo
  readonly kernel: VerifierKernel
  readonly capabilities: Capabilities
  /** Whether the program will be compiled (prog->jit_requested). */
  readonly jitRequested: boolean
}
