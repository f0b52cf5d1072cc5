import { Jmp } from '../../../isa/opcode.ts'
import type { State } from './state.ts'
import { U32_MAX, constant, maxOf, numberOf, scalar } from './values.ts'
import type { Value } from './values.ts'

/** What a jump on two operands tells where it's taken, and where it's not. */
export function refine(state: State, op: number, dst: number, src: number, second: Value, taken: boolean): void {
  const wide = (op & 7) === 5
  const kind = op & 0xf0
  const a = state.reg(dst)
  if (wide && src >= 0 && refinePacket(state, kind, a, second, taken)) return
  if (a.kind === 'value' && wide && numberOf(second) === 0) {
    refineNull(state, dst, a.id, (kind === Jmp.JEQ) === taken, kind)
    return
  }
  const limits = unsignedLimits(
    kind,
    taken,
    maxOf(a),
    maxOf(second),
    isNonNegative(a, wide) && isNonNegative(second, wide),
  )
  if (!limits) return
  limit(state, dst, limits[0], wide)
  if (src >= 0) limit(state, src, limits[1], wide)
}

/** Whether a signed comparison of it is the same as an unsigned one. */
function isNonNegative(value: Value, wide: boolean): boolean {
  return maxOf(value) <= (wide ? Number.MAX_SAFE_INTEGER : 0x7fffffff)
}

function limit(state: State, reg: number, max: number, wide: boolean): void {
  const value = state.reg(reg)
  if (value.kind !== 'unknown' && value.kind !== 'scalar') return
  // Of more than 32 bits, a comparison of the low half tells nothing.
  if (max === Infinity || maxOf(value) <= max || (!wide && maxOf(value) > U32_MAX)) return
  if (max >= 0) state.regs[reg] = max === 0 ? constant(0, 0) : scalar(max)
}

/** The largest that the two operands can be then; undefined where nothing is said. */
function unsignedLimits(
  kind: number,
  taken: boolean,
  a: number,
  b: number,
  signedToo: boolean,
): readonly [number, number] | undefined {
  const less: readonly [number, number] = [b - 1, b]
  const lessOrEqual: readonly [number, number] = [b, b]
  const greater: readonly [number, number] = [a, a - 1]
  const greaterOrEqual: readonly [number, number] = [a, a]
  switch (kind) {
    case Jmp.JEQ:
      return taken ? [b, a] : undefined
    case Jmp.JNE:
      return taken ? undefined : [b, a]
    case Jmp.JLT:
      return taken ? less : greaterOrEqual
    case Jmp.JLE:
      return taken ? lessOrEqual : greater
    case Jmp.JGT:
      return taken ? greater : lessOrEqual
    case Jmp.JGE:
      return taken ? greaterOrEqual : less
    case Jmp.JSLT:
      return signedToo ? (taken ? less : greaterOrEqual) : undefined
    case Jmp.JSLE:
      return signedToo ? (taken ? lessOrEqual : greater) : undefined
    case Jmp.JSGT:
      return signedToo ? (taken ? greater : lessOrEqual) : undefined
    case Jmp.JSGE:
      return signedToo ? (taken ? greaterOrEqual : less) : undefined
    default:
      return undefined
  }
}

/** A value that may be NULL was compared with 0. */
function refineNull(state: State, dst: number, id: number, isNull: boolean, kind: number): void {
  if (id === 0 || (kind !== Jmp.JEQ && kind !== Jmp.JNE)) return
  if (isNull) {
    state.regs[dst] = constant(0, 0)
    return
  }
  state.map((value) => (value.kind === 'value' && value.id === id ? { ...value, id: 0 } : value))
}

/** The same comparison with its operands exchanged. */
const exchanged: Readonly<Record<number, number>> = {
  [Jmp.JGT]: Jmp.JLT,
  [Jmp.JLT]: Jmp.JGT,
  [Jmp.JGE]: Jmp.JLE,
  [Jmp.JLE]: Jmp.JGE,
}

/** A pointer into the packet was compared with its end (find_good_pkt_pointers). @returns whether that was so. */
function refinePacket(state: State, kind: number, a: Value, b: Value, taken: boolean): boolean {
  if (a.kind === 'packetEnd' && b.kind === 'packet') {
    return refinePacket(state, exchanged[kind] ?? kind, b, a, taken)
  }
  if (a.kind !== 'packet' || b.kind !== 'packetEnd') return false
  const isBelow = taken ? kind === Jmp.JLT : kind === Jmp.JGE
  const isAtMost = taken ? kind === Jmp.JLE : kind === Jmp.JGT
  if (!isBelow && !isAtMost) return true
  const range = a.off + (isBelow ? 1 : 0)
  state.map((value) =>
    value.kind === 'packet' && value.id === a.id && value.range < range ? { ...value, range } : value,
  )
  return true
}
