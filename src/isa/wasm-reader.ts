/** Reads WebAssembly's binary format from one place on. */
export class WasmReader {
  readonly bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  byte(): number {
    if (this.at >= this.bytes.length) throw new RangeError('the end of the WebAssembly code')
    return this.bytes[this.at++] as number
  }

  /** An unsigned number of at most 32 bits. */
  u32(): number {
    return Number(this.#leb(32, false))
  }

  /** A signed number of so many bits, as the text format writes it. */
  signed(bits: 32 | 64): string {
    return String(this.#leb(bits, true))
  }

  name(): string {
    const length = this.u32()
    const start = this.at
    this.at += length
    return Buffer.from(this.bytes.subarray(start, this.at)).toString('latin1')
  }

  #leb(bits: number, isSigned: boolean): bigint {
    let value = 0n
    let shift = 0n
    let byte
    do {
      byte = this.byte()
      value |= BigInt(byte & 0x7f) << shift
      shift += 7n
    } while (byte & 0x80)
    return isSigned ? BigInt.asIntN(bits, BigInt.asIntN(Number(shift), value)) : BigInt.asUintN(bits, value)
  }
}
