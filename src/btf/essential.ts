import type { Btf } from './btf.ts'
import type { FlatBtf } from './flat.ts'

const encoder = new TextEncoder()
const UNDERSCORE = 0x5f
/** So many bytes of a name are hashed: few names are asked for, and many stand in the index. */
const HASHED = 8

/**
 * One BTF's own types by their names without flavour (`task_struct___old` is a `task_struct`), hashed over the first
 * bytes of the names, so that none is decoded; in the order of their ids.
 */
export class EssentialIndex {
  readonly #btf: Btf
  readonly #strings: Uint8Array
  readonly #startStr: number
  readonly #heads: Int32Array
  readonly #next: Int32Array

  /** @param own BTF's own types, from [1], and strings; `startStr` is the offset of the first of these. */
  constructor(btf: Btf, { words, offsets, strings }: FlatBtf, startStr: number) {
    this.#btf = btf
    this.#strings = strings
    this.#startStr = startStr
    const count = btf.typeCount - btf.startId
    let buckets = 16
    while (buckets < count) buckets *= 2
    this.#heads = new Int32Array(buckets).fill(-1)
    this.#next = new Int32Array(count)
    for (let i = count - 1; i >= 0; i--) {
      const nameOff = words[offsets[i + 1] as number] as number
      if (nameOff === 0) continue
      const hash =
        nameOff < startStr
          ? prefixHash(encoder.encode(btf.string(nameOff)), 0)
          : prefixHash(strings, nameOff - startStr)
      const bucket = hash & (buckets - 1)
      this.#next[i] = this.#heads[bucket] as number
      this.#heads[bucket] = i
    }
  }

  /** @param essential a name whose flavour is taken off already. */
  ids(essential: string): number[] {
    const bytes = encoder.encode(essential)
    const found: number[] = []
    const bucket = prefixHash(bytes, 0) & (this.#heads.length - 1)
    for (let i = this.#heads[bucket] as number; i >= 0; i = this.#next[i] as number) {
      const id = this.#btf.startId + i
      if (this.#equals(this.#btf.nameOff(id), bytes)) found.push(id)
    }
    return found
  }

  #equals(nameOff: number, bytes: Uint8Array): boolean {
    const inBase = nameOff < this.#startStr
    const from = inBase ? encoder.encode(this.#btf.string(nameOff)) : this.#strings
    const at = inBase ? 0 : nameOff - this.#startStr
    for (let i = 0; i < bytes.length; i++) if (from[at + i] !== bytes[i]) return false
    return essentialEnd(from, at) === at + bytes.length
  }
}

/** Whether `___` and a flavour begin there, a name standing before. */
function isFlavour(bytes: Uint8Array, i: number, start: number): boolean {
  if (bytes[i] !== UNDERSCORE || bytes[i + 1] !== UNDERSCORE || bytes[i + 2] !== UNDERSCORE) return false
  if (i === start || bytes[i - 1] === UNDERSCORE) return false
  const next = i + 3 < bytes.length ? bytes[i + 3] : 0
  return next !== UNDERSCORE && next !== 0
}

/** bpf_core_essential_name_len: where a C string's last flavour begins, or its end. */
function essentialEnd(bytes: Uint8Array, start: number): number {
  let end = -1
  let i = start
  for (; i < bytes.length && bytes[i] !== 0; i++) if (isFlavour(bytes, i, start)) end = i
  return end < 0 ? i : end
}

/**
 * FNV-1a of a C string's first bytes, up to where two underscores follow a byte that is none: no flavour begins before
 * that, and so it's the same for a name with and without one.
 */
function prefixHash(bytes: Uint8Array, start: number): number {
  let h = 0x811c9dc5 | 0
  let last = UNDERSCORE
  const end = Math.min(start + HASHED, bytes.length)
  for (let i = start; i < end; i++) {
    const c = bytes[i] as number
    if (c === 0 || (c === UNDERSCORE && last !== UNDERSCORE && bytes[i + 1] === UNDERSCORE)) break
    h = Math.imul(h ^ c, 0x01000193)
    last = c
  }
  return h
}
