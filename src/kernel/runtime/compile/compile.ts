import { WasmType } from '../../../isa/wasm.ts'
import { FUEL } from '../limits.ts'
import { RunArea } from '../../memory/run-area.ts'
import { WasmCode } from '../wasm/code.ts'
import type { WasmFunc } from '../wasm/code.ts'
import { WasmModule } from '../wasm/module.ts'
import { countArguments } from './arguments.ts'
import { Flow } from './flow.ts'
import type { ProgramWriter, SharedFunction } from './function-writer.ts'
import { Imports } from './imports.ts'
import type { CompileInput } from './program.ts'
import { writeFunction } from './write-function.ts'

const { I32, I64 } = WasmType

/** A program as WebAssembly. */
export interface Compiled {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The functions and numbers that it imports. */
  readonly imports: readonly { readonly module: string; readonly name: string }[]
  /** Its functions in the order of the text. */
  readonly functions: readonly CompiledFunction[]
}

export interface CompiledFunction {
  /** Slot of its first instruction. */
  readonly entry: number
  /** Where in the module it is. */
  readonly at: number
  /** Bytes of its code, locals and all. */
  readonly size: number
  /** Where the code of instructions begins: slots, and bytes from the function's beginning, in the order of the code. */
  readonly slots: readonly number[]
  readonly positions: Int32Array
}

/** Functions of more bytes than this are refused by engines (kV8MaxWasmFunctionSize). */
const MAX_FUNCTION = 7_654_321

/**
 * Compiles a program to a module: `run` runs it again and again, `main` is what tail calls enter, `enter` calls one of
 * the functions whose address is taken. See imports.ts for what it needs.
 *
 * @returns undefined for programs that are too large.
 */
export function compile(input: CompileInput): Compiled | undefined {
  const flow = new Flow(input)
  const all = [...flow.functions.values()]
  const counts = countArguments(input.code, all)
  // Whatever calls the first function calls it as a program.
  counts.set(0, 1)
  const module = new WasmModule()
  const imports = new Imports(module)
  const functions = new Map(
    all.map(({ entry }) => [entry, { func: { index: -1 }, args: counts.get(entry) as number }] as const),
  )
  const typeOf = (args: number) => module.type([I32, ...new Array<number>(args).fill(I64)], [I64])
  const shared = new Map<string, SharedFunction & { func: WasmFunc; params: readonly number[] }>()
  const program: ProgramWriter = {
    input,
    imports,
    functions,
    mainType: typeOf(1),
    shared: (key, params, make) => {
      const known = shared.get(key)
      if (known) return known.func
      const added = { func: { index: -1 }, params, ...make() }
      shared.set(key, added)
      return added.func
    },
  }
  const written = all.map((func) => ({
    ...writeFunction(program, flow, func, counts.get(func.entry) as number),
    entry: func.entry,
  }))
  if (written.some(({ writer }) => writer.code.length > MAX_FUNCTION)) return undefined

  module.importMemory('memory')
  module.importTable('programs')
  imports.number()
  // Local functions are numbered behind them, in this order.
  all.forEach(({ entry }, i) => {
    ;(functions.get(entry) as { func: WasmFunc }).func.index = module.imported + i
  })
  ;[...shared.values()].forEach(({ func }, i) => {
    func.index = module.imported + all.length + i
  })
  const added = written.map(({ writer, entry, slots, positions }) => {
    const marks = Int32Array.from(positions)
    const code = writer.prologue().link(new Int32Array(0))
    const { length } = code
    code.append(writer.code.link(marks))
    for (let i = 0; i < marks.length; i++) marks[i] = (marks[i] as number) + length
    const { size, head } = module.addFunc(typeOf(counts.get(entry) as number), writer.localTypes, code)
    for (let i = 0; i < marks.length; i++) marks[i] = (marks[i] as number) + head
    return { entry, size, slots, positions: marks }
  })
  for (const { params, locals, code } of shared.values()) {
    module.addFunc(module.type(params, [I32]), locals, code.link(new Int32Array(0)))
  }
  const main = functions.get(0) as { func: WasmFunc }
  module.exportFunc('main', main.func.index)
  module.exportFunc('run', addRun(module, main.func))
  const callbacks = [...functions].filter(([entry]) => input.code.functions.includes(entry))
  if (callbacks.length > 0) module.exportFunc('enter', addEnter(module, callbacks))
  const { bytes, places } = module.bytes()
  // They were added first.
  const compiled = added.map((func, i) => ({ ...func, at: places[i] as number }))
  return { bytes, imports: imports.list, functions: compiled }
}

/** `run(low, high, times)`: runs the program so many times on one argument. @returns the low word of the last result. */
function addRun(module: WasmModule, main: WasmFunc): number {
  const code = new WasmCode()
  const result = 3
  code.open('loop')
  code.i32(0)
  code.i32(FUEL)
  code.memory('i32.store', RunArea.FUEL)
  code.i32(0)
  code.i32(0)
  code.memory('i32.store', RunArea.TAIL_CALLS)
  code.i32(0)
  code.memory('i32.load', RunArea.STACK_TOP)
  joinWords(code, 0, 1)
  code.call(main)
  code.set(result)
  code.get(2)
  code.i32(1)
  code.op('i32.sub')
  code.tee(2)
  code.branch('br_if', 0)
  code.op('end')
  returnWords(code, result)
  return module.addFunc(module.type([I32, I32, I32], [I32]), [I64], code.link(new Int32Array(0))).index
}

/** `enter(slot, frame, words of r1 to r5)`: calls the function there. @returns the low word of its result. */
function addEnter(module: WasmModule, callbacks: readonly [number, { func: WasmFunc; args: number }][]): number {
  const code = new WasmCode()
  const result = 12
  for (const [entry, { func, args }] of callbacks) {
    code.get(0)
    code.i32(entry)
    code.op('i32.eq')
    code.open('if')
    code.get(1)
    for (let arg = 1; arg <= args; arg++) joinWords(code, 2 * arg, 2 * arg + 1)
    code.call(func)
    code.set(result)
    code.op('end')
  }
  returnWords(code, result)
  const type = module.type(new Array<number>(12).fill(I32), [I32])
  return module.addFunc(type, [I64], code.link(new Int32Array(0))).index
}

/** Pushes two words that are locals as one value. */
function joinWords(code: WasmCode, low: number, high: number): void {
  code.get(low)
  code.op('i64.extend_i32_u')
  code.get(high)
  code.op('i64.extend_i32_u')
  code.i64(32, 0)
  code.op('i64.shl')
  code.op('i64.or')
}

/** Leaves the high word of a result in its place, and pushes the low one. */
function returnWords(code: WasmCode, result: number): void {
  code.i32(0)
  code.get(result)
  code.i64(32, 0)
  code.op('i64.shr_u')
  code.memory('i64.store32', RunArea.R0_HI)
  code.get(result)
  code.op('i32.wrap_i64')
}
