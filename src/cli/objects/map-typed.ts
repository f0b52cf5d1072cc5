import { JsonText } from '../render/json.ts'
import { dumpBtfValue } from '../render/btf-value.ts'
import { isPerCpu, roundUp8 } from './map-kind.ts'
import type { Btf } from '../../btf/btf.ts'
import type { Command } from '../command.ts'
import type { JsonWriter } from '../render/json.ts'
import type { MapInfo } from '../../uapi/attr.ts'

/**
 * do_dump_btf: an element as an object of its typed key and value.
 * @param value of all possible CPUs, each rounded up to 8 bytes, for per-CPU maps.
 * @param cpus possible CPUs.
 * @param isPlainText struct btf_dumper's is_plain_text.
 * @returns 0, or -EINVAL at a type that has no values.
 */
export function dumpKeyValue(
  json: JsonWriter,
  btf: Btf,
  info: MapInfo,
  key: Uint8Array,
  value: Uint8Array,
  cpus: number,
  isPlainText: boolean,
): number {
  const options = { isPlainText }
  json.startObject()
  let status = 0
  if (info.btfKeyTypeId !== 0) {
    json.name('key')
    status = dumpBtfValue(btf, info.btfKeyTypeId, key, json, options)
  }
  if (status === 0) {
    const typeId = info.btfVmlinuxValueTypeId || info.btfValueTypeId
    if (isPerCpu(info.type)) {
      json.name('values')
      json.startArray()
      const step = roundUp8(info.valueSize)
      for (let cpu = 0; cpu < cpus && status === 0; cpu++) {
        json.startObject()
        json.numberField('cpu', cpu)
        json.name('value')
        status = dumpBtfValue(btf, typeId, value.subarray(cpu * step, (cpu + 1) * step), json, options)
        json.endObject()
      }
      json.endArray()
    } else {
      json.name('value')
      status = dumpBtfValue(btf, typeId, value, json, options)
    }
  }
  json.endObject()
  return status
}

/** get_btf_writer: typed elements on standard output are JSON too, indented, whatever the options say. */
export function plainBtfWriter(cmd: Command, write: (json: JsonWriter) => void): void {
  const json = new JsonText((text) => {
    cmd.out(text)
  }, true)
  write(json)
  json.end()
}
