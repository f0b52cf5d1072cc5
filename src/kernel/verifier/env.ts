import { FuncLinkage, Kind } from '../../btf/btf.ts'
import type { Btf } from '../../btf/btf.ts'
import type { Insns } from '../../isa/insn.ts'
import { MapType } from '../../uapi/map-type.ts'
import { KernelError } from '../error.ts'
import { InsnAux, SubprogAux } from './aux.ts'
import type { VerifierInput, VerifierKernel, VerifierLog, VerifierMap } from './input.ts'
import type { Liveness } from './liveness.ts'
import type { Backtrack } from './precision.ts'
import type { SccInfo } from './scc.ts'
import type { FuncState, Reg, StateNode } from './state.ts'
import { RegState, VerifierState } from './state.ts'
import { facts } from './versions.ts'

/** Limits of Linux 6.18. */
export const COMPLEXITY_LIMIT_INSNS = 1_000_000
export const COMPLEXITY_LIMIT_JMP_SEQ = 8192
export const COMPLEXITY_LIMIT_STATES = 64

/** BPF_F_* of the load that change the walk. */
const STRICT_ALIGNMENT = 1 << 0
const ANY_ALIGNMENT = 1 << 1
const TEST_STATE_FREQ = 1 << 3
const TEST_REG_INVARIANTS = 1 << 7

/** log_level's bits. */
export const LogLevel = { LEVEL1: 1, LEVEL2: 2, LEVEL: 3, STATS: 4 } as const

/** A state that waits to be explored (struct bpf_verifier_stack_elem). */
export interface StackElem {
  readonly state: VerifierState
  readonly insnIdx: number
  readonly prevInsnIdx: number
  readonly logPos: number
}

/** All that one verification knows (struct bpf_verifier_env). */
export class VerifierEnv {
  readonly input: VerifierInput
  readonly insns: Insns
  readonly log: VerifierLog
  readonly kernel: VerifierKernel
  readonly aux: readonly InsnAux[]
  readonly subprogs: readonly SubprogAux[]
  readonly lineInfo: DataView
  readonly lineBtf: Btf | undefined
  readonly bpfCapable: boolean
  readonly allowPtrLeaks: boolean
  readonly allowUninitStack: boolean
  readonly bypassSpecV1: boolean
  readonly bypassSpecV4: boolean
  readonly strictAlignment: boolean
  readonly testStateFreq: boolean
  readonly testRegInvariants: boolean
  /** One of the program's maps is an arena (prog->aux->arena). */
  readonly hasArena: boolean
  exploreAluLimits = false
  seenDirectWrite = false
  seenException = false

  insnIdx = 0
  prevInsnIdx = 0
  curState = new VerifierState()
  /** States to be explored, the next one last. */
  readonly stack: StackElem[] = []
  /** Kept states by hash of instruction and call site: heads of lists. */
  readonly explored: (StateNode | undefined)[]
  idGen = 0
  passCnt = 0
  /** The current instruction has an entry in the current state's history (cur_hist_ent). */
  hasHistEnt = false
  /** Instructions of each function in postorder, one function after the other. */
  postorder: Int32Array = new Int32Array(0)
  /** By SCC. */
  sccInfo: (SccInfo | undefined)[] = []
  declare liveness: Liveness
  declare bt: Backtrack
  /** Constants that stand for registers. */
  readonly fakeReg = [new RegState(), new RegState()] as const

  prevInsnProcessed = 0
  insnProcessed = 0
  prevJmpsProcessed = 0
  jmpsProcessed = 0
  maxStatesPerInsn = 0
  totalStates = 0
  peakStates = 0
  freeListSize = 0
  exploredStatesSize = 0
  numBackedges = 0

  /** Registers and slots that were touched since the state was last printed. */
  scratchedRegs = 0
  scratchedLo = 0
  scratchedHi = 0
  prevLogPos = 0
  prevInsnPrintPos = 0
  /** Place in line info of the line that was printed last; -1 for none. */
  prevLinfo = -1

  // prog->aux: what the walk finds out about the whole program.
  maxPktOffset = 0
  maxCtxOffset = 0
  maxTpAccess = 0
  maxRdonlyAccess = 0
  maxRdwrAccess = 0
  hasCallchainBuf = false
  callGetStack = false
  callGetFuncIp = false
  enforceExpectedAttachType = false
  jitsUsePrivStack = false
  tailCallReachable = false

  constructor(input: VerifierInput) {
    const { insns, progFlags, capabilities } = input
    this.input = input
    this.insns = insns
    this.log = input.log
    this.kernel = input.kernel
    this.aux = Array.from({ length: insns.length }, () => new InsnAux())
    this.subprogs = input.subprogs.map(({ start, hasTailCall }, i) => {
      const subprog = new SubprogAux(start, input.subprogs[i + 1]?.start ?? insns.length, hasTailCall)
      const typeId = input.funcInfo[i]?.typeId
      subprog.isGlobal = typeId !== undefined && input.btf?.funcLinkage(typeId) === FuncLinkage.GLOBAL
      return subprog
    })
    const { lineInfo } = input
    this.lineInfo = new DataView(lineInfo.buffer, lineInfo.byteOffset, lineInfo.byteLength)
    this.lineBtf = input.btf
    const exceptionCb = input.exceptionCallback ? this.subprogs[input.exceptionCallback] : undefined
    if (exceptionCb) exceptionCb.isCb = exceptionCb.isAsyncCb = exceptionCb.isExceptionCb = true
    this.bpfCapable = capabilities.bpfCapable
    this.allowPtrLeaks = capabilities.allowPtrLeaks
    this.allowUninitStack = capabilities.allowUninitStack && facts.uninitStackAllowed
    this.bypassSpecV1 = capabilities.bypassSpecV1
    this.bypassSpecV4 = capabilities.bypassSpecV4
    this.strictAlignment = (progFlags & STRICT_ALIGNMENT) !== 0 && (progFlags & ANY_ALIGNMENT) === 0
    this.testStateFreq = this.bpfCapable && (progFlags & TEST_STATE_FREQ) !== 0
    this.testRegInvariants = (progFlags & TEST_REG_INVARIANTS) !== 0
    this.hasArena = input.maps.some(({ type }) => type === MapType.ARENA)
    this.explored = new Array<StateNode | undefined>(insns.length).fill(undefined)
  }

  /** cur_func. */
  get frame(): FuncState {
    return this.curState.frame
  }

  /** A register of the current function, to look at. */
  reg(i: number): Reg {
    return this.curState.frame.reg(i)
  }

  /** A register of the current function, to write. */
  own(i: number): RegState {
    return this.curState.frame.own(i)
  }

  /** func: the frame that a stack pointer points into. */
  frameOf(reg: Reg): FuncState {
    return this.curState.frameAt(reg.frameno)
  }

  auxAt(i: number): InsnAux {
    return this.aux[i] as InsnAux
  }

  /** cur_aux. */
  get curAux(): InsnAux {
    return this.aux[this.insnIdx] as InsnAux
  }

  subprog(i: number): SubprogAux {
    return this.subprogs[i] as SubprogAux
  }

  map(i: number): VerifierMap {
    return this.input.maps[i] as VerifierMap
  }

  vmlinux(): Btf {
    return this.kernel.vmlinux()
  }

  /** A struct of the kernel's by name; 0 for none. */
  vmlinuxStruct(name: string): number {
    return this.kernel.vmlinux().findByNameKind(name, Kind.STRUCT) ?? 0
  }

  markRegScratched(i: number): void {
    this.scratchedRegs |= 1 << i
  }

  markSlotScratched(spi: number): void {
    if (spi < 32) this.scratchedLo |= 1 << spi
    else this.scratchedHi |= 1 << (spi - 32)
  }

  slotScratched(spi: number): boolean {
    return ((spi < 32 ? this.scratchedLo >>> spi : this.scratchedHi >>> (spi - 32)) & 1) !== 0
  }

  get stateScratched(): boolean {
    return (this.scratchedRegs | this.scratchedLo | this.scratchedHi) !== 0
  }

  markStateClean(): void {
    this.scratchedRegs = this.scratchedLo = this.scratchedHi = 0
  }

  markStateScratched(): void {
    this.scratchedRegs = this.scratchedLo = this.scratchedHi = -1
  }

  /** verbose. */
  verbose(text: string): void {
    this.log.write(text)
  }

  get inSleepable(): boolean {
    return this.curState.inSleepable
  }

  /** find_subprog; -1 where none begins. */
  findSubprog(start: number): number {
    const i = this.findContainingSubprog(start)
    return this.subprogs[i]?.start === start ? i : -1
  }

  /** bpf_find_containing_subprog. */
  findContainingSubprog(slot: number): number {
    let low = 0
    let high = this.subprogs.length - 1
    while (low < high) {
      const mid = (low + high + 1) >> 1
      if (this.subprog(mid).start <= slot) low = mid
      else high = mid - 1
    }
    return low
  }

  /** subprog_name. */
  subprogName(i: number): string {
    const typeId = this.input.funcInfo[i]?.typeId
    return typeId === undefined ? '' : (this.input.btf?.name(typeId) ?? '')
  }
}

/** Writes a text and refuses the program (verbose, return -errno). */
export function refuse(env: { readonly log: VerifierLog }, errno: number, text = ''): never {
  if (text !== '') env.log.write(text)
  throw new KernelError(errno, text)
}
