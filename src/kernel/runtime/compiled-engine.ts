import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import { lendElements, progRights } from '../helpers/impl/maps.ts'
import type { RunKernel } from '../helpers/impl/run-kernel.ts'
import type { Run } from '../helpers/impl/run.ts'
import { fault } from '../helpers/impl/run.ts'
import { Thrown } from '../helpers/kfuncs/throw.ts'
import { RunArea } from '../memory/run-area.ts'
import type { Code } from './decode.ts'
import { runaway } from './failures.ts'
import { FUEL, STACK_SIZE } from './limits.ts'
import { RuntimeImports } from './linker.ts'
import type { FindProgram } from './linker.ts'
import type { CompiledModule } from './known-programs.ts'

/** Calls a function of a program: its slot, its frame, and r1 to r5 in halves. */
type Enter = (
  slot: number,
  frame: number,
  r1: number,
  r1Hi: number,
  r2: number,
  r2Hi: number,
  r3: number,
  r3Hi: number,
  r4: number,
  r4Hi: number,
  r5: number,
  r5Hi: number,
) => number

/** What a module exports: see compile.ts. */
interface Exports {
  run(lo: number, hi: number, times: number): number
  main: () => unknown
  enter?: Enter
}

/** A program whose module is linked to a run. */
export interface Linked {
  readonly exports: Exports
  /** Calls one of its functions: arguments and result are in the registers. */
  readonly callback: Run['callback']
  readonly code: Code
}

/** Runs compiled programs: instances of their modules, linked to one run. */
export class CompiledEngine {
  readonly #kernel: RunKernel
  readonly #run: Run
  readonly #imports: RuntimeImports
  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 })

  constructor(kernel: RunKernel, run: Run, probes: boolean, findProgram: FindProgram) {
    this.#kernel = kernel
    this.#run = run
    this.#imports = new RuntimeImports(run, probes, findProgram)
  }

  /** Links a program. @throws KernelError ENOENT and EFAULT where a map isn't there, or a value has no address. */
  link({ module, code, compiled }: CompiledModule): Linked {
    const run = this.#run
    const value: Record<string, number> = {}
    code.mapValues.forEach(({ mapId, off }, i) => {
      const map = this.#kernel.mapById(mapId)
      const at = map.directValueAddr(off)
      if (at === undefined) throw fault('the value of a map that has no address')
      run.grants.grant(at - off, map.record.valueSize, progRights(map.record))
      value[i] = at
    })
    // As interpreted programs have them, and in the same order.
    for (const id of code.mapIds) lendElements(run, id)
    const functions = new Set(code.functions)
    const callback = (slot: number) => {
      if (!functions.has(slot)) throw fault('a callback')
      this.#callback(linked.exports, slot)
    }
    const bpf: Record<string, (...words: number[]) => number> = {}
    const lookup: Record<string, (key: number) => number> = {}
    const table: Record<string, number> = {}
    const update: Record<string, (...words: number[]) => number> = {}
    const elements: Record<string, number> = {}
    const ring: Record<string, (...words: number[]) => number> = {}
    const seed: Record<string, number> = {}
    const tail: Record<string, number> = {}
    const kfunc: Record<string, (...words: number[]) => number> = {}
    const arena = { high: run.arena?.castHi ?? 0 }
    for (const { module: from, name } of compiled.imports) {
      if (from === 'bpf') bpf[name] = this.#imports.helper(name, callback)
      else if (from === 'kfunc') kfunc[name] = this.#imports.kfunc(name, callback)
      else if (from === 'lookup') lookup[name] = this.#imports.lookup(Number(name))
      else if (from === 'update') update[name] = this.#imports.update(Number(name))
      else if (from === 'elements') elements[name] = this.#elements(Number(name))
      else if (from === 'table') table[name] = this.#lookupTable(Number(name))
      else if (from === 'ring') ring[name] = this.#imports.ring(name)
      else if (from === 'seed') seed[name] = this.#kernel.mapById(Number(name)).record.seed | 0
      else if (from === 'tail') tail[name] = this.#imports.tailSlots(Number(name))
    }
    const env = { memory: run.memory.wasm, programs: this.#table }
    const instance = new WebAssembly.Instance(module, {
      env,
      run: this.#imports.run,
      bpf,
      lookup,
      update,
      elements,
      value,
      table,
      ring,
      seed,
      tail,
      kfunc,
      arena,
    })
    const linked: Linked = { exports: instance.exports as unknown as Exports, callback, code }
    return linked
  }

  /** Where a small array's elements are, which compiled code may touch all of from the start. */
  #elements(mapId: number): number {
    const at = lendElements(this.#run, mapId)
    if (at === 0) throw fault('a map without elements')
    return at
  }

  /** Where compiled code looks up a map's elements. */
  #lookupTable(mapId: number): number {
    const at = this.#kernel.mapById(mapId).lookupTable?.()
    if (at === undefined) throw fault('a map without a table')
    return at
  }

  /** Puts a function where tail calls find it. @returns where that is. */
  addTarget(main: () => unknown): number {
    const at = this.#table.grow(1)
    this.#table.set(at, main)
    return at
  }

  /** Runs a program so many times. @returns r0's low word. */
  start(linked: Linked, lo: number, hi: number, times: number): number {
    const { exports, code } = linked
    try {
      if (!code.throws) return exports.run(lo, hi, times) >>> 0
      let result = 0
      for (let done = 0; done < times; done++) result = this.#startThrowing(linked, lo, hi)
      return result >>> 0
    } catch (error) {
      throw error instanceof WebAssembly.RuntimeError ? trapped() : error
    }
  }

  /** Runs a program that may throw: its function for that says what is returned then, or it's what was thrown. */
  #startThrowing(linked: Linked, lo: number, hi: number): number {
    const { exports, code } = linked
    try {
      return exports.run(lo, hi, 1)
    } catch (error) {
      if (!(error instanceof Thrown)) throw error
      if (code.exceptionCallback < 0) return error.lo
      const { regs } = this.#run
      regs.fill(0, 2, 12)
      regs[2] = error.lo
      regs[3] = error.hi
      this.call(linked, code.exceptionCallback)
      return regs[0] as number
    }
  }

  /** Calls a function of a program on its own: arguments and result are in the registers. */
  call({ exports }: Linked, slot: number): void {
    const { i32 } = this.#run.memory
    i32[RunArea.FUEL >> 2] = FUEL
    // As if called from the frame above the first.
    i32[RunArea.CALL_FRAME >> 2] = (i32[RunArea.STACK_TOP >> 2] as number) + STACK_SIZE
    this.#callback(exports, slot)
  }

  #callback({ enter }: Exports, slot: number): void {
    const { regs: r, memory } = this.#run
    const frame = memory.i32[RunArea.CALL_FRAME >> 2] as number
    if (frame >>> 0 <= (memory.i32[RunArea.STACK_LIMIT >> 2] as number) >>> 0) throw fault('too many nested calls')
    const fuel = (memory.i32[RunArea.FUEL >> 2] as number) - 1
    if (fuel < 0) throw runaway()
    memory.i32[RunArea.FUEL >> 2] = fuel
    const lo = (enter as Enter)(
      slot,
      frame - STACK_SIZE,
      r[2] as number,
      r[3] as number,
      r[4] as number,
      r[5] as number,
      r[6] as number,
      r[7] as number,
      r[8] as number,
      r[9] as number,
      r[10] as number,
      r[11] as number,
    )
    // Another array where memory grew.
    const { i32 } = memory
    i32[RunArea.CALL_FRAME >> 2] = frame
    r[0] = lo
    r[1] = i32[RunArea.R0_HI >> 2] as number
  }
}

/** What no program should come to: the engine of WebAssembly has stopped it. */
function trapped(): KernelError {
  return new KernelError(Errno.EFAULT, 'the compiled program was stopped')
}
