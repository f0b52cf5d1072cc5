import type { VerifierEnv } from './env.ts'
import { hi, sub64 } from './int64.ts'
import { markKnown, syncBounds, zext32To64 } from './ranges.ts'
import { add32Bounds, add64Bounds } from './scalar.ts'
import { frameInsnIdx } from './scc.ts'
import type { LinkedReg, Reg, VerifierState } from './state.ts'
import { RegState, copyReg } from './state.ts'
import { tnumAdd } from './tnum.ts'
import { BPF_ADD_CONST, BPF_ADD_CONST32, FP, ID_MASK, RegType } from './types.ts'
import { facts } from './versions.ts'

/** Scalars that are copies of each other, or a constant apart: what a jump says of one, it says of all. */

const LINKED_REGS_MAX = 6

/** collect_linked_regs: adds those with an id; what is too many loses its id. */
export function collectLinked(env: VerifierEnv, state: VerifierState, id: number, linked: LinkedReg[]): void {
  const wanted = id & ID_MASK
  const fits = (reg: Reg): boolean => reg.type === RegType.SCALAR_VALUE && (reg.id & ID_MASK) === wanted
  for (let f = state.curframe; f >= 0; f--) {
    const frame = state.frameAt(f)
    const live = facts.onlyLiveLinked ? env.auxAt(frameInsnIdx(state, f)).liveRegsBefore : -1
    for (let i = 0; i < FP; i++) {
      if (((live >>> i) & 1) === 0 || !fits(frame.reg(i))) continue
      if (linked.length < LINKED_REGS_MAX) linked.push({ frameno: f, index: i, isReg: true })
      else frame.own(i).id = 0
    }
    for (let i = 0; i < frame.slots; i++) {
      if (!frame.isSpilledReg(i) || !fits(frame.spilled(i))) continue
      if (linked.length < LINKED_REGS_MAX) linked.push({ frameno: f, index: i, isReg: false })
      else frame.ownSpilled(i).id = 0
    }
  }
}

const delta = new RegState()
delta.type = RegType.SCALAR_VALUE

/** sync_linked_regs: gives what is known of one to the others. */
export function syncLinkedRegs(state: VerifierState, known: Reg, linked: readonly LinkedReg[]): void {
  for (const { frameno, index, isReg } of linked) {
    const frame = state.frameAt(frameno)
    const seen = isReg ? frame.reg(index) : frame.spilled(index)
    if (seen.type !== RegType.SCALAR_VALUE || seen === known) continue
    if ((seen.id & ID_MASK) !== (known.id & ID_MASK)) continue
    // A sum of 32 bits and one of 64 are no constant apart.
    if (((seen.id ^ known.id) & BPF_ADD_CONST) === BPF_ADD_CONST) continue
    const reg = isReg ? frame.own(index) : frame.ownSpilled(index)
    const { subregDef, off, id } = reg
    const same = (reg.id & BPF_ADD_CONST) === 0 && (known.id & BPF_ADD_CONST) === 0
    copyReg(reg, known)
    reg.subregDef = subregDef
    if (!same && off !== known.off) moveBy(reg, known, off, id)
  }
}

/** The register is not the known one itself, but that and a constant. */
function moveBy(reg: RegState, known: Reg, off: number, id: number): void {
  reg.off = off
  if (facts.linkKeepsId) reg.id = id
  const apart = sub64(off >> 31, off, known.off >> 31, known.off)
  markKnown(delta, facts.linksOfAllWidths ? hi : apart >> 31, apart)
  add32Bounds(reg, delta)
  add64Bounds(reg, delta)
  tnumAdd(reg, reg, delta)
  if (!facts.linksOfAllWidths) return
  if ((id | known.id) & BPF_ADD_CONST32) zext32To64(reg)
  syncBounds(reg)
}
