import { MEM_HI } from '../../helpers/impl/address.ts'
import type { FunctionWriter } from './function-writer.ts'
import type { Insn } from './program.ts'

/** Pushes the second operand of an instruction. */
export function pushOperand(w: FunctionWriter, { src, operand }: Insn): void {
  if (src >= 0) {
    w.get(src)
    return
  }
  const { code } = w.input
  const index = code.mapValues.findIndex((each) => each.constant === operand)
  if (index < 0) {
    w.code.i64(code.regs[operand] as number, code.regs[operand + 1] as number)
    return
  }
  w.code.global(w.program.imports.mapValue(index))
  w.code.op('i64.extend_i32_u')
  w.code.i64(0, MEM_HI)
  w.code.op('i64.or')
}

/** Pushes the low half of the second operand, which is never the address of a map's value where only that is used. */
export function pushLow(w: FunctionWriter, insn: Insn): void {
  if (insn.src >= 0) w.getLow(insn.src)
  else w.code.i32(w.input.code.regs[insn.operand] as number)
}
