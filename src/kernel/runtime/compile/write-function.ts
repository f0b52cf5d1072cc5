import { LD_IMM64 } from '../../../isa/opcode.ts'
import { Op } from '../decode.ts'
import type { Flow, FunctionFlow } from './flow.ts'
import { FunctionWriter } from './function-writer.ts'
import type { ProgramWriter } from './function-writer.ts'
import type { Block } from './graph.ts'
import { opAt } from './graph.ts'
import { pushOperand } from './operand.ts'
import { insnAt } from './program.ts'
import { State } from './state.ts'
import { writeStructured } from './structure.ts'
import { writeAlu } from './write-alu.ts'
import { writeAtomic, writeFault } from './write-atomic.ts'
import { helperSpendsFuel, kfuncSpendsFuel, writeCall, writeHelper, writeKfunc, writeTailCall } from './write-call.ts'
import { writeCondition } from './write-jump.ts'
import { writeLoad, writeStore } from './write-memory.ts'
import { writePacketLoad } from './write-packet.ts'

/** A function's code, and where in it each instruction begins: pairs of slot and position, in the order of the code. */
export interface WrittenFunction {
  readonly writer: FunctionWriter
  readonly slots: readonly number[]
  readonly positions: readonly number[]
}

/** Whether a function jumps back or calls: what counts its fuel. */
function usesFuel(program: ProgramWriter, { blocks }: FunctionFlow): boolean {
  const { code } = program.input
  return blocks.some(({ start, end, kind, edges }) => {
    if (edges.some(({ gated }) => gated)) return true
    if (kind === 'label' || kind === 'dispatch') return false
    for (let slot = start; slot < end; slot++) {
      const op = opAt(code, slot)
      if (op === Op.CALL_KFUNC && kfuncSpendsFuel(insnAt(code, slot).imm)) return true
      if (op === Op.CALL_SUB || (op === Op.CALL_HELPER && helperSpendsFuel(insnAt(code, slot).imm))) return true
    }
    return false
  })
}

/** Writes a function of a program. */
export function writeFunction(program: ProgramWriter, flow: Flow, func: FunctionFlow, args: number): WrittenFunction {
  const { code } = program.input
  const w = new FunctionWriter(program, func, args, usesFuel(program, func))
  const slots: number[] = []
  const positions: number[] = []
  const mark = (slot: number) => {
    slots.push(slot)
    positions.push(w.code.length)
  }
  writeStructured(func.blocks, {
    code: w.code,
    body: (index) => {
      const block = func.blocks[index] as Block
      if (block.kind === 'label') {
        w.code.i32(block.label)
        w.code.set(w.local('label'))
        return
      }
      if (block.kind === 'dispatch') return
      // Nothing is known where no way leads.
      w.state = (func.states[index] ?? new State()).copy()
      for (let slot = block.start; slot < block.end; slot += opAt(code, slot) === LD_IMM64 ? 2 : 1) {
        mark(slot)
        writeInsn(w, slot)
        flow.step(func, w.state, slot)
      }
      if (block.kind === 'goto') return
      mark(block.last)
      if (block.kind === 'exit') {
        w.get(0)
        w.return()
      } else if (block.kind === 'fault') {
        writeFault(w, 'an instruction that is none')
      }
    },
    condition: (index) => {
      writeCondition(w, insnAt(code, (func.blocks[index] as Block).last))
    },
    gate: () => {
      w.spendFuel()
    },
    dispatch: () => {
      w.code.get(w.local('label'))
    },
  })
  return { writer: w, slots, positions }
}

function writeInsn(w: FunctionWriter, slot: number): void {
  const insn = insnAt(w.input.code, slot)
  const { op } = insn
  switch (op) {
    case LD_IMM64:
      pushOperand(w, insn)
      w.set(insn.dst)
      return
    case Op.CALL_SUB:
      writeCall(w, insn.off >> 2)
      return
    case Op.CALL_HELPER:
      writeHelper(w, insn.imm)
      return
    case Op.CALL_KFUNC:
      writeKfunc(w, insn.imm)
      return
    case Op.TAIL_CALL:
      writeTailCall(w)
      return
    case Op.LD_ABS:
    case Op.LD_IND:
      writePacketLoad(w, insn)
      return
    case Op.ATOMIC:
      writeAtomic(w, insn)
      return
  }
  const cls = op & 7
  if (op >= 0x100 || cls === 4 || cls === 7 ? writeAlu(w, insn) : cls === 1 && writeLoad(w, insn)) return
  if (op < 0x100 && cls === 3) writeStore(w, insn)
  else writeFault(w, 'an instruction that is none')
}
