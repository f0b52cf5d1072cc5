import { IntEncoding } from '../../btf/btf.ts'
import type { JsonWriter } from './json.ts'

/** Numbers as btf_dumper.c prints them; bytes that aren't there count as zero. All values are little-endian. */

export function u32(data: Uint8Array, at: number): number {
  const [a, b, c, d] = [data[at] as number, data[at + 1] as number, data[at + 2] as number, data[at + 3] as number]
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0
}

export function u16(data: Uint8Array, at: number): number {
  return (data[at] as number) | ((data[at + 1] as number) << 8)
}

/** Decimal text of 64 bits; a bigint only where a number can't hold them. */
export function text64(lo: number, hi: number, signed: boolean): string {
  const top = signed ? hi | 0 : hi
  if (top >= -0x200000 && top < 0x200000) return String(top * 0x100000000 + lo)
  return String((BigInt(top) << 32n) | BigInt(lo))
}

function hex128(value: bigint | number, plain: boolean): string {
  const text = `0x${value.toString(16)}`
  return plain ? text : `"${text}"`
}

function big(data: Uint8Array, at: number, bytes: number): bigint {
  let value = 0n
  for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(data[at + i] ?? 0)
  return value
}

/** btf_dumper_bitfield: always unsigned and in hex. */
export function bitfieldText(bits: number, bitOffset: number, data: Uint8Array, at: number, plain: boolean): string {
  const bytes = (bitOffset + bits + 7) >> 3
  if (bytes <= 6) {
    let value = 0
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (data[at + i] ?? 0)
    return hex128(Math.floor(value / 2 ** bitOffset) % 2 ** bits, plain)
  }
  return hex128(BigInt.asUintN(bits, big(data, at, Math.min(bytes, 16)) >> BigInt(bitOffset)), plain)
}

/** An integer's type: third word and what follows. */
export interface IntType {
  bits: number
  offset: number
  encoding: number
}

/** btf_dumper_int. False for encodings that it doesn't know. */
export function dumpInt(
  type: IntType,
  bitOffset: number,
  data: Uint8Array,
  at: number,
  json: JsonWriter,
  plain: boolean,
): boolean {
  const { bits, offset, encoding } = type
  const asBits = () => {
    const total = bitOffset + offset
    json.raw(bitfieldText(bits, total & 7, data, at + (total >> 3), plain))
    return true
  }
  if (bitOffset !== 0 || offset !== 0 || (bits & 7) !== 0) return asBits()
  if (bits === 128) {
    json.raw(hex128(big(data, at, 16), plain))
    return true
  }
  switch (encoding) {
    case 0:
      if (bits === 32) json.raw(String(u32(data, at)))
      else if (bits === 64) json.raw(text64(u32(data, at), u32(data, at + 4), false))
      else if (bits === 16) json.raw(String(u16(data, at)))
      else if (bits === 8) json.raw(String(data[at] ?? 0))
      else return asBits()
      return true
    case IntEncoding.SIGNED:
      if (bits === 32) json.raw(String(u32(data, at) | 0))
      else if (bits === 64) json.raw(text64(u32(data, at), u32(data, at + 4), true))
      else if (bits === 16) json.raw(String((u16(data, at) << 16) >> 16))
      else if (bits === 8) json.raw(String(((data[at] ?? 0) << 24) >> 24))
      else return asBits()
      return true
    case IntEncoding.CHAR:
      json.raw(charText(data[at] ?? 0, plain))
      return true
    case IntEncoding.BOOL:
      json.bool((data[at] ?? 0) !== 0)
      return true
    default:
      return false
  }
}

function charText(c: number, plain: boolean): string {
  if (c >= 0x20 && c <= 0x7e) return `"${String.fromCharCode(c)}"`
  return plain ? `0x${c.toString(16)}` : `"\\u00${c.toString(16).padStart(2, '0')}"`
}
