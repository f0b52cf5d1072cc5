import type { WasmName } from '../../../isa/wasm.ts'
import { WasmType, wasm } from '../../../isa/wasm.ts'
import { Bytes } from './bytes.ts'

/** A function whose number is known when the module is put together. */
export interface WasmFunc {
  index: number
}

/** Writes the body of a function, instruction after instruction. */
export class WasmCode {
  readonly bytes = new Bytes(512)
  /** Where numbers of functions belong, and which. */
  readonly #calls: { at: number; func: WasmFunc }[] = []

  get length(): number {
    return this.bytes.length
  }

  /** An instruction without immediates. */
  op(name: WasmName): void {
    this.bytes.byte(wasm[name])
  }

  i32(value: number): void {
    this.bytes.byte(wasm['i32.const'])
    this.bytes.s32(value)
  }

  i64(lo: number, hi: number): void {
    this.bytes.byte(wasm['i64.const'])
    this.bytes.s64(lo, hi)
  }

  get(local: number): void {
    this.bytes.byte(wasm['local.get'])
    this.bytes.u32(local)
  }

  set(local: number): void {
    this.bytes.byte(wasm['local.set'])
    this.bytes.u32(local)
  }

  tee(local: number): void {
    this.bytes.byte(wasm['local.tee'])
    this.bytes.u32(local)
  }

  global(index: number): void {
    this.bytes.byte(wasm['global.get'])
    this.bytes.u32(index)
  }

  /** A load or a store, of no known alignment. */
  memory(name: WasmName, offset: number): void {
    this.bytes.byte(wasm[name])
    this.bytes.byte(0)
    this.bytes.u32(offset)
  }

  /** A block, loop or if that leaves nothing on the stack, or one value. */
  open(name: 'block' | 'loop' | 'if', type: number = WasmType.EMPTY): void {
    this.bytes.byte(wasm[name])
    this.bytes.byte(type)
  }

  /** br or br_if to the label so many levels out. */
  branch(name: 'br' | 'br_if', depth: number): void {
    this.bytes.byte(wasm[name])
    this.bytes.u32(depth)
  }

  table(depths: readonly number[], other: number): void {
    this.bytes.byte(wasm.br_table)
    this.bytes.u32(depths.length)
    for (const depth of depths) this.bytes.u32(depth)
    this.bytes.u32(other)
  }

  call(func: WasmFunc): void {
    this.bytes.byte(wasm.call)
    this.#calls.push({ at: this.bytes.length, func })
  }

  /** Calls a function of the table in this one's place. */
  returnCallIndirect(type: number): void {
    this.bytes.byte(wasm.return_call_indirect)
    this.bytes.u32(type)
    this.bytes.byte(0)
  }

  /** The instructions with the numbers of functions in place. @param marks positions, which are moved along. */
  link(marks: Int32Array): Bytes {
    const raw = this.bytes.view()
    const out = new Bytes(raw.length + this.#calls.length * 2 + 8)
    let from = 0
    let mark = 0
    for (const { at, func } of this.#calls) {
      const shift = out.length - from
      out.raw(raw.subarray(from, at))
      for (; mark < marks.length && (marks[mark] as number) < at; mark++) marks[mark] = (marks[mark] as number) + shift
      out.u32(func.index)
      from = at
    }
    const shift = out.length - from
    out.raw(raw.subarray(from))
    for (; mark < marks.length; mark++) marks[mark] = (marks[mark] as number) + shift
    return out
  }
}
