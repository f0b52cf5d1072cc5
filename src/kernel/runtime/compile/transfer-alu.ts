import { Alu } from '../../../isa/opcode.ts'
import { Op } from '../decode.ts'
import { U32_MAX, UNKNOWN, constant, isPointer, maxOf, numberOf, scalar, shift, shiftUpTo } from './values.ts'
import type { Value } from './values.ts'

/** What an arithmetic operation makes of what is known. @param slot names packet pointers that come of it. */
export function transferAlu(op: number, a: Value, b: Value, slot: number): Value {
  if (op >= 0x100) return transferOther(op, a)
  const wide = (op & 7) === 7
  const kind = op & 0xf0
  if (kind === Alu.MOV) return wide ? b : low(b)
  if (wide) {
    if (kind === Alu.ADD) return add(a, b, slot)
    if (kind === Alu.SUB) {
      const by = numberOf(b)
      return isPointer(a) && by !== undefined ? shift(a, -by) : UNKNOWN
    }
    return unsigned(kind, maxOf(a), maxOf(b), numberOf(b), 64)
  }
  const max = unsigned(kind, maxOf(low(a)), maxOf(low(b)), numberOf(low(b)), 32)
  return scalar(Math.min(maxOf(max), U32_MAX))
}

/** Sign extensions and changes of byte order. */
function transferOther(op: number, a: Value): Value {
  switch (op) {
    case Op.LE16:
    case Op.BE16:
      return scalar(0xffff)
    case Op.LE32:
      return low(a)
    case Op.LE64:
      return a
    case Op.BE32:
    case Op.SDIV32:
    case Op.SMOD32:
    case Op.MOVSX8_32:
    case Op.MOVSX16_32:
      return scalar(U32_MAX)
    default:
      return UNKNOWN
  }
}

/** The low half, zero-extended. */
function low(value: Value): Value {
  if (value.kind === 'const') return constant(value.lo, 0)
  const max = maxOf(value)
  return max <= U32_MAX ? value : scalar(U32_MAX)
}

function add(a: Value, b: Value, slot: number): Value {
  if (isPointer(b) && !isPointer(a)) return add(b, a, slot)
  const by = numberOf(b)
  if (isPointer(a)) return by !== undefined ? shift(a, by) : isPointer(b) ? UNKNOWN : shiftUpTo(a, maxOf(b), slot + 2)
  if (a.kind === 'packetEnd' || b.kind === 'packetEnd') return UNKNOWN
  return scalar(maxOf(a) + maxOf(b))
}

/** Bounds of the result of operations on unsigned numbers of so many bits. */
function unsigned(kind: number, a: number, b: number, by: number | undefined, bits: number): Value {
  switch (kind) {
    case Alu.ADD:
      return scalar(a + b)
    case Alu.MUL:
      return scalar(a * b)
    case Alu.DIV:
      return scalar(by !== undefined && by > 0 ? Math.floor(a / by) : a)
    case Alu.MOD:
      return scalar(by !== undefined && by > 0 ? Math.min(a, by - 1) : a)
    case Alu.AND:
      return scalar(Math.min(a, b))
    case Alu.OR:
    case Alu.XOR:
      return scalar(allOnes(Math.max(a, b)))
    case Alu.LSH:
      return by === undefined ? UNKNOWN : scalar(a * 2 ** (by & (bits - 1)))
    case Alu.RSH: {
      const max = Math.min(a, bits === 32 ? U32_MAX : Infinity)
      if (by === undefined) return scalar(max)
      const shifted = by & (bits - 1)
      return scalar(max === Infinity ? 2 ** (bits - shifted) - 1 : Math.floor(max / 2 ** shifted))
    }
    default:
      return UNKNOWN
  }
}

/** The largest number of as many bits. */
function allOnes(max: number): number {
  return max === Infinity ? max : 2 ** Math.ceil(Math.log2(max + 1)) - 1
}
