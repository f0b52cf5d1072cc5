/** A union bpf_attr in the target's byte order. */
export class AttrBytes {
  readonly bytes: Uint8Array
  readonly #view: DataView
  readonly #little: boolean

  constructor(size: number, swapped: boolean) {
    this.bytes = new Uint8Array(size)
    this.#view = new DataView(this.bytes.buffer)
    this.#little = !swapped
  }

  u32(at: number, value: number): this {
    this.#view.setUint32(at, value >>> 0, this.#little)
    return this
  }

  u64(at: number, value: bigint): this {
    this.#view.setBigUint64(at, BigInt.asUintN(64, value), this.#little)
    return this
  }

  /** libbpf_strlcpy into a name of 16 bytes. */
  name(at: number, text: string): this {
    for (let i = 0; i < Math.min(text.length, 15); i++) this.bytes[at + i] = text.charCodeAt(i)
    return this
  }
}
