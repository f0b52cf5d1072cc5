import { WasmReader } from './wasm-reader.ts'
import { WasmType, wasm } from './wasm.ts'

/** One instruction as the text format has it, or the declaration of locals that a function begins with. */
export interface WasmLine {
  readonly operation: string
  readonly operands: readonly string[]
  /** Where the next one begins. */
  readonly next: number
}

/** What functions and global numbers are called. */
export interface WasmNames {
  func(index: number): string
  global(index: number): string
}

const operations: readonly (string | undefined)[] = Object.entries(wasm).reduce<string[]>((names, [name, code]) => {
  names[code] = name
  return names
}, [])

const typeNames: Readonly<Record<number, string>> = {
  [WasmType.I32]: 'i32',
  [WasmType.I64]: 'i64',
  [WasmType.F64]: 'f64',
}

/** The declaration of locals at the beginning of a function: `local i64 i64 i32`. */
export function disasmLocals(bytes: Uint8Array, at: number): WasmLine {
  const reader = new WasmReader(bytes, at)
  const operands: string[] = []
  for (let runs = reader.u32(); runs > 0; runs--) {
    const count = reader.u32()
    const type = typeNames[reader.byte()] ?? '?'
    for (let i = 0; i < count; i++) operands.push(type)
  }
  return { operation: 'local', operands, next: reader.at }
}

/** The instruction at `at`. */
export function disasmWasm(bytes: Uint8Array, at: number, names: WasmNames): WasmLine {
  const reader = new WasmReader(bytes, at)
  const code = reader.byte()
  const operation = operations[code] ?? `0x${code.toString(16)}`
  return { operation, operands: operandsOf(operation, reader, names), next: reader.at }
}

function operandsOf(operation: string, reader: WasmReader, names: WasmNames): string[] {
  switch (operation) {
    case 'block':
    case 'loop':
    case 'if': {
      const type = reader.byte()
      return type === WasmType.EMPTY ? [] : [`(result ${typeNames[type] ?? '?'})`]
    }
    case 'br':
    case 'br_if':
    case 'local.get':
    case 'local.set':
    case 'local.tee':
      return [String(reader.u32())]
    case 'br_table':
      return Array.from({ length: reader.u32() + 1 }, () => String(reader.u32()))
    case 'call':
      return [names.func(reader.u32())]
    case 'call_indirect':
    case 'return_call_indirect': {
      const type = reader.u32()
      reader.byte()
      return [`(type ${type})`]
    }
    case 'global.get':
    case 'global.set':
      return [names.global(reader.u32())]
    case 'i32.const':
      return [reader.signed(32)]
    case 'i64.const':
      return [reader.signed(64)]
  }
  if (!/\.(load|store)/.test(operation)) return []
  const align = reader.u32()
  const offset = reader.u32()
  return [...(offset ? [`offset=${offset}`] : []), `align=${2 ** align}`]
}
