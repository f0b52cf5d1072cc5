import type { Btf } from '../../btf/btf.ts'
import { disasmLocals, disasmWasm } from '../../isa/wasm-disasm.ts'
import type { WasmLine, WasmNames } from '../../isa/wasm-disasm.ts'
import type { WasmImage } from '../../isa/wasm-image.ts'
import type { ProgInfo } from '../../uapi/attr.ts'
import { functionSignature } from './btf-signature.ts'
import type { JsonWriter } from './json.ts'
import type { KernelSymbols } from './kernel-symbols.ts'
import { LineInfo, lineInfoJson, lineInfoPlain } from './line-info.ts'
import type { DumpOptions } from './xlated.ts'

const ADDRESS_DIGITS = 16

/** One function of a program in the image. */
interface Func {
  readonly signature: string
  readonly name: string
  readonly at: number
  readonly end: number
  /** Line records by where in the function their code begins. */
  readonly lines: ReadonlyMap<number, readonly number[]>
}

/**
 * What the JIT made of a program, in the layout of bpftool's own dump: a machine whose JIT makes WebAssembly shows it in
 * its text format.
 */
export class Jited {
  readonly #image: Uint8Array
  readonly #btf: Btf | undefined
  readonly #lineInfo: LineInfo | undefined
  readonly #functions: readonly Func[]
  readonly #names: WasmNames

  /** @param info with jitedProgInsns, jitedKsyms, jitedFuncLens, jitedLineInfo, funcInfo and lineInfo. */
  constructor(info: ProgInfo, module: WasmImage, btf: Btf | undefined, symbols: KernelSymbols) {
    this.#image = info.jitedProgInsns ?? new Uint8Array()
    this.#btf = btf
    if (info.lineInfo !== undefined && info.nrLineInfo > 0) {
      this.#lineInfo = new LineInfo(info.lineInfo, info.lineInfoRecSize, info.nrLineInfo)
    }
    this.#functions = findFunctions(info, module, btf, symbols)
    const { importedFuncs, importedGlobals, functions } = module
    const own = new Map(this.#functions.map(({ at, name }) => [at, name]))
    this.#names = {
      func: (index) => {
        const at = functions[index - importedFuncs.length]?.at ?? -1
        return `$${importedFuncs[index] ?? own.get(at) ?? `func${index}`}`
      },
      global: (index) => `$${importedGlobals[index] ?? String(index)}`,
    }
  }

  /** prog_dump of jited instructions, disasm_print_insn. */
  plain(out: (text: string) => void, { opcodes, linum }: DumpOptions): void {
    for (const func of this.#functions) {
      if (func.signature !== '') out(`${func.signature}:\n`)
      out(`${func.name}:\n`)
      let depth = 0
      this.#each(func, (pc, line, bytes) => {
        for (const record of this.#records(func, pc)) {
          if (this.#btf && this.#lineInfo) out(lineInfoPlain(this.#btf, this.#lineInfo, record, linum))
        }
        const { operation, operands } = line
        if (operation === 'end' || operation === 'else') depth = Math.max(0, depth - 1)
        const text =
          operation === 'local' ? `(${[operation, ...operands].join(' ')})` : [operation, ...operands].join(' ')
        out(`${pc.toString(16).padStart(4)}:\t${'  '.repeat(depth)}${text}`)
        if (operation === 'block' || operation === 'loop' || operation === 'if' || operation === 'else') depth++
        if (opcodes) out(`\n\t${Array.from(bytes, (byte) => `${hexByte(byte)} `).join('')}`)
        out('\n')
      })
      out('\n')
    }
  }

  json(json: JsonWriter, { opcodes, linum }: DumpOptions): void {
    json.startArray()
    for (const func of this.#functions) {
      json.startObject()
      if (func.signature !== '') json.stringField('proto', func.signature)
      json.stringField('name', func.name)
      json.name('insns')
      json.startArray()
      this.#each(func, (pc, { operation, operands }, bytes) => {
        json.startObject()
        const record = this.#records(func, pc).at(-1)
        if (record !== undefined && this.#btf && this.#lineInfo) {
          lineInfoJson(json, this.#btf, this.#lineInfo, record, linum)
        }
        json.name('pc')
        json.raw(`"0x${pc.toString(16)}"`)
        json.stringField('operation', operation)
        json.name('operands')
        json.startArray()
        if (operands.length === 0) json.nullValue()
        for (const operand of operands) json.string(operand)
        json.endArray()
        if (opcodes) {
          json.name('opcodes')
          json.startArray()
          for (const byte of bytes) json.raw(`"0x${hexByte(byte)}"`)
          json.endArray()
        }
        json.endObject()
      })
      json.endArray()
      json.endObject()
    }
    json.endArray()
  }

  #each(func: Func, see: (pc: number, line: WasmLine, bytes: Uint8Array) => void): void {
    for (let at = func.at; at < func.end;) {
      const line = at === func.at ? disasmLocals(this.#image, at) : disasmWasm(this.#image, at, this.#names)
      see(at - func.at, line, this.#image.subarray(at, line.next))
      at = line.next
    }
  }

  #records(func: Func, pc: number): readonly number[] {
    return func.lines.get(pc) ?? []
  }
}

/** The program's functions are the module's first ones, in the order of their addresses. */
function findFunctions(info: ProgInfo, module: WasmImage, btf: Btf | undefined, symbols: KernelSymbols): Func[] {
  const { funcInfo, funcInfoRecSize, jitedKsyms = [], jitedFuncLens = [], jitedLineInfo = [] } = info
  const records = funcInfo && new DataView(funcInfo.buffer, funcInfo.byteOffset, funcInfo.byteLength)
  let signature = ''
  let number = 0
  // Functions that nothing calls any more are no functions of the program, but in the module.
  const nextPlace = (length: number): number => {
    while (number < module.functions.length) {
      const place = module.functions[number++]
      if (place?.length === length) return place.at
    }
    return 0
  }
  return jitedFuncLens.map((length, i) => {
    const start = jitedKsyms[i] ?? 0n
    const record = i * funcInfoRecSize
    // What was written for the function before stays where there's none.
    if (btf && records && record + 8 <= records.byteLength) {
      signature = functionSignature(btf, records.getUint32(record + 4, true))
    }
    const at = length > 0 ? nextPlace(length) : 0
    const lines = new Map<number, number[]>()
    jitedLineInfo.forEach((address, line) => {
      if (address < start || address >= start + BigInt(length)) return
      const pc = Number(address - start)
      lines.set(pc, [...(lines.get(pc) ?? []), line])
    })
    const name = symbols.name(start) ?? `0x${start.toString(16).padStart(ADDRESS_DIGITS, '0')}`
    return { signature, name, at, end: at + length, lines }
  })
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
