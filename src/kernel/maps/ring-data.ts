import type { MapRecord } from '../objects/records.ts'
import { ArrayStore } from './array-store.ts'
import type { MapEnvironment } from './map.ts'

/** The data is brought into memory in blocks of so many bytes, but for smaller rings. */
const BLOCK = 16384

/** Bytes of a ring's blocks. @param size of the whole ring: a power of 2. */
export function ringBlock(size: number): number {
  return Math.min(BLOCK, size)
}

/** The data area of a ring buffer: positions wrap around. */
export class RingData {
  readonly #blocks: ArrayStore
  readonly #env: MapEnvironment
  readonly #size: number
  readonly #block: number

  constructor(record: MapRecord, env: MapEnvironment) {
    this.#env = env
    this.#size = record.maxEntries
    this.#block = ringBlock(record.maxEntries)
    this.#blocks = new ArrayStore(env, record, record.maxEntries / this.#block, this.#block)
  }

  byte(position: number): number {
    const at = position % this.#size
    return this.#env.memory.u8[this.#blocks.read(Math.floor(at / this.#block)) + (at % this.#block)] as number
  }

  setByte(position: number, value: number): void {
    const at = position % this.#size
    this.#env.memory.u8[this.#blocks.write(Math.floor(at / this.#block)) + (at % this.#block)] = value
  }

  /** 32 bits at a position that is a multiple of 4. */
  word(position: number): number {
    const at = position % this.#size
    return this.#env.memory.view.getUint32(this.#blocks.read(Math.floor(at / this.#block)) + (at % this.#block), true)
  }

  setWord(position: number, value: number): void {
    const at = position % this.#size
    const block = this.#blocks.write(Math.floor(at / this.#block))
    this.#env.memory.view.setUint32(block + (at % this.#block), value, true)
  }

  /** Where a position is in memory, to be written to, and its block behind it. */
  at(position: number): number {
    const at = position % this.#size
    return this.#blocks.write(Math.floor(at / this.#block)) + (at % this.#block)
  }

  /** Of a block that nothing was written to yet, and of all behind it: nothing is stored. */
  begin(position: number): void {
    this.#blocks.begin(Math.floor((position % this.#size) / this.#block))
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
      const length = Math.min(size - done, this.#block - (at % this.#block))
      piece(at % this.#block, Math.floor(at / this.#block), done, length)
      done += length
    }
  }
}
