import { Mode } from '../../../isa/opcode.ts'
import type { WasmName } from '../../../isa/wasm.ts'
import { MEM_HI } from '../../helpers/impl/address.ts'
import { GRANT_READ, GRANT_WRITE } from '../../helpers/impl/grants.ts'
import { RunArea } from '../../memory/run-area.ts'
import { accessSize } from '../atomic.ts'
import type { Access } from './access.ts'
import { findAccess } from './access.ts'
import type { FunctionWriter } from './function-writer.ts'
import { pushOperand } from './operand.ts'
import { writeArenaPlace } from './write-arena.ts'
import type { Insn } from './program.ts'
import { STACK_SIZE } from '../limits.ts'

export const loads: Readonly<Record<number, WasmName>> = {
  1: 'i64.load8_u',
  2: 'i64.load16_u',
  4: 'i64.load32_u',
  8: 'i64.load',
}
const signedLoads: Readonly<Record<number, WasmName>> = { 1: 'i64.load8_s', 2: 'i64.load16_s', 4: 'i64.load32_s' }
const signExtensions: Readonly<Record<number, WasmName>> = {
  1: 'i64.extend8_s',
  2: 'i64.extend16_s',
  4: 'i64.extend32_s',
}
export const stores: Readonly<Record<number, WasmName>> = {
  1: 'i64.store8',
  2: 'i64.store16',
  4: 'i64.store32',
  8: 'i64.store',
}

/** How an access by a register is made. */
export function accessOf(w: FunctionWriter, reg: number, off: number, size: number, rights: number): Access {
  return findAccess(w.input, w.flow.frames, w.state.reg(reg), off, size, rights)
}

/** Pushes the offset in memory that an access is at. @returns what's to be added to it. */
export function pushOffset(w: FunctionWriter, access: Access, reg: number, off: number): number {
  const { code } = w
  if (access.kind === 'frame') {
    code.get(w.local('frame'))
    return access.off + STACK_SIZE
  }
  w.getLow(reg)
  if (off >= 0) return off
  code.i32(off)
  code.op('i32.add')
  return 0
}

/**
 * Opens a block and, in it, checks an access whose address is on the stack: what's wrong leaves the block, else the offset
 * in memory is in the local `at`. In any case the distance of the address from MEM_HI's beginning is in `wide`.
 */
function checkAddress(w: FunctionWriter, size: number, rights: number): void {
  const { code } = w
  const at = w.local('at')
  const wide = w.local('wide')
  code.i64(0, MEM_HI)
  code.op('i64.sub')
  code.tee(wide)
  code.i32(0)
  code.memory('i64.load32_u', RunArea.GRANTS_LIMIT)
  code.op('i64.ge_u')
  code.branch('br_if', 0)
  code.get(wide)
  code.op('i32.wrap_i64')
  code.tee(at)
  pushRights(w)
  if (size > 1) {
    code.get(at)
    code.i32(size - 1)
    code.op('i32.add')
    pushRights(w)
    code.op('i32.and')
  }
  code.i32(rights)
  code.op('i32.and')
  if (rights === GRANT_READ || rights === GRANT_WRITE) {
    code.op('i32.eqz')
  } else {
    code.i32(rights)
    code.op('i32.ne')
  }
  code.branch('br_if', 0)
}

/** Makes an offset in memory the rights to what is there. */
export function pushRights(w: FunctionWriter): void {
  const { code } = w
  code.i32(3)
  code.op('i32.shr_u')
  w.getWord(RunArea.GRANTS)
  code.op('i32.add')
  code.memory('i32.load8_u', 0)
}

/** Pushes the address of an access. */
function pushAddress(w: FunctionWriter, reg: number, off: number): void {
  const { code } = w
  w.get(reg)
  if (off === 0) return
  code.i64(off, off >> 31)
  code.op('i64.add')
}

/** Pushes the halves of the address whose distance is in the local `wide`. */
function pushHalves(w: FunctionWriter): void {
  const { code } = w
  const wide = w.local('wide')
  code.get(wide)
  code.op('i32.wrap_i64')
  code.get(wide)
  code.i64(32, 0)
  code.op('i64.shr_u')
  code.op('i32.wrap_i64')
  code.i32(MEM_HI)
  code.op('i32.add')
}

/** Makes an offset in memory an address; 0 is NULL. */
export function toAddressOrNull(w: FunctionWriter): void {
  const { code } = w
  const at = w.local('at')
  code.tee(at)
  code.op('i64.extend_i32_u')
  code.i64(0, MEM_HI)
  code.op('i64.or')
  code.i64(0, 0)
  code.get(at)
  code.op('select')
}

/** Makes the low word on the stack, and the high word that a call left, one value. */
export function joinResult(w: FunctionWriter): void {
  const { code } = w
  code.op('i64.extend_i32_u')
  code.i32(0)
  code.memory('i64.load32_u', RunArea.R0_HI)
  code.i64(32, 0)
  code.op('i64.shl')
  code.op('i64.or')
}

/** LDX. @returns whether there is such a one. */
export function writeLoad(w: FunctionWriter, { op, dst, src, off }: Insn): boolean {
  const { code } = w
  const size = accessSize(op & 0x18)
  const signed = (op & 0xe0) === Mode.MEMSX
  const name = signed ? signedLoads[size] : loads[size]
  if (name === undefined) return false
  const access = accessOf(w, src, off, size, GRANT_READ)
  if (access.kind === 'context' && (access.field.kind === 'bytes' || !signed)) {
    code.i32(0)
    code.memory(name, RunArea.CONTEXT + access.field.at)
    if (access.field.kind !== 'bytes') {
      code.i64(0, MEM_HI)
      code.op('i64.or')
    }
    w.set(dst)
    return true
  }
  if (access.kind === 'frame' || access.kind === 'plain') {
    code.memory(name, pushOffset(w, access, src, off))
    w.set(dst)
    return true
  }
  code.open('block')
  code.open('block')
  pushAddress(w, src, off)
  checkAddress(w, size, GRANT_READ)
  code.get(w.local('at'))
  code.memory(name, 0)
  w.set(dst)
  code.branch('br', 1)
  code.op('end')
  if (writeArenaPlace(w, size)) {
    code.open('if')
    code.get(w.local('at'))
    code.memory(name, 0)
    w.set(dst)
    code.branch('br', 1)
    code.op('end')
  }
  pushHalves(w)
  code.i32(size)
  code.call(w.program.imports.runtime('load'))
  joinResult(w)
  if (signed) code.op(signExtensions[size] as WasmName)
  w.set(dst)
  code.op('end')
  return true
}

/** ST and STX. */
export function writeStore(w: FunctionWriter, insn: Insn): void {
  const { op, dst, src, off } = insn
  const { code } = w
  const size = accessSize(op & 0x18)
  const name = stores[size] as WasmName
  const access = accessOf(w, dst, off, size, GRANT_WRITE)
  if (access.kind === 'context') {
    code.i32(0)
    pushOperand(w, insn)
    code.memory(name, RunArea.CONTEXT + access.field.at)
    return
  }
  if (access.kind === 'frame' || access.kind === 'plain') {
    const offset = pushOffset(w, access, dst, off)
    pushOperand(w, insn)
    code.memory(name, offset)
    return
  }
  code.open('block')
  code.open('block')
  pushAddress(w, dst, off)
  checkAddress(w, size, GRANT_WRITE)
  code.get(w.local('at'))
  pushOperand(w, insn)
  code.memory(name, 0)
  code.branch('br', 1)
  code.op('end')
  if (writeArenaPlace(w, size)) {
    code.open('if')
    code.get(w.local('at'))
    pushOperand(w, insn)
    code.memory(name, 0)
    code.branch('br', 1)
    code.op('end')
  }
  pushHalves(w)
  code.i32(size)
  pushOperand(w, insn)
  code.op('i32.wrap_i64')
  if (src < 0) code.i32(w.input.code.regs[insn.operand + 1] as number)
  else pushHigh(w, src)
  code.call(w.program.imports.runtime('store'))
  code.op('end')
}

/** Pushes the high half of a register. */
export function pushHigh(w: FunctionWriter, reg: number): void {
  const { code } = w
  w.get(reg)
  code.i64(32, 0)
  code.op('i64.shr_u')
  code.op('i32.wrap_i64')
}

/** Puts the offset of an access that has to be in memory into the local `at`; what isn't ends the run. */
export function writeChecked(
  w: FunctionWriter,
  reg: number,
  off: number,
  size: number,
  rights: number,
  fault: () => void,
): void {
  const { code } = w
  const access = accessOf(w, reg, off, size, rights)
  if (access.kind === 'frame' || access.kind === 'plain') {
    const offset = pushOffset(w, access, reg, off)
    if (offset !== 0) {
      code.i32(offset)
      code.op('i32.add')
    }
    code.set(w.local('at'))
    return
  }
  code.open('block')
  code.open('block')
  pushAddress(w, reg, off)
  checkAddress(w, size, rights)
  code.branch('br', 1)
  code.op('end')
  if (writeArenaPlace(w, size)) code.branch('br_if', 0)
  pushHalves(w)
  code.i32(size)
  code.call(w.program.imports.runtime('place'))
  code.tee(w.local('at'))
  code.branch('br_if', 0)
  fault()
  code.op('end')
}
