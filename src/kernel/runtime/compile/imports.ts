import { helperNames } from '../../../uapi/helper-names.ts'
import { WasmType } from '../../../isa/wasm.ts'
import { helperTraits } from '../../helpers/traits.ts'
import type { WasmFunc } from '../wasm/code.ts'
import type { WasmModule } from '../wasm/module.ts'

const { I32 } = WasmType
const words = (count: number): number[] => new Array<number>(count).fill(I32)

/**
 * What compiled code calls of the runtime, by parameters and results: all are words, as 64-bit values would become
 * bigints. See linker.ts for what each does.
 */
export const runtimeImports = {
  /** Address (low, high) and size: the low word of what is there. The high word is left in RunArea.R0_HI. */
  load: [words(3), [I32]],
  /** Address, size, value. */
  store: [words(5), []],
  /** Address and size: where in memory that is, 0 for nowhere. */
  place: [words(3), [I32]],
  /** An offset in the packet and a size: whether there is something, which is left in RunArea.R0_HI. */
  packet: [words(2), [I32]],
  /** may_goto: since when it loops, or 0: since when it may go on, or 0. */
  again: [words(1), [I32]],
  /** The program array (low, high) and the index: one more than where in the table the program is, or 0. */
  tail_call: [words(3), [I32]],
  /** The same for an array that is known, whose answers are kept: two more, or 1. */
  tail_slot: [words(2), [I32]],
  runaway: [[], []],
  /** Which of faults[]. */
  fault: [words(1), []],
} as const satisfies Record<string, readonly [readonly number[], readonly number[]]>

export type RuntimeImport = keyof typeof runtimeImports

/** Ways for a program to go wrong that need no more words. */
export const faults = [
  'an instruction that is none',
  'an atomic operation',
  'an atomic operation of that size',
  'an unknown atomic operation',
  'too many nested calls',
  'a tail call without the context',
] as const

export type Fault = (typeof faults)[number]

/** Functions and numbers that a module imports, in the order in which they were first asked for. */
export class Imports {
  readonly #module: WasmModule
  readonly #funcs = new Map<string, { module: string; name: string; type: number; func: WasmFunc }>()
  readonly #globals = new Map<string, { module: string; name: string; index: number }>()

  constructor(module: WasmModule) {
    this.#module = module
  }

  runtime(name: RuntimeImport): WasmFunc {
    const [params, results] = runtimeImports[name]
    return this.#func('run', name, params, results)
  }

  /** A helper: takes the halves of its arguments, returns the low half of r0 and leaves the high one in R0_HI. */
  helper(id: number): WasmFunc {
    return this.#func('bpf', helperNames[id] ?? String(id), words(helperTraits(id).args * 2), [I32])
  }

  /** A kernel function, the same way. @param args how many it takes. */
  kfunc(number: number, args: number): WasmFunc {
    return this.#func('kfunc', String(number), words(args * 2), [I32])
  }

  /** A lookup in one map: takes the offset of the key, returns that of the value or 0. */
  lookup(mapId: number): WasmFunc {
    return this.#func('lookup', String(mapId), [I32], [I32])
  }

  /** An update of one map's element: takes the offsets of key and value, and flags; returns 0 or a negative errno. */
  update(mapId: number): WasmFunc {
    return this.#func('update', String(mapId), words(3), [I32])
  }

  /** What a ring buffer is asked, in one map: reserve (size), output (place, size), commit (place, whether to discard). */
  ring(what: 'reserve' | 'output' | 'commit', mapId: number): WasmFunc {
    return this.#func('ring', `${what} ${mapId}`, words(what === 'reserve' ? 1 : 2), [I32])
  }

  /** The offset in memory of what the program has the address of: `index` in Code.mapValues. */
  mapValue(index: number): number {
    return this.#global('value', String(index))
  }

  /** The offset in memory of where the answers of `tail_slot` for a program array are kept: a word for each slot. */
  tailSlots(mapId: number): number {
    return this.#global('tail', String(mapId))
  }

  /** The offset in memory of the table of a map (KernelMap.lookupTable). */
  table(mapId: number): number {
    return this.#global('table', String(mapId))
  }

  /** The high word of addresses in the program's arena, cast for users. */
  arenaHigh(): number {
    return this.#global('arena', 'high')
  }

  /** Where the elements of a small array are, side by side (KernelMap.lendAll). */
  elements(mapId: number): number {
    return this.#global('elements', String(mapId))
  }

  /** What a hash map hashes with (htab->hashrnd). */
  seed(mapId: number): number {
    return this.#global('seed', String(mapId))
  }

  #global(module: string, name: string): number {
    const key = `${module}.${name}`
    let global = this.#globals.get(key)
    if (global === undefined) {
      global = { module, name, index: this.#module.importGlobal(module, name) }
      this.#globals.set(key, global)
    }
    return global.index
  }

  #func(module: string, name: string, params: readonly number[], results: readonly number[]): WasmFunc {
    const key = `${module}.${name}`
    let entry = this.#funcs.get(key)
    if (!entry) {
      entry = { module, name, type: this.#module.type(params, results), func: { index: -1 } }
      this.#funcs.set(key, entry)
    }
    return entry.func
  }

  /** The functions and numbers that were asked for. */
  get list(): { module: string; name: string }[] {
    return [...this.#funcs.values(), ...this.#globals.values()].map(({ module, name }) => ({ module, name }))
  }

  /** Numbers all functions that were asked for: none can be after this. */
  number(): void {
    for (const { module, name, type, func } of this.#funcs.values()) {
      func.index = this.#module.importFunc(module, name, type)
    }
  }
}
