import type { MapRecord } from '../../objects/records.ts'
import type { Code } from '../decode.ts'
import { FIRST_CONSTANT, STRIDE } from '../decode.ts'
import type { Value } from './values.ts'
import { constant } from './values.ts'

/** What the compiler is told of a program beyond its instructions. */
export interface CompileInput {
  readonly code: Code
  readonly progType: number
  readonly possibleCpus: number
  /** A map that the program names; undefined for one that isn't there, of which nothing is known then. */
  map(id: number): MapRecord | undefined
}

/** A decoded instruction's parts. */
export interface Insn {
  op: number
  /** Register number. */
  dst: number
  /** Register number, or -1 where the second operand is a constant. */
  src: number
  /** Index of the second operand among `Code.regs`. */
  operand: number
  off: number
  imm: number
}

export function insnAt(code: Code, slot: number): Insn {
  const at = slot * STRIDE
  const word = code.insns[at] as number
  const operand = code.insns[at + 1] as number
  return {
    op: word & 0xffff,
    dst: word >>> 17,
    src: operand < FIRST_CONSTANT ? operand >>> 1 : -1,
    operand,
    off: code.insns[at + 2] as number,
    imm: code.insns[at + 3] as number,
  }
}

/** The second operand where it's a constant: which, or the address of a map's value. */
export function constantOperand(code: Code, operand: number): Value {
  const value = code.mapValues.find((each) => each.constant === operand)
  if (value) return { kind: 'value', mapId: value.mapId, off: value.off, span: 0, id: 0 }
  return constant(code.regs[operand] as number, code.regs[operand + 1] as number)
}
