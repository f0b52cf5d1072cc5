import { ProgType } from '../../../uapi/prog-type.ts'
import type { WasmName } from '../../../isa/wasm.ts'
import { RunArea } from '../../memory/run-area.ts'
import { SkbField } from '../../helpers/impl/skb-fields.ts'
import { Op } from '../decode.ts'
import { hasContextBlock } from './context.ts'
import type { FunctionWriter } from './function-writer.ts'
import type { Insn } from './program.ts'
import { swap16, swap32 } from './write-alu.ts'

const narrow: Readonly<Record<number, WasmName>> = { 1: 'i32.load8_u', 2: 'i32.load16_u', 4: 'i32.load' }

/** BPF_LD | BPF_ABS and BPF_IND: where the packet has no such bytes, the function returns 0. */
export function writePacketLoad(w: FunctionWriter, insn: Insn): void {
  const { code } = w
  const at = w.local('at')
  const size = insn.off
  code.open('block')
  if (hasContextBlock(w.input.progType) && w.input.progType !== ProgType.XDP) {
    // What lies in the packet behind its beginning is here.
    code.open('block')
    pushIndex(w, insn)
    code.tee(at)
    code.i32(0)
    code.op('i32.lt_s')
    code.branch('br_if', 0)
    code.get(at)
    code.i32(size)
    code.op('i32.add')
    w.getWord(RunArea.CONTEXT + SkbField.LEN)
    code.op('i32.gt_u')
    code.branch('br_if', 0)
    w.getWord(RunArea.CONTEXT + SkbField.DATA)
    code.get(at)
    code.op('i32.add')
    code.memory(narrow[size] as WasmName, 0)
    if (size === 2) swap16(w)
    else if (size === 4) swap32(w)
    w.setLow(0)
    code.branch('br', 1)
    code.op('end')
  }
  pushIndex(w, insn)
  code.i32(size)
  code.call(w.program.imports.runtime('packet'))
  code.op('i32.eqz')
  code.open('if')
  code.i64(0, 0)
  w.return()
  code.op('end')
  w.getWord(RunArea.R0_HI)
  w.setLow(0)
  code.op('end')
}

/** Pushes the offset in the packet. */
function pushIndex(w: FunctionWriter, { op, operand, imm }: Insn): void {
  w.code.i32(imm)
  if (op !== Op.LD_IND) return
  w.getLow(operand >>> 1)
  w.code.op('i32.add')
}
