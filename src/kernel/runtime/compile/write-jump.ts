import { Jmp } from '../../../isa/opcode.ts'
import { WasmType } from '../../../isa/wasm.ts'
import { Op } from '../decode.ts'
import { MAX_TIMED_LOOPS } from '../limits.ts'
import type { FunctionWriter } from './function-writer.ts'
import { pushLow, pushOperand } from './operand.ts'
import type { Insn } from './program.ts'
import { constantOperand } from './program.ts'
import { numberOf } from './values.ts'

const comparisons: Readonly<
  Record<number, 'eq' | 'ne' | 'gt_u' | 'ge_u' | 'lt_u' | 'le_u' | 'gt_s' | 'ge_s' | 'lt_s' | 'le_s'>
> = {
  [Jmp.JEQ]: 'eq',
  [Jmp.JNE]: 'ne',
  [Jmp.JGT]: 'gt_u',
  [Jmp.JGE]: 'ge_u',
  [Jmp.JLT]: 'lt_u',
  [Jmp.JLE]: 'le_u',
  [Jmp.JSGT]: 'gt_s',
  [Jmp.JSGE]: 'ge_s',
  [Jmp.JSLT]: 'lt_s',
  [Jmp.JSLE]: 'le_s',
}

/** Pushes whether a conditional jump is taken. */
export function writeCondition(w: FunctionWriter, insn: Insn): void {
  const { op, dst, src, operand } = insn
  if (op === Op.MAY_GOTO) {
    writeMayGoto(w)
    return
  }
  const { code } = w
  const wide = (op & 7) === 5
  const type = wide ? 'i64' : 'i32'
  const kind = op & 0xf0
  const push = wide ? pushOperand : pushLow
  const isZero = src < 0 && numberOf(constantOperand(w.input.code, operand)) === 0
  if (wide) w.get(dst)
  else w.getLow(dst)
  if (isZero && (kind === Jmp.JEQ || kind === Jmp.JNE)) {
    code.op(`${type}.eqz`)
    if (kind === Jmp.JNE) code.op('i32.eqz')
    return
  }
  push(w, insn)
  if (kind === Jmp.JSET) {
    code.op(`${type}.and`)
    code.op(`${type}.eqz`)
    code.op('i32.eqz')
    return
  }
  const name = comparisons[kind]
  if (name !== undefined) code.op(`${type}.${name}`)
}

/** may_goto jumps when its time is used up, which is looked at every so many turns (bpf_check_timed_may_goto). */
function writeMayGoto(w: FunctionWriter): void {
  const { code } = w
  const loops = w.local('loops')
  const since = w.local('since')
  code.get(loops)
  code.op('i32.eqz')
  code.open('if', WasmType.I32)
  code.i32(1)
  code.op('else')
  code.get(loops)
  code.i32(1)
  code.op('i32.sub')
  code.tee(loops)
  code.op('i32.eqz')
  code.open('if')
  code.get(since)
  code.call(w.program.imports.runtime('again'))
  code.tee(since)
  code.open('if')
  code.i32(MAX_TIMED_LOOPS)
  code.set(loops)
  code.op('end')
  code.op('end')
  code.i32(0)
  code.op('end')
}
