import { Kind } from '../../btf/btf.ts'
import { KernelError } from '../../kernel/error.ts'
import { JsonText } from '../render/json.ts'
import { dumpBtfValue } from '../render/btf-value.ts'
import { progFuncName } from '../grammar/prog-name.ts'
import { kernelTypes } from './struct-ops-types.ts'
import { searchStructOps, takeWanted } from './struct-ops-search.ts'
import type { Btf } from '../../btf/btf.ts'
import type { Command, Verb } from '../command.ts'
import type { JsonWriter } from '../render/json.ts'
import type { MapInfo } from '../../uapi/attr.ts'
import type { Work } from './struct-ops-search.ts'

/** `struct_ops dump` (do_dump): typed values, as a JSON text of its own where none is asked for. */
export const structOpsDump: Verb = (cmd, args) => {
  const wanted = takeWanted(args)
  kernelTypes(cmd).announce()
  const { json } = cmd
  if (json !== undefined) return searchStructOps(cmd, wanted, json, dumpOne(cmd, json, false))
  const text = new JsonText((part) => {
    cmd.out(part)
  }, true)
  try {
    return searchStructOps(cmd, wanted, text, dumpOne(cmd, text, true))
  } finally {
    text.end()
  }
}

/** __do_dump. */
function dumpOne(cmd: Command, json: JsonWriter, isPlainText: boolean): Work {
  return (fd, info) => {
    const { btf } = kernelTypes(cmd)
    let value: Uint8Array
    try {
      value = cmd.system().bpf.mapLookupElem(fd, new Uint8Array(4))
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      cmd.error(`can't lookup struct_ops map ${info.name} id ${info.id}`)
      return false
    }
    const options = { isPlainText, progName: (id: number) => progFuncName(cmd.system(), id) }
    const infoType = btf.findByNameKind('bpf_map_info', Kind.STRUCT)
    json.startObject()
    json.name('bpf_map_info')
    if (infoType !== undefined) dumpBtfValue(btf, infoType, infoBytes(btf, infoType, info), json, options)
    json.endObject()
    json.startObject()
    json.name(btf.name(info.btfVmlinuxValueTypeId))
    dumpBtfValue(btf, info.btfVmlinuxValueTypeId, value, json, options)
    json.endObject()
    return true
  }
}

/** struct bpf_map_info as this kernel's types lay it out; what it has beyond what we know is zero. */
function infoBytes(btf: Btf, type: number, info: MapInfo): Uint8Array {
  const fields: Readonly<Record<string, number | bigint | string>> = {
    type: info.type,
    id: info.id,
    key_size: info.keySize,
    value_size: info.valueSize,
    max_entries: info.maxEntries,
    map_flags: info.mapFlags,
    name: info.name,
    ifindex: info.ifindex,
    btf_vmlinux_value_type_id: info.btfVmlinuxValueTypeId,
    netns_dev: info.netnsDev,
    netns_ino: info.netnsIno,
    btf_id: info.btfId,
    btf_key_type_id: info.btfKeyTypeId,
    btf_value_type_id: info.btfValueTypeId,
    btf_vmlinux_id: info.btfVmlinuxId,
    map_extra: info.mapExtra,
  }
  const bytes = new Uint8Array(btf.size(type))
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < btf.vlen(type); i++) {
    const field = fields[btf.memberName(type, i)]
    const at = btf.memberBitOffset(type, i) / 8
    if (typeof field === 'string') bytes.set(Buffer.from(field, 'latin1'), at)
    else if (typeof field === 'bigint') view.setBigUint64(at, field, true)
    else if (field !== undefined) view.setUint32(at, field, true)
  }
  return bytes
}
