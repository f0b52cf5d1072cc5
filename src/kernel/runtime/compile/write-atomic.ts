import { Atomic } from '../../../isa/opcode.ts'
import type { WasmName } from '../../../isa/wasm.ts'
import { GRANT_BOTH, GRANT_READ } from '../../helpers/impl/grants.ts'
import { accessSize } from '../atomic.ts'
import type { FunctionWriter } from './function-writer.ts'
import type { Fault } from './imports.ts'
import { faults } from './imports.ts'
import type { Insn } from './program.ts'
import { loads, stores, writeChecked } from './write-memory.ts'

const operations: Readonly<Record<number, WasmName>> = {
  [Atomic.ADD]: 'i64.add',
  [Atomic.OR]: 'i64.or',
  [Atomic.AND]: 'i64.and',
  [Atomic.XOR]: 'i64.xor',
}

/** Ends the run. */
export function writeFault(w: FunctionWriter, what: Fault): void {
  w.code.i32(faults.indexOf(what))
  w.code.call(w.program.imports.runtime('fault'))
  w.code.op('unreachable')
}

/** BPF_ATOMIC. Nothing runs beside a program here, so that it's enough to do it. */
export function writeAtomic(w: FunctionWriter, { dst, src, off, imm }: Insn): void {
  const { code } = w
  const size = accessSize((imm >>> 16) & 0x18)
  const op = imm & 0xffff
  const fault = () => {
    writeFault(w, 'an atomic operation')
  }
  const at = w.local('at')
  const load = loads[size] as WasmName
  const store = stores[size] as WasmName
  if (op === Atomic.LOAD_ACQ) {
    writeChecked(w, src, off, size, GRANT_READ, fault)
    code.get(at)
    code.memory(load, 0)
    w.set(dst)
    return
  }
  writeChecked(w, dst, off, size, GRANT_BOTH, fault)
  if (op === Atomic.STORE_REL) {
    code.get(at)
    w.get(src)
    code.memory(store, 0)
    return
  }
  if (size < 4) {
    writeFault(w, 'an atomic operation of that size')
    return
  }
  if (op === Atomic.CMPXCHG) {
    writeCompareExchange(w, src, size)
    return
  }
  const operation = operations[op & ~Atomic.FETCH]
  if (op !== Atomic.XCHG && operation === undefined) {
    writeFault(w, 'an unknown atomic operation')
    return
  }
  const old = w.local('old')
  code.get(at)
  code.memory(load, 0)
  code.set(old)
  code.get(at)
  if (operation !== undefined) code.get(old)
  w.get(src)
  if (operation !== undefined) code.op(operation)
  code.memory(store, 0)
  if ((op & Atomic.FETCH) === 0) return
  code.get(old)
  w.set(src)
}

function writeCompareExchange(w: FunctionWriter, src: number, size: number): void {
  const { code } = w
  const at = w.local('at')
  const old = w.local('old')
  code.get(at)
  code.memory(loads[size] as WasmName, 0)
  code.tee(old)
  if (size === 8) {
    w.get(0)
    code.op('i64.eq')
  } else {
    code.op('i32.wrap_i64')
    w.getLow(0)
    code.op('i32.eq')
  }
  code.open('if')
  code.get(at)
  w.get(src)
  code.memory(stores[size] as WasmName, 0)
  code.op('end')
  code.get(old)
  w.set(0)
}
