import type { Btf } from '../../btf/btf.ts'
import type { SpecialField, VerifierMap } from './input.ts'

/** BPF_ALU_*: how an addition to a pointer is masked. */
export const AluState = { SANITIZE_SRC: 1, SANITIZE_DST: 2, NEG_VALUE: 4, NON_POINTER: 8, IMMEDIATE: 16 } as const

/**
 * What the walk notes about each instruction (struct bpf_insn_aux_data). The rewrites read it: context accesses,
 * inlined calls, zero extension, removed code.
 */
export class InsnAux {
  /** Type of the pointer that a load or store goes through; NOT_INIT before the first (save_aux_ptr_type). */
  ptrType = 0
  /** map_ptr_state: the map that a helper got; poisoned when paths disagree. */
  mapPtr: VerifierMap | undefined = undefined
  mapPoison = false
  mapUnpriv = false
  /** Limit of a sanitized pointer addition. */
  aluLimit = 0
  /** AluState bits. */
  aluState = 0
  /** ld_imm64 of a map: place in the program's maps, and offset in the value. */
  mapIndex = 0
  mapOff = 0
  /** btf_var: what an ld_imm64 of a kernel symbol gives. */
  btfVarType = 0
  btfVarBtf: Btf | undefined = undefined
  btfVarId = 0
  btfVarSize = 0
  /** loop_inline_state of a call of bpf_loop. */
  loopInitialized = false
  loopFitForInline = false
  loopCallbackSubprogno = 0
  /** Bytes of the type that bpf_obj_new makes; offset of a node in it. */
  objNewSize = 0
  insertOff = 0
  /** Special fields of the type that an allocation is of (kptr_struct_meta). */
  kptrFields: readonly SpecialField[] | undefined = undefined
  /** Index of a tail call or key of a look-up: undefined before it's seen, NaN when it isn't one number. */
  mapKey: number | undefined = undefined
  ctxFieldSize = 0
  /** Which pass saw it last; 0: dead code. */
  seen = 0
  nospec = false
  nospecResult = false
  zextDst = false
  needsZext = false
  storageGetFuncAtomic = false
  isIterNext = false
  callWithPercpuAllocPtr = false
  argProg = 0
  fastcallPattern = false
  fastcallSpillsNum = 0

  // Known before the walk (cfg.ts).
  jmpPoint = false
  prunePoint = false
  forceCheckpoint = false
  callsCallback = false
  /** Strongly connected component, 0 for an instruction that is in no loop. */
  scc = 0
  /** Registers that are alive before it, one bit each. */
  liveRegsBefore = 0
}

/** struct bpf_subprog_arg_info. */
export interface SubprogArg {
  /** ArgType with flags. */
  readonly argType: number
  readonly memSize: number
  readonly btfId: number
}

/** struct bpf_subprog_info and bpf_func_info_aux: what the walk knows and notes about each function. */
export class SubprogAux {
  readonly start: number
  /** One past its last slot. */
  readonly end: number
  readonly hasTailCall: boolean
  /** Where its instructions begin in VerifierEnv.postorder. */
  postorderStart = 0
  postorderEnd = 0
  stackDepth = 0
  fastcallStackOff = 0
  keepFastcallStack = false
  tailCallReachable: boolean
  isCb = false
  isAsyncCb = false
  isExceptionCb = false
  changesPktData = false
  mightSleep = false
  privStackMode = 0
  /** btf_prepare_func_args was here. */
  argsCached = false
  args: SubprogArg[] = []
  /** Its BTF says that it's global. */
  isGlobal = false
  /** Its BTF doesn't fit how it's called. */
  unreliable = false
  called = false
  verified = false

  constructor(start: number, end: number, hasTailCall: boolean) {
    this.start = start
    this.end = end
    this.hasTailCall = hasTailCall
    this.tailCallReachable = hasTailCall
  }
}
