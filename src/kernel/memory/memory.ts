import { RunArea } from './run-area.ts'

/**
 * The machine's address space: one linear memory of at most 4 GiB. A kernel address is 64 bits whose low 32 are the
 * offset in it, so compiled programs only wrap. Map values, stacks, contexts and packets of a run live here.
 *
 * `u8`, `i32` and `view` change when the memory grows: read them from the object each time, never keep them.
 */
export class Memory {
  u8: Uint8Array
  i32: Int32Array
  view: DataView
  readonly wasm: WebAssembly.Memory
  #top: number = RunArea.END // 0 is NULL and nothing lives near it
  readonly #free = new Map<number, number[]>()

  constructor() {
    this.wasm = new WebAssembly.Memory({ initial: 1, maximum: 65536 })
    this.u8 = new Uint8Array(this.wasm.buffer)
    this.i32 = new Int32Array(this.wasm.buffer)
    this.view = new DataView(this.wasm.buffer)
  }

  /**
   * Gives `size` zeroed bytes at an offset that is a multiple of 8.
   * @throws RangeError when 4 GiB are used up: callers answer ENOMEM.
   */
  alloc(size: number): number {
    const rounded = (size + 7) & ~7
    const recycled = this.#free.get(rounded)?.pop()
    if (recycled !== undefined) {
      this.u8.fill(0, recycled, recycled + rounded)
      return recycled
    }
    const at = this.#top
    this.#top += rounded
    if (this.#top > this.u8.length) this.#grow()
    return at
  }

  /** Takes back what `alloc(size)` gave at `at`. */
  free(at: number, size: number): void {
    const rounded = (size + 7) & ~7
    const list = this.#free.get(rounded)
    if (list) list.push(at)
    else this.#free.set(rounded, [at])
  }

  #grow(): void {
    const missing = Math.ceil((this.#top - this.u8.length) / 65536)
    const pages = Math.max(missing, Math.min(this.u8.length / 65536, 4096))
    try {
      this.wasm.grow(pages)
    } catch {
      this.wasm.grow(missing)
    }
    this.u8 = new Uint8Array(this.wasm.buffer)
    this.i32 = new Int32Array(this.wasm.buffer)
    this.view = new DataView(this.wasm.buffer)
  }
}
