import type { MapRecord } from '../objects/records.ts'
import type { Compiled } from './compile/compile.ts'
import { compile } from './compile/compile.ts'
import type { CompileInput } from './compile/program.ts'
import type { Code } from './decode.ts'
import { decode } from './decode.ts'
import { optimized } from './optimized.ts'

/** A program as WebAssembly that the engine has taken. */
export interface CompiledModule {
  readonly code: Code
  readonly compiled: Compiled
  readonly module: WebAssembly.Module
}

/** What this process remembers of a program, whichever machines it's in. */
export class KnownProgram {
  readonly #insns: Uint8Array
  readonly #facts: Omit<CompileInput, 'code'>
  #module: CompiledModule | undefined
  /** Null for a program that is too large. */
  #compiled: { readonly code: Code; readonly compiled: Compiled } | undefined | null
  /** Milliseconds that the interpreter has spent on it. */
  spent = 0

  constructor(insns: Uint8Array, facts: Omit<CompileInput, 'code'>) {
    this.#insns = insns
    this.#facts = facts
  }

  get isCompiled(): boolean {
    return this.#module !== undefined
  }

  /** The program as WebAssembly; undefined where it's too large for that. */
  compiled(): Compiled | undefined {
    return this.#compile()?.compiled
  }

  #compile() {
    if (this.#compiled === undefined) {
      const code = decode(this.#insns)
      const compiled = compile({ code, ...this.#facts })
      this.#compiled = compiled ? { code, compiled } : null
    }
    return this.#compiled
  }

  /**
   * The program's module, compiled where it isn't yet.
   *
   * @param optimize whether the engine's best code is wanted at once.
   * @returns undefined for a program that is too large.
   */
  compile(optimize: boolean): CompiledModule | undefined {
    const made = this.#compile()
    if (!made) return undefined
    const make = () => new WebAssembly.Module(made.compiled.bytes)
    this.#module ??= { ...made, module: optimize ? optimized(make) : make() }
    return this.#module
  }
}

/** Programs that are remembered, at most. */
const MAX_PROGRAMS = 256

const programs = new Map<string, KnownProgram>()

/** The same program in several machines, or loaded twice, is one. */
export function knownProgram(
  insns: Uint8Array,
  mapIds: readonly number[],
  facts: Omit<CompileInput, 'code'>,
): KnownProgram {
  const { progType, possibleCpus, map } = facts
  const maps = mapIds.map((id) => mapFacts(id, map(id)))
  const key = `${progType}:${possibleCpus}:${maps.join()}:${Buffer.from(insns).toString('latin1')}`
  let program = programs.get(key)
  if (!program) {
    const [oldest] = programs.keys()
    if (programs.size >= MAX_PROGRAMS && oldest !== undefined) programs.delete(oldest)
    program = new KnownProgram(insns, facts)
    programs.set(key, program)
  }
  return program
}

/** What compiled code knows of a map. */
function mapFacts(id: number, record: MapRecord | undefined): string {
  if (!record) return `${id}`
  const { type, keySize, valueSize, maxEntries, mapFlags } = record
  return [id, type, keySize, valueSize, maxEntries, mapFlags].join('/')
}
