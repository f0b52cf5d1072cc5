import { Insns } from '../../isa/insn.ts'
import { LD_IMM64 } from '../../isa/opcode.ts'
import { PseudoCall, PseudoLdImm64 } from '../../uapi/flags.ts'
import { disasm, imm64Hex } from '../../isa/disasm.ts'
import { functionSignature } from './btf-signature.ts'
import { hexLines, jsonHexBytes } from './hex.ts'
import { LineInfo, lineInfoDotLabel, lineInfoJson, lineInfoPlain } from './line-info.ts'
import type { Btf } from '../../btf/btf.ts'
import type { DisasmNames } from '../../isa/disasm.ts'
import type { JsonWriter } from './json.ts'
import type { KernelSymbols } from './kernel-symbols.ts'
import type { ProgInfo } from '../../uapi/attr.ts'

const signed = (value: number): string => (value < 0 ? String(value) : `+${value}`)

/** What is printed of a program besides its instructions. */
export interface DumpOptions {
  opcodes: boolean
  linum: boolean
}

/** A program's instructions with what names them (struct dump_data of xlated_dumper.c). */
export class Xlated {
  readonly insns: Insns
  readonly #btf: Btf | undefined
  readonly #functions: DataView | undefined
  readonly #functionSize: number
  readonly #lines: LineInfo | undefined
  readonly #names: DisasmNames

  /** @param info with xlatedProgInsns, funcInfo, lineInfo and jitedKsyms. */
  constructor(info: ProgInfo, btf: Btf | undefined, symbols: KernelSymbols) {
    this.insns = new Insns(info.xlatedProgInsns ?? new Uint8Array())
    this.#btf = btf
    const { funcInfo, lineInfo, jitedKsyms = [] } = info
    this.#functionSize = info.funcInfoRecSize
    if (funcInfo !== undefined && info.nrFuncInfo > 0) {
      this.#functions = new DataView(funcInfo.buffer, funcInfo.byteOffset, funcInfo.byteLength)
    }
    if (lineInfo !== undefined && info.nrLineInfo > 0) {
      this.#lines = new LineInfo(lineInfo, info.lineInfoRecSize, info.nrLineInfo)
    }
    this.#names = { call: (insns, at) => this.#call(symbols, jitedKsyms, insns, at), imm: immName }
  }

  #call(symbols: KernelSymbols, jitedKsyms: readonly bigint[], insns: Insns, at: number): string {
    const imm = insns.imm(at)
    if (insns.src(at) !== PseudoCall.CALL) {
      const address = symbols.callAddress(imm)
      return symbols.name(address) ?? `0x${address.toString(16)}`
    }
    const off = signed(insns.off(at))
    // Addresses of interpreted programs are not shown.
    if (jitedKsyms.length === 0) return off
    const address = jitedKsyms[imm] ?? symbols.callAddress(imm)
    return `${off}#${symbols.name(address) ?? `0x${address.toString(16)}`}`
  }

  text(at: number): string {
    return disasm(this.insns, at, this.#names)
  }

  isDouble(at: number): boolean {
    return this.insns.code(at) === LD_IMM64
  }

  /** The signature of function record `record` when it begins at `insnOff`. */
  #signature(record: number, insnOff: number): string | undefined {
    const at = record * this.#functionSize
    const view = this.#functions
    if (this.#btf === undefined || view === undefined || at + 8 > view.byteLength) return undefined
    if (view.getUint32(at, true) !== insnOff) return undefined
    return functionSignature(this.#btf, view.getUint32(at + 4, true))
  }

  #bytes(at: number, slots: number): Uint8Array {
    return this.insns.bytes.subarray(at * 8, (at + slots) * 8)
  }

  /** fprint_hex of an instruction's slots, each on its own. */
  #opcodes(at: number, double: boolean): string {
    const first = hexLines(this.#bytes(at, 1))
    return double && at + 1 < this.insns.length ? `${first} ${hexLines(this.#bytes(at + 1, 1))}` : first
  }

  /** dump_xlated_plain. */
  plain(out: (text: string) => void, { opcodes, linum }: DumpOptions): void {
    let record = 0
    let skip = 0
    for (let at = 0; at < this.insns.length; at++) {
      const signature = this.#signature(record, at)
      if (signature !== undefined) record++
      if (signature) out(`${signature}:\n`)
      const line = this.#lines?.find(at, skip)
      if (line !== undefined) {
        skip++
        if (this.#btf && this.#lines) out(lineInfoPlain(this.#btf, this.#lines, line, linum))
      }
      const double = this.isDouble(at)
      out(`${String(at).padStart(4)}: ${this.text(at)}\n`)
      if (opcodes) out(`       ${this.#opcodes(at, double)}\n`)
      if (double) at++
    }
  }

  /** dump_xlated_json. */
  json(json: JsonWriter, { opcodes, linum }: DumpOptions): void {
    let record = 0
    let skip = 0
    json.startArray()
    for (let at = 0; at < this.insns.length; at++) {
      json.startObject()
      const signature = this.#signature(record, at)
      if (signature !== undefined) record++
      if (signature) json.stringField('proto', signature)
      const line = this.#lines?.find(at, skip)
      if (line !== undefined) {
        skip++
        if (this.#btf && this.#lines) lineInfoJson(json, this.#btf, this.#lines, line, linum)
      }
      const double = this.isDouble(at)
      json.name('disasm')
      json.raw(`"${this.text(at)}"`)
      if (opcodes) this.#opcodesJson(json, at, double)
      json.endObject()
      if (double) at++
    }
    json.endArray()
  }

  #opcodesJson(json: JsonWriter, at: number, double: boolean): void {
    const bytes = this.#bytes(at, 2)
    json.name('opcodes')
    json.startObject()
    json.name('code')
    json.raw(`"0x${this.insns.code(at).toString(16).padStart(2, '0')}"`)
    json.name('src_reg')
    json.raw(`"0x${this.insns.src(at).toString(16)}"`)
    json.name('dst_reg')
    json.raw(`"0x${this.insns.dst(at).toString(16)}"`)
    json.name('off')
    hexArray(json, bytes.subarray(2, 4))
    json.name('imm')
    hexArray(json, bytes.subarray(4, double ? 16 : 8))
    json.endObject()
  }

  /**
   * dump_xlated_for_graph: the inside of a block's label. Instructions are counted from `start`, where their function
   * begins, and so are their function and line records looked up: as the real one does.
   */
  graph(start: number, head: number, tail: number, { opcodes, linum }: DumpOptions): string {
    let text = ''
    let record = 0
    let lastLine: number | undefined
    for (let at = head; at <= tail; at++) {
      const offset = at - start
      const signature = this.#signature(record, offset)
      if (signature !== undefined) record++
      if (signature) text += `; ${signature}:\\l\\\n`
      const line = this.#lines?.find(offset, 0)
      if (line !== undefined && line !== lastLine && this.#btf && this.#lines) {
        text += lineInfoDotLabel(this.#btf, this.#lines, line, linum)
        lastLine = line
      }
      const double = this.isDouble(at)
      text += `${offset}: ${graphText(this.text(at))}`
      if (opcodes) {
        const second = double && at <= tail - 1
        text += `\\ \\ \\ \\ ${this.#opcodes(at, second)}\\l\\\n`
      }
      if (at !== tail) text += '| '
      if (double) at++
    }
    return text
  }
}

/** print_hex_data_json. */
function hexArray(json: JsonWriter, bytes: Uint8Array): void {
  json.startArray()
  json.raw(jsonHexBytes(bytes))
  json.endArray()
}

/** print_insn_for_graph: a line of at most 63 characters, its end among them, escaped for DOT. */
function graphText(text: string): string {
  return `${text}\n`
    .slice(0, 63)
    .replace(/[<>|&]/g, (c) => `\\${c}`)
    .replace('\n', '\\l\\\n')
}

/** print_imm. */
function immName(insns: Insns, at: number): string {
  const imm = insns.imm(at)
  const next = at + 1 < insns.length ? insns.imm(at + 1) : 0
  switch (insns.src(at)) {
    case PseudoLdImm64.MAP_FD:
      return `map[id:${imm}]`
    case PseudoLdImm64.MAP_VALUE:
      return `map[id:${imm}][0]+${next}`
    case PseudoLdImm64.MAP_IDX_VALUE:
      return `map[idx:${imm}]+${next}`
    case PseudoLdImm64.FUNC:
      return `subprog[${signed(imm)}]`
    default:
      return imm64Hex(insns, at)
  }
}
