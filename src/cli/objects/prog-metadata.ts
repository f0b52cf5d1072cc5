import { BtfError, Kind } from '../../btf/btf.ts'
import { JsonText } from '../render/json.ts'
import { KernelError } from '../../kernel/error.ts'
import { MapType } from '../../uapi/map-type.ts'
import { dumpBtfValue } from '../render/btf-value.ts'
import { loadKernelBtf } from '../grammar/prog-name.ts'
import type { Btf } from '../../btf/btf.ts'
import type { Command } from '../command.ts'

const PREFIX = 'bpf_metadata_'

interface Rodata {
  value: Uint8Array
  btfId: number
  typeId: number
}

/** find_metadata: the value of the first of a program's maps that holds .rodata. */
function findRodata(cmd: Command, mapIds: readonly number[]): Rodata | undefined {
  const system = cmd.system()
  const { bpf } = system
  for (const id of mapIds) {
    const fd = bpf.getFdById('map', id)
    try {
      const info = bpf.mapInfo(fd)
      if (info.type !== MapType.ARRAY || info.keySize !== 4 || info.maxEntries !== 1) continue
      if (info.btfValueTypeId === 0 || !info.name.includes('.rodata')) continue
      return { value: bpf.mapLookupElem(fd, new Uint8Array(4)), btfId: info.btfId, typeId: info.btfValueTypeId }
    } finally {
      system.close(fd)
    }
  }
  return undefined
}

interface Variable {
  name: string
  typeId: number
  value: Uint8Array
}

function variables(btf: Btf, { value, typeId }: Rodata): Variable[] {
  if (!btf.has(typeId) || btf.kind(typeId) !== Kind.DATASEC) return []
  const found: Variable[] = []
  for (let i = 0; i < btf.vlen(typeId); i++) {
    const variable = btf.secVarType(typeId, i)
    const name = btf.name(variable)
    if (!name.startsWith(PREFIX)) continue
    const at = value.subarray(btf.secVarOffset(typeId, i))
    found.push({ name: name.slice(PREFIX.length), typeId: btf.type(variable), value: at })
  }
  return found
}

/** show_prog_metadata: the values of a program's constants whose names begin with bpf_metadata_. */
export function progMetadata(cmd: Command, mapIds: readonly number[]): void {
  let btf: Btf
  let found: Variable[]
  try {
    const rodata = findRodata(cmd, mapIds)
    if (rodata === undefined) return
    btf = loadKernelBtf(cmd.system(), rodata.btfId)
    found = variables(btf, rodata)
  } catch (error) {
    if (error instanceof KernelError || error instanceof BtfError) return
    throw error
  }
  if (found.length === 0) return
  const { json } = cmd
  const plain = new JsonText((text) => {
    cmd.out(text)
  })
  if (json === undefined) cmd.out('\tmetadata:')
  else {
    json.name('metadata')
    json.startObject()
  }
  for (const { name, typeId, value } of found) {
    if (json === undefined) cmd.out(`\n\t\t${name} = `)
    else json.name(name)
    plain.reset()
    const status = dumpBtfValue(btf, typeId, value, json ?? plain, { isPlainText: json === undefined })
    plain.flush()
    if (status === 0) continue
    cmd.error(`btf dump failed: ${status}`)
    break
  }
  if (json === undefined) plain.end()
  else json.endObject()
}
