import type { MapRecord } from '../objects/records.ts'
import type { Compiled } from './compile/compile.ts'
import { decode } from './decode.ts'
import { knownProgram } from './known-programs.ts'

export type { Compiled, CompiledFunction } from './compile/compile.ts'

/** What a program is compiled for: its type, the machine, and the maps that it names. */
export interface JitInput {
  readonly progType: number
  readonly possibleCpus: number
  map(id: number): MapRecord | undefined
}

/**
 * The JIT: what a program in the `run` form of kernel/load becomes. It makes the same of the same, so that what is
 * asked for later need not be kept.
 *
 * @returns undefined for a program that is too large, which is interpreted.
 */
export function jit(run: Uint8Array, input: JitInput): Compiled | undefined {
  return knownProgram(run, decode(run).mapIds, input).compiled()
}
