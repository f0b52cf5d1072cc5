import { Jmp, Source } from '../../isa/opcode.ts'
import type { VerifierEnv } from './env.ts'
import { flipOpcode } from './branch-taken.ts'
import { add64, hi, ltS64, ltU64, maxU32, minU32, sub64 } from './int64.ts'
import {
  checkSane,
  combine32Into64,
  combine64Into32,
  isRegConst,
  mark32Known,
  markUnbounded,
  setKnown,
  syncBounds,
} from './ranges.ts'
import type { Reg } from './state.ts'
import { RegState, copyReg } from './state.ts'
import { RegType } from './types.ts'
import { facts } from './versions.ts'

/** What a conditional jump says about its operands, on either side of it (reg_set_min_max). */

/** JSET has no opposite: this stands for it. */
const NOT_JSET = Jmp.JSET | Source.X

const opposites: Readonly<Record<number, number>> = {
  [Jmp.JEQ]: Jmp.JNE,
  [Jmp.JNE]: Jmp.JEQ,
  [Jmp.JSET]: NOT_JSET,
  [NOT_JSET]: Jmp.JSET,
  [Jmp.JGE]: Jmp.JLT,
  [Jmp.JGT]: Jmp.JLE,
  [Jmp.JLE]: Jmp.JGT,
  [Jmp.JLT]: Jmp.JGE,
  [Jmp.JSGE]: Jmp.JSLT,
  [Jmp.JSGT]: Jmp.JSLE,
  [Jmp.JSLE]: Jmp.JSGT,
  [Jmp.JSLT]: Jmp.JSGE,
}

function lowerUmax(reg: RegState, high: number, lo: number): void {
  if (!ltU64(high, lo, reg.umaxHi, reg.umaxLo)) return
  reg.umaxHi = high
  reg.umaxLo = lo
}

function raiseUmin(reg: RegState, high: number, lo: number): void {
  if (!ltU64(reg.uminHi, reg.uminLo, high, lo)) return
  reg.uminHi = high
  reg.uminLo = lo
}

function lowerSmax(reg: RegState, high: number, lo: number): void {
  if (!ltS64(high, lo, reg.smaxHi, reg.smaxLo)) return
  reg.smaxHi = high
  reg.smaxLo = lo
}

function raiseSmin(reg: RegState, high: number, lo: number): void {
  if (!ltS64(reg.sminHi, reg.sminLo, high, lo)) return
  reg.sminHi = high
  reg.sminLo = lo
}

/** Both have the same value. */
function refineEqual(a: RegState, b: RegState, narrow: boolean): void {
  if (narrow) {
    a.u32Min = b.u32Min = maxU32(a.u32Min, b.u32Min)
    a.u32Max = b.u32Max = minU32(a.u32Max, b.u32Max)
    a.s32Min = b.s32Min = Math.max(a.s32Min, b.s32Min)
    a.s32Max = b.s32Max = Math.min(a.s32Max, b.s32Max)
  } else {
    raiseUmin(a, b.uminHi, b.uminLo)
    lowerUmax(a, b.umaxHi, b.umaxLo)
    raiseSmin(a, b.sminHi, b.sminLo)
    lowerSmax(a, b.smaxHi, b.smaxLo)
    b.uminHi = a.uminHi
    b.uminLo = a.uminLo
    b.umaxHi = a.umaxHi
    b.umaxLo = a.umaxLo
    b.sminHi = a.sminHi
    b.sminLo = a.sminLo
    b.smaxHi = a.smaxHi
    b.smaxLo = a.smaxLo
    const muHi = a.maskHi & b.maskHi
    a.valHi = b.valHi = (a.valHi | b.valHi) & ~muHi
    a.maskHi = b.maskHi = muHi
  }
  const muLo = a.maskLo & b.maskLo
  a.valLo = b.valLo = (a.valLo | b.valLo) & ~muLo
  a.maskLo = b.maskLo = muLo
}

/** `reg` isn't this number: that says something where it's a bound. */
function refineUnequal(reg: RegState, valHi: number, valLo: number, narrow: boolean): void {
  if (narrow) {
    if (reg.u32Min === valLo) reg.u32Min = (reg.u32Min + 1) | 0
    if (reg.u32Max === valLo) reg.u32Max = (reg.u32Max - 1) | 0
    if (reg.s32Min === valLo) reg.s32Min = (reg.s32Min + 1) | 0
    if (reg.s32Max === valLo) reg.s32Max = (reg.s32Max - 1) | 0
    return
  }
  const upLo = add64(valHi, valLo, 0, 1)
  const upHi = hi
  const downLo = sub64(valHi, valLo, 0, 1)
  const downHi = hi
  if (reg.uminHi === valHi && reg.uminLo === valLo) {
    reg.uminHi = upHi
    reg.uminLo = upLo
  }
  if (reg.umaxHi === valHi && reg.umaxLo === valLo) {
    reg.umaxHi = downHi
    reg.umaxLo = downLo
  }
  if (reg.sminHi === valHi && reg.sminLo === valLo) {
    reg.sminHi = upHi
    reg.sminLo = upLo
  }
  if (reg.smaxHi === valHi && reg.smaxLo === valLo) {
    reg.smaxHi = downHi
    reg.smaxLo = downLo
  }
}

/** a <= b, or a < b. */
function refineBelow(a: RegState, b: RegState, narrow: boolean, signed: boolean, strict: boolean): void {
  const step = strict ? 1 : 0
  if (narrow && signed) {
    a.s32Max = Math.min(a.s32Max, (b.s32Max - step) | 0)
    b.s32Min = Math.max((a.s32Min + step) | 0, b.s32Min)
  } else if (narrow) {
    a.u32Max = minU32(a.u32Max, (b.u32Max - step) | 0)
    b.u32Min = maxU32((a.u32Min + step) | 0, b.u32Min)
  } else if (signed) {
    let lo = sub64(b.smaxHi, b.smaxLo, 0, step)
    lowerSmax(a, hi, lo)
    lo = add64(a.sminHi, a.sminLo, 0, step)
    raiseSmin(b, hi, lo)
  } else {
    let lo = sub64(b.umaxHi, b.umaxLo, 0, step)
    lowerUmax(a, hi, lo)
    lo = add64(a.uminHi, a.uminLo, 0, step)
    raiseUmin(b, hi, lo)
  }
}

/** regs_refine_cond_op. */
function refine(a: RegState, b: RegState, op: number, narrow: boolean): void {
  if (op === Jmp.JGE || op === Jmp.JGT || op === Jmp.JSGE || op === Jmp.JSGT) {
    op = flipOpcode(op)
    ;[a, b] = [b, a]
  }
  switch (op) {
    case Jmp.JEQ:
      refineEqual(a, b, narrow)
      break
    case Jmp.JNE:
      if (!isRegConst(b, narrow)) [a, b] = [b, a]
      if (isRegConst(b, narrow)) refineUnequal(a, b.valHi, b.valLo, narrow)
      break
    case Jmp.JSET: {
      if (!isRegConst(b, narrow)) [a, b] = [b, a]
      if (!isRegConst(b, narrow)) break
      // One bit is known to be set only if there's no other.
      const valHi = narrow ? 0 : b.valHi
      const { valLo } = b
      const single = valHi === 0 ? isPowerOf2(valLo) : valLo === 0 && isPowerOf2(valHi)
      if (!single) break
      a.valLo |= valLo
      a.maskLo &= ~valLo
      a.valHi |= valHi
      a.maskHi &= ~valHi
      break
    }
    case NOT_JSET:
      if (!isRegConst(b, narrow)) [a, b] = [b, a]
      if (!isRegConst(b, narrow)) break
      if (facts.unsetForgetsBounds) markUnbounded(a)
      a.valLo &= ~b.valLo
      a.maskLo &= ~b.valLo
      if (!narrow) {
        a.valHi &= ~b.valHi
        a.maskHi &= ~b.valHi
      }
      break
    case Jmp.JLE:
      refineBelow(a, b, narrow, false, false)
      break
    case Jmp.JLT:
      refineBelow(a, b, narrow, false, true)
      break
    case Jmp.JSLE:
      refineBelow(a, b, narrow, true, false)
      break
    case Jmp.JSLT:
      refineBelow(a, b, narrow, true, true)
      break
  }
}

function isPowerOf2(word: number): boolean {
  return word !== 0 && (word & (word - 1)) === 0
}

const constant = new RegState()

/** reg_set_min_max before 6.8: what a comparison with a constant says of a register on either side. */
function learn(taken: RegState, not: RegState, val: Reg, op: number, narrow: boolean): void {
  if (op === Jmp.JEQ || op === Jmp.JNE) {
    const equal = op === Jmp.JEQ ? taken : not
    if (narrow) mark32Known(equal, val.valLo)
    else setKnown(equal, val.valHi, val.valLo)
  } else {
    copyReg(constant, val)
    refine(taken, constant, op, narrow)
    copyReg(constant, val)
    refine(not, constant, opposites[op] ?? 0, narrow)
  }
  const settle = narrow ? combine32Into64 : combine64Into32
  settle(not)
  settle(taken)
}

/** __reg_combine_min_max: two whole numbers are the same. */
function combine(a: RegState, b: RegState): void {
  refineEqual(a, b, false)
  syncBounds(a)
  syncBounds(b)
}

/** reg_set_min_max: registers where the jump is taken, and where it isn't. */
export function setMinMax(
  env: VerifierEnv,
  true1: RegState,
  true2: RegState,
  false1: RegState,
  false2: RegState,
  op: number,
  narrow: boolean,
): void {
  if (false1.type !== RegType.SCALAR_VALUE || false2.type !== RegType.SCALAR_VALUE) return
  if (!facts.boundsDeducedAcross) {
    if (isRegConst(false2, narrow)) learn(true1, false1, false2, op, narrow)
    else if (isRegConst(false1, narrow)) learn(true2, false2, false1, flipOpcode(op), narrow)
    else if (!narrow && op === Jmp.JEQ) combine(true1, true2)
    else if (!narrow && op === Jmp.JNE) combine(false1, false2)
    return
  }
  refine(false1, false2, opposites[op] ?? 0, narrow)
  syncBounds(false1)
  syncBounds(false2)
  refine(true1, true2, op, narrow)
  syncBounds(true1)
  syncBounds(true2)
  checkSane(env, true1, 'true_reg1')
  checkSane(env, true2, 'true_reg2')
  checkSane(env, false1, 'false_reg1')
  checkSane(env, false2, 'false_reg2')
}
