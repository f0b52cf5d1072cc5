import type { Btf } from '../../btf/btf.ts'
import type { VerifierMap } from './input.ts'
import { BPF_MAIN_FUNC, MAX_BPF_REG, RegType, StackType } from './types.ts'

/**
 * What the verifier knows at one point of a path: registers, stack slots, frames, references (struct bpf_reg_state and
 * its kin).
 *
 * States are copied at every branch and kept in thousands, but each differs from the next in a few registers. So
 * registers are shared between copies and copied when they're written: `reg(i)` looks, `own(i)` gives one that may be
 * changed. What `own` gave may be written until the state is copied next (push_stack, a checkpoint); ask again after.
 */

/**
 * One register, or the one that is spilled into a stack slot. 64-bit numbers are pairs of words, as int64.ts has them;
 * 32-bit bounds are int32 whatever their sign.
 */
export class RegState {
  /** Some other state may refer to this object too. Never cleared: the last one to write copies once more. */
  shared = false
  type: number = RegType.NOT_INIT
  /** Fixed part of a pointer's offset, or what a linked scalar is more than the other. */
  off = 0
  // The union of struct bpf_reg_state: cleared together (clearUnion).
  /** Packet pointers: bytes that are safe to access; AT_PKT_END, BEYOND_PKT_END. */
  range = 0
  map: VerifierMap | undefined = undefined
  /** Not 0 for pointers into an inner map: which look-up it came from. */
  mapUid = 0
  btf: Btf | undefined = undefined
  btfId = 0
  memSize = 0
  /** Of which dynptr a memory region is a slice. */
  dynptrId = 0
  dynptrType = 0
  firstSlot = false
  iterState = 0
  iterDepth = 0
  irqClass = 0
  subprogno = 0
  // var_off: known bits, and a mask of those that aren't.
  valHi = 0
  valLo = 0
  maskHi = 0
  maskLo = 0
  sminHi = 0
  sminLo = 0
  smaxHi = 0
  smaxLo = 0
  uminHi = 0
  uminLo = 0
  umaxHi = 0
  umaxLo = 0
  s32Min = 0
  s32Max = 0
  u32Min = 0
  u32Max = 0
  id = 0
  refObjId = 0
  frameno = 0
  /** One more than the instruction that wrote only the low half; 0 (DEF_NOT_SUBREG) when all of it is written. */
  subregDef = 0
  precise = false
  /** Only what `own` gives has this, so that the compiler tells both apart. */
  declare readonly writable: true
}

/** A register to look at. */
export type Reg = Readonly<Omit<RegState, 'writable'>>

/** *dst = *src. */
export function copyReg(dst: RegState, src: Reg): void {
  dst.type = src.type
  dst.off = src.off
  dst.range = src.range
  dst.map = src.map
  dst.mapUid = src.mapUid
  dst.btf = src.btf
  dst.btfId = src.btfId
  dst.memSize = src.memSize
  dst.dynptrId = src.dynptrId
  dst.dynptrType = src.dynptrType
  dst.firstSlot = src.firstSlot
  dst.iterState = src.iterState
  dst.iterDepth = src.iterDepth
  dst.irqClass = src.irqClass
  dst.subprogno = src.subprogno
  dst.valHi = src.valHi
  dst.valLo = src.valLo
  dst.maskHi = src.maskHi
  dst.maskLo = src.maskLo
  copyBounds(dst, src)
  dst.id = src.id
  dst.refObjId = src.refObjId
  dst.frameno = src.frameno
  dst.subregDef = src.subregDef
  dst.precise = src.precise
}

function copyBounds(dst: RegState, src: Reg): void {
  dst.sminHi = src.sminHi
  dst.sminLo = src.sminLo
  dst.smaxHi = src.smaxHi
  dst.smaxLo = src.smaxLo
  dst.uminHi = src.uminHi
  dst.uminLo = src.uminLo
  dst.umaxHi = src.umaxHi
  dst.umaxLo = src.umaxLo
  dst.s32Min = src.s32Min
  dst.s32Max = src.s32Max
  dst.u32Min = src.u32Min
  dst.u32Max = src.u32Max
}

export function cloneReg(src: Reg): RegState {
  const reg = new RegState()
  copyReg(reg, src)
  return reg
}

/** Clears the union: map, btf, sizes, dynptr and iterator facts. */
export function clearUnion(reg: RegState): void {
  reg.range = 0
  reg.map = undefined
  reg.mapUid = 0
  reg.btf = undefined
  reg.btfId = 0
  reg.memSize = 0
  reg.dynptrId = 0
  reg.dynptrType = 0
  reg.firstSlot = false
  reg.iterState = 0
  reg.iterDepth = 0
  reg.irqClass = 0
  reg.subprogno = 0
}

/** dst.raw = src.raw: the union alone. */
export function copyUnion(dst: RegState, src: Reg): void {
  dst.range = src.range
  dst.map = src.map
  dst.mapUid = src.mapUid
  dst.btf = src.btf
  dst.btfId = src.btfId
  dst.memSize = src.memSize
  dst.dynptrId = src.dynptrId
  dst.dynptrType = src.dynptrType
  dst.firstSlot = src.firstSlot
  dst.iterState = src.iterState
  dst.iterDepth = src.iterDepth
  dst.irqClass = src.irqClass
  dst.subprogno = src.subprogno
}

/** struct bpf_reference_state. Objects are never changed, so that states share them. */
export interface RefState {
  /** RefType. */
  readonly type: number
  readonly id: number
  readonly insnIdx: number
  /** A lock's map, BTF or other owner. */
  readonly ptr: unknown
  /** The frame of the callback that acquired it; 0 outside of callbacks. */
  readonly callbackRef: number
  /** The reference that this one is part of; 0 for none. */
  readonly parentId: number
}

/** A range of return values (struct bpf_retval_range). */
export interface RetvalRange {
  readonly min: number
  readonly max: number
}

/** The eight bytes of a stack slot, four bits each, the lowest address in the lowest bits. */
export const ALL_INVALID = 0
export const ALL_SPILL = 0x11111111
export const ALL_MISC = 0x22222222
export const ALL_ZERO = 0x33333333
export const ALL_DYNPTR = 0x44444444
export const ALL_ITER = 0x55555555
export const ALL_IRQ_FLAG = 0x66666666

const noReg = new RegState()
noReg.shared = true

/** One call's registers and stack (struct bpf_func_state). */
export class FuncState {
  private readonly regs: RegState[]
  /** StackType of each byte, a slot in one number; slot 0 is fp-8 to fp-1. */
  private readonly types: number[]
  private readonly spills: RegState[]
  callsite: number
  frameno: number
  subprogno: number
  asyncEntryCnt = 0
  callbackRetRange: RetvalRange = { min: 0, max: 0 }
  inCallbackFn = false
  inAsyncCallbackFn = false
  inExceptionCallbackFn = false
  callbackDepth = 0
  /** Registers, and slots, that were written since the last kept state (REG_LIVE_WRITTEN): only logs tell. */
  writtenRegs = 0
  private writtenLo = 0
  private writtenHi = 0

  private constructor(regs: RegState[], types: number[], spilled: RegState[], from: FuncState | undefined) {
    this.regs = regs
    this.types = types
    this.spills = spilled
    this.callsite = from?.callsite ?? BPF_MAIN_FUNC
    this.frameno = from?.frameno ?? 0
    this.subprogno = from?.subprogno ?? 0
  }

  static make(callsite: number, frameno: number, subprogno: number): FuncState {
    const regs: RegState[] = []
    for (let i = 0; i < MAX_BPF_REG; i++) regs.push(new RegState())
    const state = new FuncState(regs, [], [], undefined)
    state.callsite = callsite
    state.frameno = frameno
    state.subprogno = subprogno
    return state
  }

  /** copy_func_state. */
  copy(): FuncState {
    const regs = this.regs.slice()
    const spilled = this.spills.slice()
    for (let i = 0; i < regs.length; i++) (regs[i] as RegState).shared = true
    for (let i = 0; i < spilled.length; i++) (spilled[i] as RegState).shared = true
    const to = new FuncState(regs, this.types.slice(), spilled, this)
    to.asyncEntryCnt = this.asyncEntryCnt
    to.callbackRetRange = this.callbackRetRange
    to.inCallbackFn = this.inCallbackFn
    to.inAsyncCallbackFn = this.inAsyncCallbackFn
    to.inExceptionCallbackFn = this.inExceptionCallbackFn
    to.callbackDepth = this.callbackDepth
    to.writtenRegs = this.writtenRegs
    to.writtenLo = this.writtenLo
    to.writtenHi = this.writtenHi
    return to
  }

  markSlotWritten(spi: number): void {
    if (spi < 32) this.writtenLo |= 1 << spi
    else this.writtenHi |= 1 << (spi - 32)
  }

  isSlotWritten(spi: number): boolean {
    return ((spi < 32 ? this.writtenLo >>> spi : this.writtenHi >>> (spi - 32)) & 1) !== 0
  }

  clearWritten(): void {
    this.writtenRegs = this.writtenLo = this.writtenHi = 0
  }

  reg(i: number): Reg {
    return this.regs[i] as RegState
  }

  /** A register to write. */
  own(i: number): RegState {
    const reg = this.regs[i] as RegState
    return reg.shared ? (this.regs[i] = cloneReg(reg)) : reg
  }

  /** regs[i] = *src. @returns the copy, to write. */
  put(i: number, src: Reg): RegState {
    const reg = this.regs[i] as RegState
    if (reg.shared) return (this.regs[i] = cloneReg(src))
    copyReg(reg, src)
    return reg
  }

  /** Number of slots (allocated_stack / 8). */
  get slots(): number {
    return this.types.length
  }

  get allocatedStack(): number {
    return this.types.length * 8
  }

  /** realloc_array: new slots are invalid. */
  grow(slots: number): void {
    while (this.types.length < slots) {
      this.types.push(ALL_INVALID)
      this.spills.push(noReg)
    }
  }

  /** All bytes of a slot. */
  slotTypes(spi: number): number {
    return this.types[spi] as number
  }

  setSlotTypes(spi: number, types: number): void {
    this.types[spi] = types
  }

  /** slot_type[j]. */
  slotType(spi: number, j: number): number {
    return ((this.types[spi] as number) >>> (j * 4)) & 15
  }

  setSlotType(spi: number, j: number, type: number): void {
    const shift = j * 4
    this.types[spi] = ((this.types[spi] as number) & ~(15 << shift)) | (type << shift)
  }

  /** Forgets a slot: invalid bytes, no register. */
  clearSlot(spi: number): void {
    this.types[spi] = ALL_INVALID
    this.spills[spi] = noReg
  }

  /** spilled_ptr. */
  spilled(spi: number): Reg {
    return this.spills[spi] as RegState
  }

  ownSpilled(spi: number): RegState {
    const reg = this.spills[spi] as RegState
    return reg.shared ? (this.spills[spi] = cloneReg(reg)) : reg
  }

  /** spilled_ptr = *src. @returns the copy, to write. */
  putSpilled(spi: number, src: Reg): RegState {
    const reg = this.spills[spi] as RegState
    if (reg.shared) return (this.spills[spi] = cloneReg(src))
    copyReg(reg, src)
    return reg
  }

  /** is_spilled_reg. */
  isSpilledReg(spi: number): boolean {
    return (this.types[spi] as number) >>> 28 === StackType.SPILL
  }

  /** is_spilled_scalar_reg. */
  isSpilledScalar(spi: number): boolean {
    return this.isSpilledReg(spi) && (this.spills[spi] as RegState).type === RegType.SCALAR_VALUE
  }

  /** is_spilled_scalar_reg64. */
  isSpilledScalar64(spi: number): boolean {
    return (
      ((this.types[spi] as number) & 15) === StackType.SPILL &&
      (this.spills[spi] as RegState).type === RegType.SCALAR_VALUE
    )
  }

  /** is_stack_slot_special. */
  isSpecial(spi: number): boolean {
    const type = (this.types[spi] as number) >>> 28
    return type !== StackType.INVALID && type !== StackType.MISC && type !== StackType.ZERO
  }
}

/** struct bpf_jmp_history_entry. Never changed, so that states share them. */
export interface JmpHistoryEntry {
  readonly idx: number
  readonly prevIdx: number
  /** InsnFlag bits. */
  readonly flags: number
  /** Registers that gained a range together here; undefined for none. */
  readonly linkedRegs: readonly LinkedReg[] | undefined
}

/** struct linked_reg: a register or a spilled one. */
export interface LinkedReg {
  readonly frameno: number
  /** Register number, or slot. */
  readonly index: number
  readonly isReg: boolean
}

/** A whole call stack (struct bpf_verifier_state). */
export class VerifierState {
  /** Frames 0 to curframe. */
  frames: FuncState[] = []
  curframe = 0
  parent: VerifierState | undefined = undefined
  /** The list node, for states that are kept (struct bpf_verifier_state_list). */
  node: StateNode | undefined = undefined
  refs: readonly RefState[] = []
  branches = 0
  insnIdx = 0
  activeLocks = 0
  activePreemptLocks = 0
  activeIrqId = 0
  activeLockId = 0
  activeLockPtr: unknown = undefined
  activeRcuLocks = 0
  speculative = false
  inSleepable = false
  cleaned = false
  firstInsnIdx = 0
  lastInsnIdx = 0
  equalState: VerifierState | undefined = undefined
  jmpHistory: JmpHistoryEntry[] = []
  dfsDepth = 0
  callbackUnrollDepth = 0
  mayGotoDepth = 0

  get frame(): FuncState {
    return this.frames[this.curframe] as FuncState
  }

  frameAt(frameno: number): FuncState {
    return this.frames[frameno] as FuncState
  }

  /** copy_verifier_state: `this` becomes what `src` is. insnIdx stays. */
  assign(src: VerifierState): void {
    this.jmpHistory = src.jmpHistory.slice()
    this.refs = src.refs
    this.activeLocks = src.activeLocks
    this.activePreemptLocks = src.activePreemptLocks
    this.activeRcuLocks = src.activeRcuLocks
    this.activeIrqId = src.activeIrqId
    this.activeLockId = src.activeLockId
    this.activeLockPtr = src.activeLockPtr
    this.speculative = src.speculative
    this.inSleepable = src.inSleepable
    this.cleaned = src.cleaned
    this.curframe = src.curframe
    this.branches = src.branches
    this.parent = src.parent
    this.firstInsnIdx = src.firstInsnIdx
    this.lastInsnIdx = src.lastInsnIdx
    this.dfsDepth = src.dfsDepth
    this.callbackUnrollDepth = src.callbackUnrollDepth
    this.mayGotoDepth = src.mayGotoDepth
    this.equalState = src.equalState
    const frames: FuncState[] = []
    for (let i = 0; i <= src.curframe; i++) frames.push((src.frames[i] as FuncState).copy())
    this.frames = frames
  }
}

/** A kept state in the list of its instruction (struct bpf_verifier_state_list). */
export class StateNode {
  readonly state: VerifierState
  next: StateNode | undefined = undefined
  prev: StateNode | undefined = undefined
  missCnt = 0
  hitCnt = 0
  inFreeList = false

  constructor(state: VerifierState) {
    this.state = state
    state.node = this
  }
}

/**
 * Changes the registers and the spilled ones, of all frames, for which `test` holds (bpf_for_each_reg_in_vstate).
 */
export function changeRegs(state: VerifierState, test: (reg: Reg) => boolean, change: (reg: RegState) => void): void {
  for (let f = 0; f <= state.curframe; f++) {
    const frame = state.frameAt(f)
    for (let i = 0; i < MAX_BPF_REG; i++) if (test(frame.reg(i))) change(frame.own(i))
    for (let i = 0; i < frame.slots; i++) {
      if (frame.isSpilledReg(i) && test(frame.spilled(i))) change(frame.ownSpilled(i))
    }
  }
}
