import { isMapOfMaps } from './map-kind.ts'
import { u32 } from './map-entry.ts'
import type { MapInfo } from '../../uapi/attr.ts'

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

const START = ascii('{"key":[')
const MIDDLE = ascii('],"value":[')
const INNER = ascii(',"inner_map_id":')
const DIGITS = ascii('0123456789abcdef')
const COMMA = 0x2c
const QUOTE = 0x22
/** `"0x00",` of a byte; what stands around and between key and value, and a map's id. */
const BYTE = 7
const AROUND = 64

/**
 * Untyped elements of a map that isn't per-CPU, as print_entry_json writes them without -p: as bytes, because a dump may
 * have millions of them, and strings of strings are slow to make and to take apart.
 */
export class CompactEntries {
  readonly #info: MapInfo
  readonly #bytes: Buffer
  readonly #largest: number
  #length = 0

  /** @param size how many bytes are to be gathered. */
  constructor(info: MapInfo, size: number) {
    this.#info = info
    this.#largest = (info.keySize + info.valueSize) * BYTE + AROUND
    this.#bytes = Buffer.allocUnsafe(Math.max(size, this.#largest))
  }

  /** @returns whether there was room for it; there is when nothing was added since `take`. */
  add(keys: Uint8Array, keyAt: number, values: Uint8Array, valueAt: number): boolean {
    const bytes = this.#bytes
    const { keySize, valueSize } = this.#info
    if (this.#length + this.#largest > bytes.length) return false
    let at = this.#length
    if (at > 0) bytes[at++] = COMMA
    at = put(bytes, at, START)
    at = putHex(bytes, at, keys, keyAt, keySize)
    at = put(bytes, at, MIDDLE)
    at = putHex(bytes, at, values, valueAt, valueSize)
    bytes[at++] = 0x5d
    if (isMapOfMaps(this.#info.type)) {
      at = put(bytes, at, INNER)
      at += bytes.write(String(u32(values.subarray(valueAt))), at, 'latin1')
    }
    bytes[at++] = 0x7d
    this.#length = at
    return true
  }

  /** The elements added since it was last called, with commas between them. */
  take(): string {
    const text = this.#bytes.toString('latin1', 0, this.#length)
    this.#length = 0
    return text
  }
}

function put(bytes: Uint8Array, start: number, text: Uint8Array): number {
  let at = start
  for (let i = 0; i < text.length; i++) bytes[at++] = text[i] as number
  return at
}

/** What stands between the brackets of print_hex_data_json. */
function putHex(bytes: Uint8Array, start: number, data: Uint8Array, from: number, size: number): number {
  let at = start
  for (let i = 0; i < size; i++) {
    const byte = data[from + i] as number
    if (i > 0) bytes[at++] = COMMA
    bytes[at] = QUOTE
    bytes[at + 1] = 0x30
    bytes[at + 2] = 0x78
    bytes[at + 3] = DIGITS[byte >> 4] as number
    bytes[at + 4] = DIGITS[byte & 15] as number
    bytes[at + 5] = QUOTE
    at += 6
  }
  return at
}
