import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import { HeapArea } from './heap-area.ts'
import { RunArea } from './run-area.ts'

/** 1 MiB: each time that the memory grows may start a garbage collection. */
const FIRST_PAGES = 16

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
    this.wasm = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: 65536 })
    this.u8 = new Uint8Array(this.wasm.buffer)
    this.i32 = new Int32Array(this.wasm.buffer)
    this.view = new DataView(this.wasm.buffer)
  }

  /**
   * Gives `size` zeroed bytes at an offset that is a multiple of 8.
   * @throws KernelError ENOMEM when 4 GiB are used up.
   */
  alloc(size: number): number {
    const rounded = Math.ceil(size / 8) * 8
    const recycled = this.#free.get(rounded)?.pop()
    if (recycled !== undefined) {
      this.u8.fill(0, recycled, recycled + rounded)
      return recycled
    }
    let at = this.#top
    if (at < HeapArea.END && at + rounded > HeapArea.START) at = HeapArea.END
    const top = at + rounded
    if (top > this.u8.length) this.#grow(top)
    this.#top = top
    return at
  }

  /** Where what was given out ends. */
  get top(): number {
    return this.#top
  }

  /** Makes the memory reach so far: for the heap, which has its own place. @throws KernelError ENOMEM. */
  reach(top: number): void {
    if (top > this.u8.length) this.#grow(top)
  }

  /** Takes back what `alloc(size)` gave at `at`. */
  free(at: number, size: number): void {
    const rounded = Math.ceil(size / 8) * 8
    const list = this.#free.get(rounded)
    if (list) list.push(at)
    else this.#free.set(rounded, [at])
  }

  #grow(top: number): void {
    const missing = Math.ceil((top - this.u8.length) / 65536)
    const pages = Math.max(missing, Math.min(this.u8.length / 65536, 4096))
    if (!this.#tryGrow(pages) && !this.#tryGrow(missing)) throw new KernelError(Errno.ENOMEM)
    this.u8 = new Uint8Array(this.wasm.buffer)
    this.i32 = new Int32Array(this.wasm.buffer)
    this.view = new DataView(this.wasm.buffer)
  }

  #tryGrow(pages: number): boolean {
    try {
      this.wasm.grow(pages)
      return true
    } catch {
      return false
    }
  }
}
