import { hashAt } from './string-pool.ts'
import type { Btf } from './btf.ts'

const encoder = new TextEncoder()

/**
 * Types by name and kind, hashed over the bytes of their names so that no string is decoded: the first type of each
 * name comes first in its chain.
 */
export class NameIndex {
  readonly #btf: Btf
  readonly #strings: Uint8Array
  readonly #startStr: number
  readonly #heads: Int32Array
  readonly #next: Int32Array

  constructor(btf: Btf, strings: Uint8Array, startStr: number) {
    this.#btf = btf
    this.#strings = strings
    this.#startStr = startStr
    const count = btf.typeCount - btf.startId
    let buckets = 16
    while (buckets < count) buckets *= 2
    this.#heads = new Int32Array(buckets).fill(-1)
    this.#next = new Int32Array(count)
    for (let i = count - 1; i >= 0; i--) {
      const nameOff = btf.nameOff(btf.startId + i)
      if (nameOff === 0) continue
      const bucket = this.#hashAt(nameOff) & (buckets - 1)
      this.#next[i] = this.#heads[bucket] as number
      this.#heads[bucket] = i
    }
  }

  find(name: string, kind: number): number | undefined {
    const bytes = encoder.encode(name)
    if (bytes.length === 0) return this.#findUnnamed(kind)
    const bucket = hashAt(bytes, 0) & (this.#heads.length - 1)
    for (let i = this.#heads[bucket] as number; i >= 0; i = this.#next[i] as number) {
      const id = this.#btf.startId + i
      if (this.#btf.kind(id) === kind && this.#equals(this.#btf.nameOff(id), bytes, name)) return id
    }
    return undefined
  }

  #findUnnamed(kind: number): number | undefined {
    for (let id = this.#btf.startId; id < this.#btf.typeCount; id++) {
      if (this.#btf.kind(id) === kind && this.#btf.name(id) === '') return id
    }
    return undefined
  }

  #hashAt(nameOff: number): number {
    return nameOff < this.#startStr
      ? hashAt(encoder.encode(this.#btf.string(nameOff)), 0)
      : hashAt(this.#strings, nameOff - this.#startStr)
  }

  #equals(nameOff: number, bytes: Uint8Array, name: string): boolean {
    if (nameOff < this.#startStr) return this.#btf.string(nameOff) === name
    const at = nameOff - this.#startStr
    for (let i = 0; i < bytes.length; i++) if (this.#strings[at + i] !== bytes[i]) return false
    return this.#strings[at + bytes.length] === 0
  }
}
