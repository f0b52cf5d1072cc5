import type { MapRecord } from '../objects/records.ts'
import { ArrayStore } from './array-store.ts'
import type { MapEnvironment } from './map.ts'

/** The data is brought into memory in blocks of so many bytes. */
export const BLOCK = 4096

/** The data area of a ring buffer: positions wrap around. */
export class RingData {
  readonly #blocks: ArrayStore
  readonly #env: MapEnvironment
  readonly #size: number

  constructor(record: MapRecord, env: MapEnvironment) {
    this.#env = env
    this.#size = record.maxEntries
    this.#blocks = new ArrayStore(env, record, record.maxEntries / BLOCK, BLOCK)
  }

  byte(position: number): number {
    const at = position % this.#size
    return this.#env.memory.u8[this.#blocks.read(Math.floor(at / BLOCK)) + (at % BLOCK)] as number
  }

  setByte(position: number, value: number): void {
    const at = position % this.#size
    this.#env.memory.u8[this.#blocks.write(Math.floor(at / BLOCK)) + (at % BLOCK)] = value
  }

  /** 32 bits at a position that is a multiple of 4. */
  word(position: number): number {
    const at = position % this.#size
    return this.#env.memory.view.getUint32(this.#blocks.read(Math.floor(at / BLOCK)) + (at % BLOCK), true)
  }

  setWord(position: number, value: number): void {
    const at = position % this.#size
    const block = this.#blocks.write(Math.floor(at / BLOCK))
    this.#env.memory.view.setUint32(block + (at % BLOCK), value, true)
  }

  /** Where a position is in memory, to be written to, and its block behind it. */
  at(position: number): number {
    const at = position % this.#size
    return this.#blocks.write(Math.floor(at / BLOCK)) + (at % BLOCK)
  }

  /** Of a block that nothing was written to yet, and of all behind it: nothing is stored. */
  begin(position: number): void {
    this.#blocks.begin(Math.floor((position % this.#size) / BLOCK))
  }

  /** Whether a place in memory is in a block that was written to. */
  has(at: number): boolean {
    return this.#blocks.isWritten(at)
  }

  /** Copies from the ring to memory. */
  read(position: number, size: number, to: number): void {
    this.#each(position, size, (at, block, done, length) => {
      const from = this.#blocks.read(block) + at
      this.#env.memory.u8.copyWithin(to + done, from, from + length)
    })
  }

  /** Copies from memory to the ring. */
  write(position: number, size: number, from: number): void {
    this.#each(position, size, (at, block, done, length) => {
      const to = this.#blocks.write(block) + at
      this.#env.memory.u8.copyWithin(to, from + done, from + done + length)
    })
  }

  flush(): void {
    this.#blocks.flush()
  }

  free(): void {
    this.#blocks.free()
  }

  /** The pieces of a stretch, each within one block. */
  #each(
    position: number,
    size: number,
    piece: (at: number, block: number, done: number, length: number) => void,
  ): void {
    for (let done = 0; done < size;) {
      const at = (position + done) % this.#size
      const length = Math.min(size - done, BLOCK - (at % BLOCK))
      piece(at % BLOCK, Math.floor(at / BLOCK), done, length)
      done += length
    }
  }
}
