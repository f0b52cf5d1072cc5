import type { Btf } from '../../btf/btf.ts'
import type { Insns } from '../../isa/insn.ts'
import type { ProgLoadAttr } from '../../uapi/attr.ts'
import type { VerifierLog } from '../log.ts'
import type { MapRecord, ProgRecord } from '../objects/records.ts'
import type { Rewritten } from '../rewrite/rewrite.ts'
import type { Capabilities } from '../verifier/input.ts'
import type { LoadKernel } from './load.ts'

/** A function of the program: the main one, or what a call or a callback leads to (struct bpf_subprog_info). */
export interface Subprog {
  /** First slot; that of the next one is where it ends. */
  start: number
  hasTailCall: boolean
  hasLdAbs: boolean
}

/** struct bpf_func_info. */
export interface FuncInfo {
  insnOff: number
  typeId: number
}

/** One map instruction that was resolved: which slot, and the map's place in usedMaps. */
export interface MapUse {
  slot: number
  mapIndex: number
}

/** What one load knows while its checks run (struct bpf_verifier_env and struct bpf_prog). */
export interface LoadEnv {
  readonly kernel: LoadKernel
  readonly attr: ProgLoadAttr
  readonly log: VerifierLog
  readonly name: string
  /** The program as it was given, with its CO-RE relocations made. */
  readonly insns: Insns
  readonly type: number
  readonly expectedAttachType: number
  readonly sleepable: boolean
  readonly gplCompatible: boolean
  /** Rights of the one who loads. */
  readonly capabilities: Capabilities
  readonly dstProg: ProgRecord | undefined
  /** Whether attach_btf_id is one of vmlinux. */
  readonly attachToKernel: boolean
  /** The program's own BTF, when it gave function or line information. */
  btf: Btf | undefined
  btfId: number
  funcInfo: FuncInfo[]
  /** struct bpf_line_info, one after the other. */
  lineInfo: Uint8Array
  /** In the order of their starts; the first is the main program. */
  readonly subprogs: Subprog[]
  /** Number of the exception callback among them, 0 when there's none. */
  exceptionCallback: number
  readonly usedMaps: MapRecord[]
  readonly usedBtfs: Set<Btf>
  readonly mapUses: MapUse[]
  /** Type ids of vmlinux in ld_imm64 instructions, by slot: what they became. */
  readonly ksymAddresses: Map<number, bigint>
  /** The function that the program is attached to (aux->attach_func_name). */
  attachFuncName: string | undefined
  /** What dstProg's BTF says of the function that the program is for: its FUNC_PROTO, 0 where that isn't trusted. */
  attachProgProto: number
  /** The operations struct that a STRUCT_OPS program is a member of. */
  opsName: string | undefined
  /** What was looked at so far (env->insn_processed). */
  insnsProcessed: number
  /** The walk's counts, once there was one. */
  statistics?: WalkStatistics
  /** SubprogFlag bits of each function, from the walk. */
  subprogFlags: readonly number[]
  /** What the rewrites made of it: only after a walk that was finished. */
  rewritten?: Rewritten | undefined
}

/** What print_verification_stats says of the walk. */
export interface WalkStatistics {
  readonly maxStatesPerInsn: number
  readonly maxCtxOffset: number
  readonly totalStates: number
  readonly peakStates: number
  readonly stackDepths: readonly number[]
}
