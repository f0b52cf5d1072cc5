import type { VerifierEnv } from './env.ts'
import { ltS64, ltU64 } from './int64.ts'
import { frameInsnIdx } from './scc.ts'
import { markUnknown, markUnknownImprecise } from './ranges.ts'
import type { FuncState, Reg, VerifierState } from './state.ts'
import { ALL_INVALID, RegState } from './state.ts'
import { tnumIn } from './tnum.ts'
import { facts } from './versions.ts'
import {
  BPF_ADD_CONST,
  ID_MASK,
  IterState,
  LOCK_MASK,
  MAX_BPF_REG,
  REG_SIZE,
  RegType,
  StackType,
  baseType,
} from './types.ts'

/** Whether one state is as safe as another that was found to be safe (states_equal). */

/** enum exact_level. */
export const Exact = { NOT_EXACT: 0, EXACT: 1, RANGE_WITHIN: 2 } as const
type ExactLevel = (typeof Exact)[keyof typeof Exact]

/** Which id of the current state stands for which of the old one (struct bpf_idmap). */
class IdMap {
  readonly #old: number[] = []
  readonly #cur: number[] = []
  #tmpIdGen = 0

  /** reset_idmap_scratch. */
  reset(idGen: number): void {
    this.#old.length = 0
    this.#cur.length = 0
    this.#tmpIdGen = idGen
  }

  /** check_ids. */
  check(old: number, cur: number): boolean {
    if (old === 0 || cur === 0) return old === cur
    const olds = this.#old
    const curs = this.#cur
    for (let i = 0; i < olds.length; i++) {
      if (olds[i] === old) return curs[i] === cur
      if (curs[i] === cur) return false
    }
    olds.push(old)
    curs.push(cur)
    return true
  }

  /** check_scalar_ids: an id that isn't there is like one that nobody else has. */
  checkScalar(old: number, cur: number): boolean {
    if (!facts.unlinkedCoversLinked) return this.check(old || ++this.#tmpIdGen, cur || ++this.#tmpIdGen)
    if (old === 0) return true
    const now = cur || ++this.#tmpIdGen
    if (!this.check(old, now)) return false
    // What is a constant more than another number must be that of the same one.
    return (old & BPF_ADD_CONST) === 0 || this.check(old & ID_MASK, now & ID_MASK)
  }
}

const idmap = new IdMap()

/** range_within. */
function rangeWithin(old: Reg, cur: Reg): boolean {
  return (
    !ltU64(cur.uminHi, cur.uminLo, old.uminHi, old.uminLo) &&
    !ltU64(old.umaxHi, old.umaxLo, cur.umaxHi, cur.umaxLo) &&
    !ltS64(cur.sminHi, cur.sminLo, old.sminHi, old.sminLo) &&
    !ltS64(old.smaxHi, old.smaxLo, cur.smaxHi, cur.smaxLo) &&
    old.u32Min >>> 0 <= cur.u32Min >>> 0 &&
    old.u32Max >>> 0 >= cur.u32Max >>> 0 &&
    old.s32Min <= cur.s32Min &&
    old.s32Max >= cur.s32Max
  )
}

/** memcmp up to var_off: type, offset and the union. */
function sameHead(a: Reg, b: Reg): boolean {
  return (
    a.type === b.type &&
    a.off === b.off &&
    a.range === b.range &&
    a.map === b.map &&
    a.mapUid === b.mapUid &&
    a.btf === b.btf &&
    a.btfId === b.btfId &&
    a.memSize === b.memSize &&
    a.dynptrId === b.dynptrId &&
    a.dynptrType === b.dynptrType &&
    a.firstSlot === b.firstSlot &&
    a.iterState === b.iterState &&
    a.iterDepth === b.iterDepth &&
    a.irqClass === b.irqClass &&
    a.subprogno === b.subprogno
  )
}

/** memcmp up to id. */
function sameValue(a: Reg, b: Reg): boolean {
  return (
    a === b ||
    (sameHead(a, b) &&
      a.valHi === b.valHi &&
      a.valLo === b.valLo &&
      a.maskHi === b.maskHi &&
      a.maskLo === b.maskLo &&
      a.sminHi === b.sminHi &&
      a.sminLo === b.sminLo &&
      a.smaxHi === b.smaxHi &&
      a.smaxLo === b.smaxLo &&
      a.uminHi === b.uminHi &&
      a.uminLo === b.uminLo &&
      a.umaxHi === b.umaxHi &&
      a.umaxLo === b.umaxLo &&
      a.s32Min === b.s32Min &&
      a.s32Max === b.s32Max &&
      a.u32Min === b.u32Min &&
      a.u32Max === b.u32Max)
  )
}

/** regs_exact. */
function regsExact(old: Reg, cur: Reg): boolean {
  return sameValue(old, cur) && idmap.check(old.id, cur.id) && idmap.check(old.refObjId, cur.refObjId)
}

/** widen_imprecise_scalars: what changed from one turn of a loop to the next, and nobody needs to know, is forgotten. */
export function widenImpreciseScalars(env: VerifierEnv, old: VerifierState, cur: VerifierState): void {
  idmap.reset(env.idGen)
  const changed = (a: Reg, b: Reg): boolean =>
    a.type === RegType.SCALAR_VALUE && b.type === RegType.SCALAR_VALUE && !a.precise && !b.precise && !regsExact(a, b)
  for (let f = old.curframe; f >= 0; f--) {
    const before = old.frameAt(f)
    const now = cur.frameAt(f)
    for (let i = 0; i < MAX_BPF_REG; i++) if (changed(before.reg(i), now.reg(i))) markUnknown(env, now.own(i))
    const slots = Math.min(before.slots, now.slots)
    for (let i = 0; i < slots; i++) {
      if (!before.isSpilledReg(i) || !now.isSpilledReg(i)) continue
      if (changed(before.spilled(i), now.spilled(i))) markUnknown(env, now.ownSpilled(i))
    }
  }
}

/** regsafe. */
function regSafe(env: VerifierEnv, old: Reg, cur: Reg, exact: ExactLevel): boolean {
  if (exact === Exact.EXACT) return regsExact(old, cur)
  if (old.type === RegType.NOT_INIT && (exact === Exact.NOT_EXACT || cur.type === RegType.NOT_INIT)) return true
  if (old.type !== cur.type) return false
  switch (baseType(old.type)) {
    case RegType.SCALAR_VALUE:
      if (env.exploreAluLimits) return sameValue(old, cur) && idmap.checkScalar(old.id, cur.id)
      if (!old.precise && exact === Exact.NOT_EXACT) return true
      if (old.id || !facts.unlinkedCoversLinked) {
        if ((old.id & BPF_ADD_CONST) !== (cur.id & BPF_ADD_CONST)) return false
      }
      if (old.id & BPF_ADD_CONST && old.off !== cur.off) return false
      if (facts.unlinkedCoversLinked && !idmap.checkScalar(old.id, cur.id)) return false
      if (!rangeWithin(old, cur) || !tnumIn(old, cur)) return false
      return facts.unlinkedCoversLinked || idmap.checkScalar(old.id, cur.id)
    case RegType.PTR_TO_MAP_KEY:
    case RegType.PTR_TO_MAP_VALUE:
    case RegType.PTR_TO_MEM:
    case RegType.PTR_TO_BUF:
    case RegType.PTR_TO_TP_BUFFER:
      return (
        sameHead(old, cur) &&
        rangeWithin(old, cur) &&
        tnumIn(old, cur) &&
        idmap.check(old.id, cur.id) &&
        idmap.check(old.refObjId, cur.refObjId)
      )
    case RegType.PTR_TO_PACKET_META:
    case RegType.PTR_TO_PACKET:
      if (old.range > cur.range || old.off !== cur.off) return false
      return idmap.check(old.id, cur.id) && rangeWithin(old, cur) && tnumIn(old, cur)
    case RegType.PTR_TO_STACK:
      return regsExact(old, cur) && old.frameno === cur.frameno
    case RegType.PTR_TO_ARENA:
      return true
    default:
      return regsExact(old, cur)
  }
}

const unboundReg = new RegState()
markUnknownImprecise(unboundReg)

/** is_stack_all_misc. */
function isAllMisc(env: VerifierEnv, frame: FuncState, spi: number): boolean {
  for (let j = 0; j < REG_SIZE; j++) {
    const type = frame.slotType(spi, j)
    if (type === StackType.MISC || (type === StackType.INVALID && env.allowUninitStack)) continue
    return false
  }
  return true
}

/** scalar_reg_for_stack. */
function scalarForSlot(env: VerifierEnv, frame: FuncState, spi: number): Reg | undefined {
  if (frame.isSpilledScalar64(spi)) return frame.spilled(spi)
  return isAllMisc(env, frame, spi) ? unboundReg : undefined
}

/** stacksafe. */
function stackSafe(env: VerifierEnv, old: FuncState, cur: FuncState, exact: ExactLevel): boolean {
  for (let spi = 0; spi < old.slots; spi++) {
    if (exact === Exact.NOT_EXACT && old.slotTypes(spi) === ALL_INVALID) continue
    if (!slotSafe(env, old, cur, spi, exact)) return false
  }
  return true
}

/** One slot, byte by byte as the kernel looks at it. */
function slotSafe(env: VerifierEnv, old: FuncState, cur: FuncState, spi: number, exact: ExactLevel): boolean {
  const there = spi < cur.slots
  for (let j = 0; j < REG_SIZE; j++) {
    const oldType = old.slotType(spi, j)
    const curType = there ? cur.slotType(spi, j) : StackType.INVALID
    if (exact !== Exact.NOT_EXACT && (!there || oldType !== curType)) return false
    if (oldType === StackType.INVALID) continue
    if (env.allowUninitStack && oldType === StackType.MISC) continue
    if (!there) return false
    const oldReg = scalarForSlot(env, old, spi)
    const curReg = oldReg && scalarForSlot(env, cur, spi)
    if (oldReg && curReg) {
      // Only at the first byte: what makes both registers makes every byte be looked at, or none.
      return regSafe(env, oldReg, curReg, exact)
    }
    if (oldType === StackType.MISC && curType === StackType.ZERO) continue
    if (oldType !== curType) return false
    if (j !== REG_SIZE - 1) continue
    if (!lastByteSafe(env, old, cur, spi, oldType, exact)) return false
  }
  return true
}

/** What the last byte of a slot stands for: a register, a dynptr, an iterator. */
function lastByteSafe(
  env: VerifierEnv,
  old: FuncState,
  cur: FuncState,
  spi: number,
  type: number,
  exact: ExactLevel,
): boolean {
  const a = old.spilled(spi)
  const b = cur.spilled(spi)
  switch (type) {
    case StackType.SPILL:
      return regSafe(env, a, b, exact)
    case StackType.DYNPTR:
      return a.dynptrType === b.dynptrType && a.firstSlot === b.firstSlot && idmap.check(a.refObjId, b.refObjId)
    case StackType.ITER:
      return (
        a.btf === b.btf && a.btfId === b.btfId && a.iterState === b.iterState && idmap.check(a.refObjId, b.refObjId)
      )
    case StackType.IRQ_FLAG:
      return idmap.check(a.refObjId, b.refObjId) && a.irqClass === b.irqClass
    default:
      return true
  }
}

/** refsafe. */
function refsSafe(old: VerifierState, cur: VerifierState): boolean {
  if (
    old.refs.length !== cur.refs.length ||
    old.activeLocks !== cur.activeLocks ||
    old.activePreemptLocks !== cur.activePreemptLocks ||
    old.activeRcuLocks !== cur.activeRcuLocks ||
    !idmap.check(old.activeIrqId, cur.activeIrqId) ||
    !idmap.check(old.activeLockId, cur.activeLockId) ||
    old.activeLockPtr !== cur.activeLockPtr
  ) {
    return false
  }
  return old.refs.every((ref, i) => {
    const other = cur.refs[i]
    if (!other || !idmap.check(ref.id, other.id) || ref.type !== other.type) return false
    return (ref.type & LOCK_MASK) === 0 || ref.ptr === other.ptr
  })
}

/** func_states_equal. */
function framesEqual(env: VerifierEnv, old: FuncState, cur: FuncState, insnIdx: number, exact: ExactLevel): boolean {
  if (old.callbackDepth > cur.callbackDepth) return false
  const live = env.auxAt(insnIdx).liveRegsBefore
  for (let i = 0; i < MAX_BPF_REG; i++) {
    if ((live >>> i) & 1 && !regSafe(env, old.reg(i), cur.reg(i), exact)) return false
  }
  return stackSafe(env, old, cur, exact)
}

/** states_equal. */
export function statesEqual(env: VerifierEnv, old: VerifierState, cur: VerifierState, exact: ExactLevel): boolean {
  if (old.curframe !== cur.curframe) return false
  idmap.reset(env.idGen)
  if (old.speculative && !cur.speculative) return false
  if (old.inSleepable !== cur.inSleepable) return false
  if (!refsSafe(old, cur)) return false
  for (let i = 0; i <= old.curframe; i++) {
    const a = old.frameAt(i)
    const b = cur.frameAt(i)
    if (a.callsite !== b.callsite) return false
    if (!framesEqual(env, a, b, frameInsnIdx(old, i), exact)) return false
  }
  return true
}

/** states_maybe_looping: a quick look, registers of the current function only. */
export function maybeLooping(old: VerifierState, cur: VerifierState): boolean {
  if (old.curframe !== cur.curframe) return false
  const a = old.frame
  const b = cur.frame
  for (let i = 0; i < MAX_BPF_REG; i++) {
    const x = a.reg(i)
    const y = b.reg(i)
    if (!sameValue(x, y) || x.id !== y.id || x.refObjId !== y.refObjId) return false
  }
  return true
}

/** iter_active_depths_differ. */
export function iterDepthsDiffer(old: VerifierState, cur: VerifierState): boolean {
  for (let f = old.curframe; f >= 0; f--) {
    const frame = old.frameAt(f)
    for (let i = 0; i < frame.slots; i++) {
      if (frame.slotType(i, 0) !== StackType.ITER) continue
      const slot = frame.spilled(i)
      if (slot.iterState !== IterState.ACTIVE) continue
      if (cur.frameAt(f).spilled(i).iterDepth !== slot.iterDepth) return true
    }
  }
  return false
}
