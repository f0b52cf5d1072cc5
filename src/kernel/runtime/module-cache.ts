import type { MapRecord } from '../objects/records.ts'
import type { Compiled } from './compile/compile.ts'
import { compile } from './compile/compile.ts'
import type { Code } from './decode.ts'
import { decode } from './decode.ts'

/** A program as the engine's own machine code. */
export interface CompiledModule {
  readonly code: Code
  readonly compiled: Compiled
  readonly module: WebAssembly.Module
}

/** Programs that are kept, at most. */
const MAX_MODULES = 256

/** Modules by what they were made from: the same program in several machines, or loaded twice, is compiled once. */
const modules = new Map<string, CompiledModule | undefined>()

/**
 * The module of a program, compiled where it isn't yet.
 *
 * @returns undefined for one that is too large.
 */
export function compiledModule(
  insns: Uint8Array,
  progType: number,
  map: (id: number) => MapRecord | undefined,
): CompiledModule | undefined {
  const code = decode(insns)
  const facts = code.mapIds.map((id) => mapFacts(id, map(id)))
  const key = `${progType}:${facts.join()}:${Buffer.from(insns).toString('latin1')}`
  if (modules.has(key)) return modules.get(key)
  const compiled = compile({ code, progType, map })
  const entry = compiled && { code, compiled, module: new WebAssembly.Module(compiled.bytes) }
  const [oldest] = modules.keys()
  if (modules.size >= MAX_MODULES && oldest !== undefined) modules.delete(oldest)
  modules.set(key, entry)
  return entry
}

/** What compiled code knows of a map. */
function mapFacts(id: number, record: MapRecord | undefined): string {
  if (!record) return `${id}`
  const { type, keySize, valueSize, maxEntries, mapFlags } = record
  return [id, type, keySize, valueSize, maxEntries, mapFlags].join('/')
}
