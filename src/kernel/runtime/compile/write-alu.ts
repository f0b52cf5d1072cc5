import { Alu, Source } from '../../../isa/opcode.ts'
import type { WasmName } from '../../../isa/wasm.ts'
import { WasmType } from '../../../isa/wasm.ts'
import { Op } from '../decode.ts'
import type { FunctionWriter } from './function-writer.ts'
import { pushLow, pushOperand } from './operand.ts'
import type { Insn } from './program.ts'
import { constantOperand } from './program.ts'
import { numberOf } from './values.ts'

/** Operations that WebAssembly has as BPF has them, without their type. */
const plain: Readonly<Record<number, 'add' | 'sub' | 'mul' | 'or' | 'and' | 'shl' | 'shr_u' | 'xor' | 'shr_s'>> = {
  [Alu.ADD]: 'add',
  [Alu.SUB]: 'sub',
  [Alu.MUL]: 'mul',
  [Alu.OR]: 'or',
  [Alu.AND]: 'and',
  [Alu.LSH]: 'shl',
  [Alu.RSH]: 'shr_u',
  [Alu.XOR]: 'xor',
  [Alu.ARSH]: 'shr_s',
}

/** Writes an arithmetic instruction. @returns whether there is such a one. */
export function writeAlu(w: FunctionWriter, insn: Insn): boolean {
  const { op, dst } = insn
  if (op >= 0x100) return writeOther(w, insn)
  const wide = (op & 7) === 7
  const kind = op & 0xf0
  if (kind === Alu.MOV) {
    if (wide) {
      pushOperand(w, insn)
      w.set(dst)
    } else {
      pushLow(w, insn)
      w.setLow(dst)
    }
    return true
  }
  if (kind === Alu.NEG) {
    if ((op & Source.X) !== 0) return false
    negate(w, dst, wide)
    return true
  }
  const name = plain[kind]
  if (name === undefined) return divide(w, insn, wide, kind === Alu.MOD, false)
  if (wide) {
    w.get(dst)
    pushOperand(w, insn)
    w.code.op(`i64.${name}`)
    w.set(dst)
  } else {
    w.getLow(dst)
    pushLow(w, insn)
    w.code.op(`i32.${name}`)
    w.setLow(dst)
  }
  return true
}

function negate(w: FunctionWriter, dst: number, wide: boolean): void {
  if (wide) {
    w.code.i64(0, 0)
    w.get(dst)
    w.code.op('i64.sub')
    w.set(dst)
  } else {
    w.code.i32(0)
    w.getLow(dst)
    w.code.op('i32.sub')
    w.setLow(dst)
  }
}

/**
 * Division, whose corners WebAssembly traps in: x / 0 is 0 and x % 0 is x; signed, x / -1 is -x, of the smallest number
 * too.
 */
function divide(w: FunctionWriter, insn: Insn, wide: boolean, modulo: boolean, signed: boolean): boolean {
  const { dst, src, operand } = insn
  const type = wide ? 'i64' : 'i32'
  const name: WasmName = `${type}.${modulo ? 'rem' : 'div'}_${signed ? 's' : 'u'}`
  const { code } = w
  const pushDst = () => {
    if (wide) w.get(dst)
    else w.getLow(dst)
  }
  const pushSrc = () => {
    if (wide) pushOperand(w, insn)
    else pushLow(w, insn)
  }
  const finish = () => {
    if (wide) w.set(dst)
    else w.setLow(dst)
  }
  const by = src < 0 ? numberOf(constantOperand(w.input.code, operand)) : undefined
  const usual = () => {
    pushDst()
    pushSrc()
    code.op(name)
  }
  if (by !== undefined && by !== 0 && !(signed && by === -1)) {
    usual()
    finish()
    return true
  }
  // Where the divisor plus one is at most one, it's 0 or -1.
  pushSrc()
  if (signed) {
    if (wide) code.i64(1, 0)
    else code.i32(1)
    code.op(`${type}.add`)
    if (wide) code.i64(1, 0)
    else code.i32(1)
    code.op(`${type}.le_u`)
  } else {
    code.op(`${type}.eqz`)
  }
  code.open('if', wide ? WasmType.I64 : WasmType.I32)
  if (modulo) {
    pushDst()
    if (signed) {
      // x & ~divisor: x for 0, 0 for -1.
      pushSrc()
      if (wide) code.i64(-1, -1)
      else code.i32(-1)
      code.op(`${type}.xor`)
      code.op(`${type}.and`)
    }
  } else if (signed) {
    // -x & divisor: 0 for 0, -x for -1.
    if (wide) code.i64(0, 0)
    else code.i32(0)
    pushDst()
    code.op(`${type}.sub`)
    pushSrc()
    code.op(`${type}.and`)
  } else if (wide) {
    code.i64(0, 0)
  } else {
    code.i32(0)
  }
  code.op('else')
  usual()
  code.op('end')
  finish()
  return true
}

function writeOther(w: FunctionWriter, insn: Insn): boolean {
  const { op, dst } = insn
  const { code } = w
  switch (op) {
    case Op.SDIV32:
    case Op.SMOD32:
      return divide(w, insn, false, op === Op.SMOD32, true)
    case Op.SDIV64:
    case Op.SMOD64:
      return divide(w, insn, true, op === Op.SMOD64, true)
    case Op.MOVSX8_32:
    case Op.MOVSX16_32:
      pushLow(w, insn)
      code.op(op === Op.MOVSX8_32 ? 'i32.extend8_s' : 'i32.extend16_s')
      w.setLow(dst)
      return true
    case Op.MOVSX8_64:
    case Op.MOVSX16_64:
    case Op.MOVSX32_64:
      pushOperand(w, insn)
      code.op(op === Op.MOVSX8_64 ? 'i64.extend8_s' : op === Op.MOVSX16_64 ? 'i64.extend16_s' : 'i64.extend32_s')
      w.set(dst)
      return true
    case Op.CAST_USER:
      // The arena's high word, but NULL stays that.
      pushLow(w, insn)
      code.op('i64.extend_i32_u')
      code.global(w.program.imports.arenaHigh())
      code.op('i64.extend_i32_u')
      code.i64(32, 0)
      code.op('i64.shl')
      code.op('i64.or')
      code.i64(0, 0)
      pushLow(w, insn)
      code.op('select')
      w.set(dst)
      return true
    case Op.LE16:
      w.getLow(dst)
      code.i32(0xffff)
      code.op('i32.and')
      w.setLow(dst)
      return true
    case Op.LE32:
      w.getLow(dst)
      w.setLow(dst)
      return true
    case Op.LE64:
      return true
    case Op.BE16:
      w.getLow(dst)
      swap16(w)
      w.setLow(dst)
      return true
    case Op.BE32:
      w.getLow(dst)
      swap32(w)
      w.setLow(dst)
      return true
    case Op.BE64:
      // Each half turned round, and the halves exchanged.
      w.getLow(dst)
      swap32(w)
      code.op('i64.extend_i32_u')
      code.i64(32, 0)
      code.op('i64.shl')
      w.get(dst)
      code.i64(32, 0)
      code.op('i64.shr_u')
      code.op('i32.wrap_i64')
      swap32(w)
      code.op('i64.extend_i32_u')
      code.op('i64.or')
      w.set(dst)
      return true
    default:
      return false
  }
}

/** The two low bytes of what's on the stack, exchanged. */
export function swap16(w: FunctionWriter): void {
  const { code } = w
  const at = w.local('at')
  code.tee(at)
  code.i32(8)
  code.op('i32.shl')
  code.i32(0xff00)
  code.op('i32.and')
  code.get(at)
  code.i32(8)
  code.op('i32.shr_u')
  code.i32(0xff)
  code.op('i32.and')
  code.op('i32.or')
}

/** The four bytes of what's on the stack, in the other order. */
export function swap32(w: FunctionWriter): void {
  const { code } = w
  const at = w.local('at')
  code.tee(at)
  code.i32(8)
  code.op('i32.rotl')
  code.i32(0x00ff00ff)
  code.op('i32.and')
  code.get(at)
  code.i32(8)
  code.op('i32.rotr')
  code.i32(0xff00ff00 | 0)
  code.op('i32.and')
  code.op('i32.or')
}
