import { INSN_SIZE } from '../../isa/insn.ts'
import { Class, Jmp } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { PseudoCall } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { KernelError } from '../error.ts'
import { lendElements, progRights } from '../helpers/impl/maps.ts'
import type { RunKernel, RunProgram } from '../helpers/impl/run-kernel.ts'
import { Run, fault } from '../helpers/impl/run.ts'
import type { ArenaMemory } from '../maps/arena-memory.ts'
import { arenaMemory } from '../maps/arena.ts'
import { RunArea } from '../memory/run-area.ts'
import type { ProgRecord } from '../objects/records.ts'
import type { Linked } from './compiled-engine.ts'
import { CompiledEngine } from './compiled-engine.ts'
import type { Code } from './decode.ts'
import { decode } from './decode.ts'
import { Interpreter } from './interpreter.ts'
import { MAX_NESTED_FRAMES, STACK_SIZE } from './limits.ts'
import type { KnownProgram } from './known-programs.ts'
import { knownProgram } from './known-programs.ts'
import { COMPILE_TIME, isWorthCompiling } from './tier.ts'
import { trampoline } from './trampoline.ts'

const CALL = Class.JMP | Jmp.CALL

/** Program types whose loads of bad addresses give 0 (BPF_PROBE_MEM): they follow the kernel's own pointers. */
const probing: ReadonlySet<number> = new Set([ProgType.TRACING, ProgType.LSM, ProgType.STRUCT_OPS, ProgType.NETFILTER])

/** Whether a program calls functions of the kernel, which give pointers that loads are probed by. */
function callsKernel(insns: Uint8Array): boolean {
  for (let at = 0; at < insns.length; at += INSN_SIZE) {
    if (insns[at] === CALL && (insns[at + 1] as number) >>> 4 === PseudoCall.KFUNC_CALL) return true
  }
  return false
}

/** The arena that a program is associated with. */
function arenaOf(kernel: RunKernel, { mapIds }: ProgRecord): ArenaMemory | undefined {
  for (const id of mapIds) {
    const arena = arenaMemory(kernel.mapById(id))
    if (arena) return arena
  }
  return undefined
}

/** A program made ready to be run any number of times: `end` gives its memory back. */
export class Engine {
  readonly run: Run
  /** Milliseconds that compiling took: Linux does that when a program is loaded. */
  compileTime = 0
  readonly #kernel: RunKernel
  readonly #prog: RunProgram
  readonly #interpreter: Interpreter
  readonly #compiler: CompiledEngine
  /** Programs as the interpreter runs them, and where compiled ones are in the table for tail calls, by id. */
  readonly #codes = new Map<number, Code>()
  readonly #targets = new Map<number, number>()
  #linked: Linked | undefined
  /** A key and a value of four bytes each. */
  readonly #scratch: number
  /** What the run's area held before: another run may be going on. */
  readonly #before: Uint8Array

  constructor(kernel: RunKernel, prog: ProgRecord) {
    this.#kernel = kernel
    const { memory } = kernel
    this.#before = memory.u8.slice(RunArea.R0_HI, RunArea.END)
    this.run = new Run(kernel, prog)
    try {
      this.#prog = this.#find(prog.id)
      this.#scratch = this.run.alloc(8, 0)
      const stack = this.run.alloc(STACK_SIZE * MAX_NESTED_FRAMES)
      const stackTop = stack + STACK_SIZE * MAX_NESTED_FRAMES
      memory.view.setUint32(RunArea.STACK_TOP, stackTop, true)
      memory.view.setUint32(RunArea.STACK_LIMIT, stack + STACK_SIZE, true)
      memory.view.setUint32(RunArea.CPU, kernel.cpu, true)
      const probes = probing.has(prog.type) || callsKernel(this.#prog.run)
      this.run.arena = arenaOf(kernel, prog)
      this.#interpreter = new Interpreter(this.run, stackTop, probes, {
        tailCallTarget: (mapId, index) => this.#tailCall(mapId, index),
        hotCallback: (code) => this.#hotCallback(code),
      })
      this.#compiler = new CompiledEngine(kernel, this.run, probes, (mapId, index) => this.#target(mapId, index))
      if (kernel.engine === 'compiler') this.#compile(false)
      if (!this.#linked) this.#code(this.#prog)
    } catch (error) {
      this.end()
      throw error
    }
  }

  /** Makes ready for so many runs. */
  prepare(times: number): void {
    if (this.#linked || this.#kernel.engine !== undefined) return
    const code = this.#code(this.#prog)
    const known = this.#known(this.#prog, code)
    if (isWorthCompiling(code, times) || known.spent > COMPILE_TIME) this.#compile(true)
  }

  /** Runs the program once. @param lo @param hi its argument. @returns r0's low word. */
  start(lo: number, hi: number): number {
    return this.repeat(lo, hi, 1)
  }

  /** Runs the program so many times on the same. @returns the last result. */
  repeat(lo: number, hi: number, times: number): number {
    const { view } = this.run.memory
    view.setInt32(RunArea.ARGUMENT, lo, true)
    view.setInt32(RunArea.ARGUMENT + 4, hi, true)
    if (this.#linked) return this.#compiler.start(this.#linked, lo, hi, times)
    const code = this.#code(this.#prog)
    const start = performance.now()
    let spent = 0
    for (let done = 1, look = 1; done <= times; done++) {
      this.#interpreter.start(code, lo, hi)
      if (done < look) continue
      look *= 2
      spent = performance.now() - start
      if (this.#kernel.engine !== undefined || (spent / done) * (times - done) < COMPILE_TIME) continue
      this.#compile(true)
      if (this.#linked) return this.#compiler.start(this.#linked, lo, hi, times - done)
    }
    this.#known(this.#prog, code).spent += performance.now() - start
    return (this.run.regs[0] as number) >>> 0
  }

  /** Calls a function of the program on its own: arguments are in the registers. */
  call(slot: number): void {
    if (this.#linked) this.#compiler.call(this.#linked, slot)
    else this.#interpreter.call(this.#code(this.#prog), slot)
  }

  end(): void {
    this.run.end()
    this.run.memory.u8.set(this.#before, RunArea.R0_HI)
  }

  #compile(optimize: boolean): void {
    const start = performance.now()
    this.#linked = this.#link(this.#prog, optimize)
    this.compileTime += performance.now() - start
  }

  #find(id: number): RunProgram {
    const prog = this.#kernel.progById(id)
    if (!prog) throw new KernelError(Errno.ENOENT)
    return prog
  }

  /** What this process remembers of a program. */
  #known({ record, run }: RunProgram, { mapIds }: Code): KnownProgram {
    const mapOf = (id: number) => {
      try {
        return this.#kernel.mapById(id).record
      } catch (error) {
        if (error instanceof KernelError) return undefined
        throw error
      }
    }
    return knownProgram(run, mapIds, { progType: record.type, possibleCpus: this.#kernel.possibleCpus, map: mapOf })
  }

  /** Compiles a program and links it; undefined where it's too large for that. */
  #link(prog: RunProgram, optimize: boolean): Linked | undefined {
    const module = this.#known(prog, decode(prog.run)).compile(optimize)
    return module && this.#compiler.link(module)
  }

  /** A function of the program that the interpreter is called back for again and again. */
  #hotCallback(code: Code): Linked['callback'] | undefined {
    if (this.#kernel.engine !== undefined) return undefined
    const [id] = [...this.#codes].find(([, each]) => each === code) ?? []
    const prog = id === undefined ? undefined : this.#kernel.progById(id)
    return prog && this.#link(prog, true)?.callback
  }

  /** A program's code, with the addresses of map values filled in. */
  #code({ record, run }: RunProgram): Code {
    const known = this.#codes.get(record.id)
    if (known) return known
    const code = decode(run)
    for (const { constant, mapId, off } of code.mapValues) {
      const map = this.#kernel.mapById(mapId)
      const at = map.directValueAddr(off)
      if (at === undefined) throw fault('the value of a map that has no address')
      this.run.grants.grant(at - off, map.record.valueSize, progRights(map.record))
      code.regs[constant] = at
    }
    // As compiled programs have them.
    for (const id of code.mapIds) lendElements(this.run, id)
    this.#codes.set(record.id, code)
    return code
  }

  /** The program in a slot of a program array. */
  #progAt(mapId: number, index: number): RunProgram | undefined {
    const map = this.#kernel.mapById(mapId)
    if (map.record.type !== MapType.PROG_ARRAY) throw fault('a tail call without a program array')
    if (index >= map.record.maxEntries) return undefined
    const { memory } = this.run
    memory.view.setInt32(this.#scratch, index, true)
    const id = map.lookupId?.(this.#scratch) ?? 0
    return id === 0 ? undefined : this.#kernel.progById(id)
  }

  #tailCall(mapId: number, index: number): Code | undefined {
    const prog = this.#progAt(mapId, index)
    return prog && this.#code(prog)
  }

  /** A tail call of compiled code: where in the table it goes, or -1. */
  #target(mapId: number, index: number): number {
    const prog = this.#progAt(mapId, index)
    if (!prog) return -1
    let target = this.#targets.get(prog.record.id)
    if (target === undefined) {
      const linked = this.#link(prog, false)
      target = this.#compiler.addTarget(linked ? linked.exports.main : this.#interpreted(prog))
      this.#targets.set(prog.record.id, target)
    }
    return target
  }

  /** What stands for a program that is too large to be compiled. */
  #interpreted(prog: RunProgram): () => unknown {
    const code = this.#code(prog)
    return trampoline(this.run.memory, (frame, lo, hi) => this.#interpreter.tailCalled(code, frame, lo, hi))
  }
}
