import { hexLines, jsonHexBytes } from '../render/hex.ts'
import { dumpKeyValue } from './map-typed.ts'
import { isMapOfMaps, isPerCpu, roundUp8 } from './map-kind.ts'
import type { Btf } from '../../btf/btf.ts'
import type { Command } from '../command.ts'
import type { JsonWriter } from '../render/json.ts'
import type { MapInfo } from '../../uapi/attr.ts'

/** The number in a value of a map of maps. */
export const u32 = (bytes: Uint8Array): number => {
  const [a = 0, b = 0, c = 0, d = 0] = bytes
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0
}

/** print_hex_data_json. */
export function hexArray(json: JsonWriter, bytes: Uint8Array): void {
  json.startArray()
  if (bytes.length > 0) json.raw(jsonHexBytes(bytes))
  json.endArray()
}

/** print_entry_json. @param cpus possible CPUs. */
export function entryJson(
  json: JsonWriter,
  info: MapInfo,
  key: Uint8Array,
  value: Uint8Array,
  btf: Btf | undefined,
  cpus: number,
): void {
  json.startObject()
  json.name('key')
  hexArray(json, key)
  if (!isPerCpu(info.type)) {
    json.name('value')
    hexArray(json, value)
    if (isMapOfMaps(info.type)) json.numberField('inner_map_id', u32(value))
  } else {
    json.name('values')
    json.startArray()
    const step = roundUp8(info.valueSize)
    for (let cpu = 0; cpu < cpus; cpu++) {
      json.startObject()
      json.numberField('cpu', cpu)
      json.name('value')
      hexArray(json, value.subarray(cpu * step, cpu * step + info.valueSize))
      json.endObject()
    }
    json.endArray()
  }
  if (btf !== undefined) {
    json.name('formatted')
    dumpKeyValue(json, btf, info, key, value, cpus, false)
  }
  json.endObject()
}

/** print_entry_plain. */
export function entryPlain(info: MapInfo, key: Uint8Array, value: Uint8Array, cpus: number): string {
  const { keySize, valueSize } = info
  let text = ''
  if (!isPerCpu(info.type)) {
    const breakNames = keySize > 16 || valueSize > 16
    const separator = breakNames ? '\n' : ' '
    if (keySize > 0) text += `key:${separator}${hexLines(key)}${keySize + valueSize <= 24 && !breakNames ? '  ' : '\n'}`
    if (valueSize > 0) {
      text += isMapOfMaps(info.type)
        ? `inner_map_id:${separator}${u32(value)} `
        : `value:${separator}${hexLines(value)}`
    }
    return `${text}\n`
  }
  if (keySize > 0) text += `key:\n${hexLines(key)}\n`
  if (valueSize > 0) {
    const step = roundUp8(valueSize)
    for (let cpu = 0; cpu < cpus; cpu++) {
      const bytes = value.subarray(cpu * step, cpu * step + valueSize)
      text += `value (CPU ${String(cpu).padStart(2, '0')}):${valueSize > 16 ? '\n' : ' '}${hexLines(bytes)}\n`
    }
  }
  return text
}

/** print_entry_error_msg. */
export function entryErrorPlain(info: MapInfo, key: Uint8Array, message: string): string {
  const breakNames = info.keySize > 16 || message.length > 16
  const singleLine = info.keySize + message.length <= 24 && !breakNames
  const separator = breakNames ? '\n' : ' '
  return `key:${separator}${hexLines(key)}${singleLine ? '  ' : '\n'}value:${separator}${message}\n`
}

/** print_key_value: one element as lookup and pop print it. */
export function printKeyValue(
  cmd: Command,
  info: MapInfo,
  key: Uint8Array,
  value: Uint8Array,
  btf: Btf | undefined,
  plainWriter: (write: (json: JsonWriter) => void) => void,
): void {
  const cpus = isPerCpu(info.type) ? cmd.system().possibleCpus() : 1
  if (cmd.json !== undefined) entryJson(cmd.json, info, key, value, btf, cpus)
  else if (btf === undefined) cmd.out(entryPlain(info, key, value, cpus))
  else plainWriter((json) => dumpKeyValue(json, btf, info, key, value, cpus, true))
}
