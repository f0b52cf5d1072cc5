import { Errno } from '../../../uapi/errno.ts'
import { BpfFunc } from '../../../uapi/helper-names.ts'
import { FUNC_HI, MAP_HI } from '../../helpers/impl/address.ts'
import { kfuncByNumber } from '../../helpers/kfuncs/index.ts'
import { helperTraits } from '../../helpers/traits.ts'
import { RunArea } from '../../memory/run-area.ts'
import type { FunctionWriter } from './function-writer.ts'
import { writeFault } from './write-atomic.ts'
import { writeIteratorNext } from './write-iterator.ts'
import { writeUpdate } from './write-hash-update.ts'
import { writeLookup } from './write-lookup.ts'
import { joinResult, pushHigh } from './write-memory.ts'
import { writeRing } from './write-ring.ts'
import { MAX_TAIL_CALLS, STACK_SIZE } from '../limits.ts'
import type { MapRecord } from '../../objects/records.ts'
import { MapType } from '../../../uapi/map-type.ts'

/** BPF_MAX_LOOPS. */
const MAX_LOOPS = 8 * 1024 * 1024
/** Slots of a program array whose answers are kept, at most. */
const MAX_TAIL_SLOTS = 4096

/** What calls of functions have before them: one less of the fuel, and a frame that there must be room for. */
function enterFrame(w: FunctionWriter): void {
  const { code } = w
  code.get(w.framePointer)
  w.getWord(RunArea.STACK_LIMIT)
  code.op('i32.le_u')
  code.open('if')
  writeFault(w, 'too many nested calls')
  code.op('end')
  w.spendFuel()
  w.saveFuel()
}

/** Pushes the frame of a function that is called. */
function pushFrame(w: FunctionWriter): void {
  const { code } = w
  code.get(w.framePointer)
  code.i32(STACK_SIZE)
  code.op('i32.sub')
}

/** A call of a function of the program. */
export function writeCall(w: FunctionWriter, entry: number): void {
  const callee = w.program.functions.get(entry)
  if (!callee) {
    writeFault(w, 'an instruction that is none')
    return
  }
  enterFrame(w)
  pushFrame(w)
  for (let reg = 1; reg <= callee.args; reg++) w.get(reg)
  w.code.call(callee.func)
  w.set(0)
  w.loadFuel()
}

/** Pushes the halves of an argument. */
function pushArgument(w: FunctionWriter, reg: number): void {
  const value = w.state.reg(reg)
  if (value.kind === 'const') {
    w.code.i32(value.lo)
    w.code.i32(value.hi)
    return
  }
  w.getLow(reg)
  pushHigh(w, reg)
}

/** A call of a helper: inside of what is compiled where that's possible. */
export function writeHelper(w: FunctionWriter, id: number): void {
  if (id === BpfFunc['loop'] && writeLoop(w)) return
  if (id === BpfFunc['map_lookup_elem'] && writeLookup(w)) return
  if (writeRing(w, id) || writeUpdate(w, id)) return
  if (id === BpfFunc['get_smp_processor_id']) {
    w.getWord(RunArea.CPU)
    w.setLow(0)
    return
  }
  const { args, callsBack } = helperTraits(id)
  if (callsBack) prepareCallback(w)
  for (let reg = 1; reg <= args; reg++) pushArgument(w, reg)
  w.code.call(w.program.imports.helper(id))
  joinResult(w)
  w.set(0)
  if (callsBack) w.loadFuel()
}

/** bpf_loop of a function that is known (inline_bpf_loop). */
function writeLoop(w: FunctionWriter): boolean {
  const { code } = w
  const target = w.state.reg(2)
  if (target.kind !== 'const' || target.hi !== FUNC_HI) return false
  const callee = w.program.functions.get(target.lo)
  if (!callee || callee.args > 2) return false
  const count = w.local('count')
  code.open('block')
  w.get(4)
  code.op('i64.eqz')
  code.op('i32.eqz')
  code.open('if')
  code.i64(-Errno.EINVAL, -1)
  w.set(0)
  code.branch('br', 1)
  code.op('end')
  w.getLow(1)
  code.i32(MAX_LOOPS)
  code.op('i32.gt_u')
  code.open('if')
  code.i64(-Errno.E2BIG, 0)
  w.set(0)
  code.branch('br', 1)
  code.op('end')
  code.i32(0)
  code.set(count)
  code.open('block')
  code.open('loop')
  code.get(count)
  w.getLow(1)
  code.op('i32.ge_u')
  code.branch('br_if', 1)
  enterFrame(w)
  pushFrame(w)
  if (callee.args > 0) {
    code.get(count)
    code.op('i64.extend_i32_u')
  }
  if (callee.args > 1) w.get(3)
  code.call(callee.func)
  w.loadFuel()
  code.get(count)
  code.i32(1)
  code.op('i32.add')
  code.set(count)
  code.op('i64.eqz')
  code.branch('br_if', 0)
  code.op('end')
  code.op('end')
  code.get(count)
  w.setLow(0)
  code.op('end')
  return true
}

/** bpf_tail_call: where there is a program, its result is this function's. */
export function writeTailCall(w: FunctionWriter): void {
  const { code } = w
  const at = w.local('at')
  const context = w.state.reg(1)
  if (context.kind !== 'context' || context.off !== 0) {
    w.get(1)
    code.i32(0)
    code.memory('i64.load', RunArea.ARGUMENT)
    code.op('i64.ne')
    code.open('if')
    writeFault(w, 'a tail call without the context')
    code.op('end')
  }
  const map = w.state.reg(2)
  const record = map.kind === 'const' && map.hi === MAP_HI ? w.input.map(map.lo) : undefined
  if (record?.type === MapType.PROG_ARRAY && record.maxEntries <= MAX_TAIL_SLOTS) {
    writeKnownTailCall(w, record)
    return
  }
  pushArgument(w, 2)
  w.getLow(3)
  code.call(w.program.imports.runtime('tail_call'))
  code.tee(at)
  code.open('if')
  enterProgram(w, 1)
  code.op('end')
}

/** A tail call by an array that is known: the runtime is asked about each slot once. */
function writeKnownTailCall(w: FunctionWriter, { id, maxEntries }: MapRecord): void {
  const { code } = w
  const at = w.local('at')
  const { imports } = w.program
  code.open('block')
  w.getLow(3)
  code.i32(maxEntries)
  code.op('i32.ge_u')
  code.branch('br_if', 0)
  w.getWord(RunArea.TAIL_CALLS)
  code.i32(MAX_TAIL_CALLS)
  code.op('i32.ge_s')
  code.branch('br_if', 0)
  code.global(imports.tailSlots(id))
  w.getLow(3)
  code.i32(2)
  code.op('i32.shl')
  code.op('i32.add')
  code.memory('i32.load', 0)
  code.tee(at)
  code.op('i32.eqz')
  code.open('if')
  code.i32(id)
  w.getLow(3)
  code.call(imports.runtime('tail_slot'))
  code.set(at)
  code.op('end')
  code.get(at)
  code.i32(1)
  code.op('i32.eq')
  code.branch('br_if', 0)
  code.i32(0)
  w.getWord(RunArea.TAIL_CALLS)
  code.i32(1)
  code.op('i32.add')
  code.memory('i32.store', RunArea.TAIL_CALLS)
  enterProgram(w, 2)
  code.op('end')
}

/** Goes on in a program, which the local `at` names: so much more than where in the table it is. */
function enterProgram(w: FunctionWriter, more: number): void {
  const { code } = w
  w.saveFuel()
  code.get(w.framePointer)
  w.get(1)
  code.get(w.local('at'))
  code.i32(more)
  code.op('i32.sub')
  code.returnCallIndirect(w.program.mainType)
}

/** A call of a kernel function, by its number. */
export function writeKfunc(w: FunctionWriter, number: number): void {
  if (writeIteratorNext(w, number)) return
  // One that isn't simulated takes nothing, and ends the run.
  const { args, callsBack } = kfuncByNumber(number) ?? { args: 0, callsBack: false }
  if (callsBack) prepareCallback(w)
  for (let reg = 1; reg <= args; reg++) pushArgument(w, reg)
  w.code.call(w.program.imports.kfunc(number, args))
  joinResult(w)
  w.set(0)
  if (callsBack) w.loadFuel()
}

/** What functions that are called back find: fuel, and the frame that theirs lies below. */
function prepareCallback(w: FunctionWriter): void {
  w.code.i32(0)
  w.code.get(w.framePointer)
  w.code.memory('i32.store', RunArea.CALL_FRAME)
  w.saveFuel()
}

/** Whether a call of a helper, or of a kernel function, needs fuel counted. */
export function helperSpendsFuel(id: number): boolean {
  return helperTraits(id).callsBack
}

export function kfuncSpendsFuel(number: number): boolean {
  return kfuncByNumber(number)?.callsBack ?? false
}
