import { WasmType } from '../../../isa/wasm.ts'
import { MEM_HI } from '../../helpers/impl/address.ts'
import { RunArea } from '../../memory/run-area.ts'
import { MAX_TIMED_LOOPS, STACK_SIZE } from '../limits.ts'
import { WasmCode } from '../wasm/code.ts'
import type { WasmFunc } from '../wasm/code.ts'
import type { FunctionFlow } from './flow.ts'
import type { Imports } from './imports.ts'
import type { CompileInput } from './program.ts'
import type { State } from './state.ts'

/** Names of a function's locals beyond its registers, and their types. */
const locals = {
  /** Where the frame begins: 512 bytes below r10. */
  frame: WasmType.I32,
  /** Jumps back and calls that are left. */
  fuel: WasmType.I32,
  /** may_goto: loops that are left, since when. */
  loops: WasmType.I32,
  since: WasmType.I32,
  /** Which way a dispatch block goes. */
  label: WasmType.I32,
  /** For the moment. */
  at: WasmType.I32,
  count: WasmType.I32,
  key: WasmType.I32,
  wide: WasmType.I64,
  old: WasmType.I64,
} as const

export type LocalName = keyof typeof locals

/** The inside of a function that functions of a program share. */
export interface SharedFunction {
  readonly code: WasmCode
  readonly locals: readonly number[]
}

/** What all functions of a program share while they are written. */
export interface ProgramWriter {
  readonly input: CompileInput
  readonly imports: Imports
  /** Functions by their entry, with the number of arguments that each takes. */
  readonly functions: ReadonlyMap<number, { readonly func: WasmFunc; readonly args: number }>
  /** A function that functions share, by what it does: written when it's asked for first. It returns an i32. */
  shared(key: string, params: readonly number[], make: () => SharedFunction): WasmFunc
  /** The type of a program's first function: its frame and r1. */
  readonly mainType: number
}

/** One function as it's written: its code, its locals, and what is known at the instruction that is next. */
export class FunctionWriter {
  readonly code = new WasmCode()
  readonly program: ProgramWriter
  readonly flow: FunctionFlow
  /** What is known before the instruction that is written. */
  state: State
  readonly #args: number
  readonly #registers = new Map<number, number>()
  readonly #named = new Map<LocalName, number>()
  readonly #types: number[] = []

  /** @param usesFuel whether it jumps back or calls. */
  constructor(program: ProgramWriter, flow: FunctionFlow, args: number, usesFuel: boolean) {
    this.program = program
    this.flow = flow
    this.state = (flow.start as State).copy()
    this.#args = args
    if (usesFuel) this.local('fuel')
  }

  get input(): CompileInput {
    return this.program.input
  }

  /** The local of r10 as the caller gives it: the first parameter. */
  readonly framePointer = 0

  /** The local of a register. */
  register(reg: number): number {
    if (reg >= 1 && reg <= this.#args) return reg
    let local = this.#registers.get(reg)
    if (local === undefined) {
      local = this.#add(WasmType.I64)
      this.#registers.set(reg, local)
    }
    return local
  }

  local(name: LocalName): number {
    let local = this.#named.get(name)
    if (local === undefined) {
      local = this.#add(locals[name])
      this.#named.set(name, local)
    }
    return local
  }

  #add(type: number): number {
    return this.#args + this.#types.push(type)
  }

  /** Pushes a register. */
  get(reg: number): void {
    this.code.get(this.register(reg))
  }

  /** Pops a register. */
  set(reg: number): void {
    this.code.set(this.register(reg))
  }

  /** Pushes the low half of a register. */
  getLow(reg: number): void {
    this.get(reg)
    this.code.op('i32.wrap_i64')
  }

  /** Pops 32 bits into a register, zero-extended. */
  setLow(reg: number): void {
    this.code.op('i64.extend_i32_u')
    this.set(reg)
  }

  /** Pushes a word of the run's area. */
  getWord(at: number): void {
    this.code.i32(0)
    this.code.memory('i32.load', at)
  }

  /** Makes an offset in memory, on the stack as an i32, an address. */
  toAddress(): void {
    this.code.op('i64.extend_i32_u')
    this.code.i64(0, MEM_HI)
    this.code.op('i64.or')
  }

  /** Puts what's left of the fuel where others find it. */
  saveFuel(): void {
    if (!this.#named.has('fuel')) return
    this.code.i32(0)
    this.code.get(this.local('fuel'))
    this.code.memory('i32.store', RunArea.FUEL)
  }

  loadFuel(): void {
    this.getWord(RunArea.FUEL)
    this.code.set(this.local('fuel'))
  }

  /** A jump back or a call: takes one from the fuel, and ends the run where none is left. */
  spendFuel(): void {
    const { code } = this
    const fuel = this.local('fuel')
    code.get(fuel)
    code.i32(1)
    code.op('i32.sub')
    code.tee(fuel)
    code.i32(0)
    code.op('i32.lt_s')
    code.open('if')
    code.call(this.program.imports.runtime('runaway'))
    code.op('unreachable')
    code.op('end')
  }

  /** Returns what's on the stack. */
  return(): void {
    this.saveFuel()
    this.code.op('return')
  }

  /** Types of the locals that aren't parameters. */
  get localTypes(): readonly number[] {
    return this.#types
  }

  /** What a function does before its first block. */
  prologue(): WasmCode {
    const code = new WasmCode()
    const r10 = this.#registers.get(10)
    if (r10 !== undefined) {
      code.get(this.framePointer)
      code.op('i64.extend_i32_u')
      code.i64(0, MEM_HI)
      code.op('i64.or')
      code.set(r10)
    }
    const frame = this.#named.get('frame')
    if (frame !== undefined) {
      code.get(this.framePointer)
      code.i32(STACK_SIZE)
      code.op('i32.sub')
      code.set(frame)
    }
    const fuel = this.#named.get('fuel')
    if (fuel !== undefined) {
      code.i32(0)
      code.memory('i32.load', RunArea.FUEL)
      code.set(fuel)
    }
    const loops = this.#named.get('loops')
    if (loops !== undefined) {
      code.i32(MAX_TIMED_LOOPS)
      code.set(loops)
    }
    return code
  }
}
