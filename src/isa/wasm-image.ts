import { WasmReader } from './wasm-reader.ts'
import { WasmKind, WasmSection } from './wasm.ts'

const MAGIC = '\0asm'
/** Bytes of the magic number and the version. */
const HEADER = 8

/** What a module of ours holds, as far as its text needs it. */
export interface WasmImage {
  /** What imported functions and numbers are called: `bpf.map_lookup_elem`. */
  readonly importedFuncs: readonly string[]
  readonly importedGlobals: readonly string[]
  /** Where each of its own functions is: their locals and code, without the size before them. */
  readonly functions: readonly { readonly at: number; readonly length: number }[]
}

/** Reads a module. @returns undefined for bytes that are none. */
export function readWasmImage(bytes: Uint8Array): WasmImage | undefined {
  if (Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1') !== MAGIC) return undefined
  const reader = new WasmReader(bytes, HEADER)
  const importedFuncs: string[] = []
  const importedGlobals: string[] = []
  const functions: { at: number; length: number }[] = []
  while (reader.at < bytes.length) {
    const id = reader.byte()
    const length = reader.u32()
    const end = reader.at + length
    if (id === WasmSection.IMPORT) {
      for (let left = reader.u32(); left > 0; left--) readImport(reader, importedFuncs, importedGlobals)
    } else if (id === WasmSection.CODE) {
      for (let left = reader.u32(); left > 0; left--) {
        const size = reader.u32()
        functions.push({ at: reader.at, length: size })
        reader.at += size
      }
    }
    reader.at = end
  }
  return { importedFuncs, importedGlobals, functions }
}

function readImport(reader: WasmReader, funcs: string[], globals: string[]): void {
  const name = `${reader.name()}.${reader.name()}`
  const kind = reader.byte()
  if (kind === WasmKind.FUNC) {
    funcs.push(name)
    reader.u32()
  } else if (kind === WasmKind.GLOBAL) {
    globals.push(name)
    // Its type, and whether it changes.
    reader.byte()
    reader.byte()
  } else {
    if (kind === WasmKind.TABLE) reader.byte()
    const flags = reader.byte()
    reader.u32()
    if (flags & 1) reader.u32()
  }
}
