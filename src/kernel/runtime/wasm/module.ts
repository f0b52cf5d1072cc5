import { WasmKind, WasmSection, WasmType, wasm } from '../../../isa/wasm.ts'
import { Bytes } from './bytes.ts'

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const MAX_PAGES = 65536

/** A function of the module: its type, the declaration of its locals, its instructions without the last `end`. */
interface Func {
  type: number
  head: Bytes
  code: Bytes
}

/** Puts a module together. Functions that are imported have the first numbers. */
export class WasmModule {
  readonly #types = new Map<string, number>()
  readonly #imports: Bytes[] = []
  readonly #funcs: Func[] = []
  readonly #exports: { name: string; kind: number; index: number }[] = []
  #importedFuncs = 0
  #importedGlobals = 0

  /** The number of a function type. */
  type(params: readonly number[], results: readonly number[]): number {
    const key = `${params.join()}:${results.join()}`
    const known = this.#types.get(key)
    if (known !== undefined) return known
    const index = this.#types.size
    this.#types.set(key, index)
    return index
  }

  #import(module: string, name: string, kind: number): Bytes {
    const bytes = new Bytes(32)
    bytes.name(module)
    bytes.name(name)
    bytes.byte(kind)
    this.#imports.push(bytes)
    return bytes
  }

  importMemory(name: string): void {
    const bytes = this.#import('env', name, WasmKind.MEMORY)
    bytes.byte(1)
    bytes.u32(1)
    bytes.u32(MAX_PAGES)
  }

  importTable(name: string): void {
    const bytes = this.#import('env', name, WasmKind.TABLE)
    bytes.byte(WasmType.FUNCREF)
    bytes.byte(0)
    bytes.u32(0)
  }

  /** An i32 that doesn't change. @returns its number. */
  importGlobal(module: string, name: string): number {
    const bytes = this.#import(module, name, WasmKind.GLOBAL)
    bytes.byte(WasmType.I32)
    bytes.byte(0)
    return this.#importedGlobals++
  }

  /** @returns the function's number. All are imported before the first is added. */
  importFunc(module: string, name: string, type: number): number {
    this.#import(module, name, WasmKind.FUNC).u32(type)
    return this.#importedFuncs++
  }

  /** How many functions are imported. */
  get imported(): number {
    return this.#importedFuncs
  }

  /** @returns the function's number, its bytes with the declaration of its locals, and how many the latter are. */
  addFunc(type: number, locals: readonly number[], code: Bytes): { index: number; size: number; head: number } {
    const head = localsHead(locals)
    const index = this.#importedFuncs + this.#funcs.push({ type, head, code }) - 1
    return { index, size: head.length + code.length + 1, head: head.length }
  }

  exportFunc(name: string, index: number): void {
    this.#exports.push({ name, kind: WasmKind.FUNC, index })
  }

  /** The module, and where in it each of its own functions is. */
  bytes(): { bytes: Uint8Array<ArrayBuffer>; places: readonly number[] } {
    const out = new Bytes(4096)
    for (const byte of MAGIC) out.byte(byte)
    const types = [...this.#types.keys()]
    section(out, WasmSection.TYPE, types.length, (bytes) => {
      for (const key of types) writeType(bytes, key)
    })
    section(out, WasmSection.IMPORT, this.#imports.length, (bytes) => {
      for (const each of this.#imports) bytes.append(each)
    })
    section(out, WasmSection.FUNCTION, this.#funcs.length, (bytes) => {
      for (const { type } of this.#funcs) bytes.u32(type)
    })
    section(out, WasmSection.EXPORT, this.#exports.length, (bytes) => {
      for (const { name, kind, index } of this.#exports) {
        bytes.name(name)
        bytes.byte(kind)
        bytes.u32(index)
      }
    })
    const places: number[] = []
    const code = section(out, WasmSection.CODE, this.#funcs.length, (bytes) => {
      for (const func of this.#funcs) places.push(writeFunc(bytes, func))
    })
    return { bytes: out.view(), places: places.map((place) => code + place) }
  }
}

/** Writes a section. @returns where its inside begins. */
function section(out: Bytes, id: number, count: number, write: (bytes: Bytes) => void): number {
  if (count === 0) return out.length
  const bytes = new Bytes(1024)
  bytes.u32(count)
  write(bytes)
  out.byte(id)
  out.u32(bytes.length)
  out.append(bytes)
  return out.length - bytes.length
}

function writeType(bytes: Bytes, key: string): void {
  bytes.byte(WasmType.FUNC)
  for (const list of key.split(':')) {
    const types = list === '' ? [] : list.split(',')
    bytes.u32(types.length)
    for (const type of types) bytes.byte(Number(type))
  }
}

function localsHead(locals: readonly number[]): Bytes {
  const head = new Bytes(16)
  const runs: { type: number; count: number }[] = []
  for (const type of locals) {
    const last = runs.at(-1)
    if (last?.type === type) last.count++
    else runs.push({ type, count: 1 })
  }
  head.u32(runs.length)
  for (const { type, count } of runs) {
    head.u32(count)
    head.byte(type)
  }
  return head
}

/** Writes a function. @returns where it begins, behind its size. */
function writeFunc(out: Bytes, { head, code }: Func): number {
  out.u32(head.length + code.length + 1)
  const at = out.length
  out.append(head)
  out.append(code)
  out.byte(wasm.end)
  return at
}
