import { add32Bounds, add64Bounds } from './scalar.ts'
import { markKnownInt } from './ranges.ts'
import { tnumAdd } from './tnum.ts'
import type { LinkedReg, Reg, VerifierState } from './state.ts'
import { RegState, copyReg } from './state.ts'
import { BPF_ADD_CONST, FP, ID_MASK, RegType } from './types.ts'

/** Scalars that are copies of each other, or a constant apart: what a jump says of one, it says of all. */

const LINKED_REGS_MAX = 6

/** collect_linked_regs: adds those with an id; what is too many loses its id. */
export function collectLinked(state: VerifierState, id: number, linked: LinkedReg[]): void {
  const wanted = id & ID_MASK
  const fits = (reg: Reg): boolean => reg.type === RegType.SCALAR_VALUE && (reg.id & ID_MASK) === wanted
  for (let f = state.curframe; f >= 0; f--) {
    const frame = state.frameAt(f)
    for (let i = 0; i < FP; i++) {
      if (!fits(frame.reg(i))) continue
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
    const reg = isReg ? frame.own(index) : frame.ownSpilled(index)
    const { subregDef, off } = reg
    const same = (reg.id & BPF_ADD_CONST) === 0 && (known.id & BPF_ADD_CONST) === 0
    if (same || off === known.off) {
      copyReg(reg, known)
      reg.subregDef = subregDef
      continue
    }
    const apart = (off - known.off) | 0
    copyReg(reg, known)
    reg.off = off
    reg.subregDef = subregDef
    markKnownInt(delta, apart)
    add32Bounds(reg, delta)
    add64Bounds(reg, delta)
    tnumAdd(reg, reg, delta)
  }
}
