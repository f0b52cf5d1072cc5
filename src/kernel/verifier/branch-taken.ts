import { Jmp } from '../../isa/opcode.ts'
import { ltS64, ltU64 } from './int64.ts'
import { isRegConst } from './ranges.ts'
import { isNotNull } from './regs.ts'
import type { Reg } from './state.ts'
import { AT_PKT_END, BEYOND_PKT_END, RegType, baseType } from './types.ts'
import { facts } from './versions.ts'

/** Whether a conditional jump is taken, as far as what is known of its operands says (is_branch_taken). */

/** @returns 1: taken, 0: not, -1: either. */
export type Taken = 1 | 0 | -1

const flipped: Readonly<Record<number, number>> = {
  [Jmp.JEQ]: Jmp.JEQ,
  [Jmp.JNE]: Jmp.JNE,
  [Jmp.JSET]: Jmp.JSET,
  [Jmp.JGE]: Jmp.JLE,
  [Jmp.JGT]: Jmp.JLT,
  [Jmp.JLE]: Jmp.JGE,
  [Jmp.JLT]: Jmp.JGT,
  [Jmp.JSGE]: Jmp.JSLE,
  [Jmp.JSGT]: Jmp.JSLT,
  [Jmp.JSLE]: Jmp.JSGE,
  [Jmp.JSLT]: Jmp.JSGT,
}

/** flip_opcode: `a OP b` as `b OP' a`. */
export function flipOpcode(op: number): number {
  return flipped[op] ?? 0
}

export function isPacketPointer(reg: Reg): boolean {
  const base = baseType(reg.type)
  return base === RegType.PTR_TO_PACKET || base === RegType.PTR_TO_PACKET_META
}

/** reg_is_pkt_pointer_any. */
export function isPacketPointerAny(reg: Reg): boolean {
  return isPacketPointer(reg) || reg.type === RegType.PTR_TO_PACKET_END
}

/** is_pkt_ptr_branch_taken: a pointer that is known to be at the packet's end, or beyond. */
function packetTaken(dst: Reg, src: Reg, op: number): Taken {
  let packet = dst
  if (src.type !== RegType.PTR_TO_PACKET_END) {
    if (dst.type !== RegType.PTR_TO_PACKET_END) return -1
    packet = src
    op = flipOpcode(op)
  }
  if (packet.range >= 0) return -1
  switch (op) {
    case Jmp.JLE:
    case Jmp.JGT:
      if (packet.range === BEYOND_PKT_END) return op === Jmp.JGT ? 1 : 0
      break
    case Jmp.JLT:
    case Jmp.JGE:
      if (packet.range === BEYOND_PKT_END || packet.range === AT_PKT_END) return op === Jmp.JGE ? 1 : 0
  }
  return -1
}

/** Two registers' bounds in the width of a jump. */
function neverEqual(a: Reg, b: Reg, narrow: boolean): boolean {
  const muLo = ~a.maskLo & ~b.maskLo
  if ((a.valLo & muLo) !== (b.valLo & muLo)) return true
  if (!narrow) {
    const muHi = ~a.maskHi & ~b.maskHi
    if ((a.valHi & muHi) !== (b.valHi & muHi)) return true
    if (ltU64(b.umaxHi, b.umaxLo, a.uminHi, a.uminLo) || ltU64(a.umaxHi, a.umaxLo, b.uminHi, b.uminLo)) return true
    if (ltS64(b.smaxHi, b.smaxLo, a.sminHi, a.sminLo) || ltS64(a.smaxHi, a.smaxLo, b.sminHi, b.sminLo)) return true
  }
  return (
    a.u32Min >>> 0 > b.u32Max >>> 0 || a.u32Max >>> 0 < b.u32Min >>> 0 || a.s32Min > b.s32Max || a.s32Max < b.s32Min
  )
}

function bothConst(a: Reg, b: Reg, narrow: boolean): boolean {
  return (a.maskLo | b.maskLo) === 0 && (narrow || (a.maskHi | b.maskHi) === 0)
}

/** a > b for all values: 1, for none: 0. */
function above(a: Reg, b: Reg, narrow: boolean, signed: boolean, orEqual: boolean): Taken {
  if (allBelow(b, a, narrow, signed, orEqual)) return 1
  return allBelow(a, b, narrow, signed, !orEqual) ? 0 : -1
}

/** Whether max(a) < min(b), or <=. */
function allBelow(a: Reg, b: Reg, narrow: boolean, signed: boolean, orEqual: boolean): boolean {
  if (narrow) {
    if (signed) return orEqual ? a.s32Max <= b.s32Min : a.s32Max < b.s32Min
    return orEqual ? a.u32Max >>> 0 <= b.u32Min >>> 0 : a.u32Max >>> 0 < b.u32Min >>> 0
  }
  if (signed) {
    return orEqual ? !ltS64(b.sminHi, b.sminLo, a.smaxHi, a.smaxLo) : ltS64(a.smaxHi, a.smaxLo, b.sminHi, b.sminLo)
  }
  return orEqual ? !ltU64(b.uminHi, b.uminLo, a.umaxHi, a.umaxLo) : ltU64(a.umaxHi, a.umaxLo, b.uminHi, b.uminLo)
}

/** is_scalar_branch_taken. */
function scalarTaken(a: Reg, b: Reg, op: number, narrow: boolean): Taken {
  if (!facts.rangesDecide && !isRegConst(b, narrow) && !(facts.eitherConstDecides && isRegConst(a, narrow))) return -1
  switch (op) {
    case Jmp.JEQ:
    case Jmp.JNE: {
      const equal = op === Jmp.JEQ ? 1 : 0
      const unequal = op === Jmp.JEQ ? 0 : 1
      if (bothConst(a, b, narrow)) return a.valLo === b.valLo && (narrow || a.valHi === b.valHi) ? equal : unequal
      return facts.rangesNeverEqual && neverEqual(a, b, narrow) ? unequal : -1
    }
    case Jmp.JSET: {
      if (!isRegConst(b, narrow)) [a, b] = [b, a]
      if (!isRegConst(b, narrow)) return -1
      const hiBits = narrow ? 0 : b.valHi
      if ((a.valLo & ~a.maskLo & b.valLo) | (a.valHi & ~a.maskHi & hiBits)) return 1
      if (((a.valLo | a.maskLo) & b.valLo) === 0 && ((a.valHi | a.maskHi) & hiBits) === 0) return 0
      return -1
    }
    case Jmp.JGT:
      return above(a, b, narrow, false, false)
    case Jmp.JSGT:
      return above(a, b, narrow, true, false)
    case Jmp.JGE:
      return above(a, b, narrow, false, true)
    case Jmp.JSGE:
      return above(a, b, narrow, true, true)
    case Jmp.JLT:
      return above(b, a, narrow, false, false)
    case Jmp.JSLT:
      return above(b, a, narrow, true, false)
    case Jmp.JLE:
      return above(b, a, narrow, false, true)
    case Jmp.JSLE:
      return above(b, a, narrow, true, true)
    default:
      return -1
  }
}

/** is_branch_taken. */
export function isBranchTaken(a: Reg, b: Reg, op: number, narrow: boolean): Taken {
  if (!narrow && isPacketPointerAny(a) && isPacketPointerAny(b)) return packetTaken(a, b, op)
  if (a.type === RegType.SCALAR_VALUE && b.type === RegType.SCALAR_VALUE) return scalarTaken(a, b, op, narrow)
  if (!isRegConst(b, narrow) && facts.eitherConstDecides) {
    op = flipOpcode(op)
    ;[a, b] = [b, a]
  }
  if (!isRegConst(b, narrow) || !isNotNull(a)) return -1
  if (b.valLo !== 0 || (!narrow && b.valHi !== 0)) return -1
  if (op === Jmp.JEQ) return 0
  return op === Jmp.JNE ? 1 : -1
}
