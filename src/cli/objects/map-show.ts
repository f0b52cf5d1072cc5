import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { MapType, mapTypeName } from '../../uapi/map-type.ts'
import { badArg } from '../grammar/number-arg.ts'
import { deviceJson, devicePlain } from '../render/device.ts'
import { mapParseFds } from '../grammar/map.ts'
import { pinTable } from '../grammar/pin-table.ts'
import { progTypeName } from '../../uapi/prog-type.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import type { Fd, MapInfo } from '../../uapi/attr.ts'
import type { JsonWriter } from '../render/json.ts'
import type { PinTable } from '../grammar/pin-table.ts'

/** show_map_header_json. */
export function headerJson(json: JsonWriter, info: MapInfo): void {
  json.numberField('id', info.id)
  const type = mapTypeName(info.type)
  if (type === undefined) json.numberField('type', info.type)
  else json.stringField('type', type)
  if (info.name !== '') json.stringField('name', info.name)
  json.numberField('flags', info.mapFlags)
}

/** show_map_header_plain. */
export function headerPlain(cmd: Command, info: MapInfo): string {
  const type = mapTypeName(info.type) ?? `type ${info.type}`
  const name = info.name === '' ? '' : `name ${info.name}  `
  return `${info.id}: ${type}  ${name}flags 0x${info.mapFlags.toString(16)}${devicePlain(cmd.system(), info)}\n`
}

/** atoi(3) of an fdinfo value. */
const atoi = (text: string): number => Number.parseInt(text, 10) || 0

function showJson(json: JsonWriter, cmd: Command, fd: Fd, info: MapInfo, pins: PinTable): void {
  const fdinfo = cmd.system().fdinfo(fd)
  json.startObject()
  headerJson(json, info)
  deviceJson(json, cmd.system(), info)
  json.numberField('bytes_key', info.keySize)
  json.numberField('bytes_value', info.valueSize)
  json.numberField('max_entries', info.maxEntries)
  const memlock = fdinfo.get('memlock')
  if (memlock !== undefined) json.numberField('bytes_memlock', atoi(memlock))
  if (info.type === MapType.PROG_ARRAY) {
    const owner = fdinfo.get('owner_prog_type')
    if (owner !== undefined) {
      const type = progTypeName(atoi(owner))
      if (type === undefined) json.numberField('owner_prog_type', atoi(owner))
      else json.stringField('owner_prog_type', type)
    }
    const jited = fdinfo.get('owner_jited')
    if (jited !== undefined) json.boolField('owner_jited', atoi(jited) !== 0)
  }
  json.numberField('frozen', atoi(fdinfo.get('frozen') ?? '0'))
  if (info.btfId !== 0) json.numberField('btf_id', info.btfId)
  if (pins.size > 0) {
    json.name('pinned')
    json.startArray()
    for (const path of pins.get(info.id) ?? []) json.string(path)
    json.endArray()
  }
  json.endObject()
}

function showPlain(cmd: Command, fd: Fd, info: MapInfo, pins: PinTable): void {
  const fdinfo = cmd.system().fdinfo(fd)
  let text = headerPlain(cmd, info)
  text += `\tkey ${info.keySize}B  value ${info.valueSize}B  max_entries ${info.maxEntries}`
  const memlock = fdinfo.get('memlock')
  if (memlock !== undefined) text += `  memlock ${memlock}B`
  if (info.type === MapType.PROG_ARRAY) {
    const owner = fdinfo.get('owner_prog_type')
    const jited = fdinfo.get('owner_jited')
    if (owner !== undefined || jited !== undefined) text += '\n\t'
    if (owner !== undefined) text += `owner_prog_type ${progTypeName(atoi(owner)) ?? atoi(owner)}  `
    if (jited !== undefined) text += `owner${atoi(jited) !== 0 ? '' : ' not'} jited`
  }
  for (const path of pins.get(info.id) ?? []) text += `\n\tpinned ${path}`
  const frozen = atoi(fdinfo.get('frozen') ?? '0') !== 0
  if (info.btfId !== 0 || frozen) text += '\n\t'
  if (info.btfId !== 0) text += `btf_id ${info.btfId}`
  if (frozen) text += `${info.btfId !== 0 ? '  ' : ''}frozen`
  cmd.out(`${text}\n`)
}

/** Prints a map and closes its descriptor. */
function show(cmd: Command, fd: Fd, info: MapInfo, pins: PinTable): void {
  if (cmd.json !== undefined) showJson(cmd.json, cmd, fd, info, pins)
  else showPlain(cmd, fd, info, pins)
  cmd.system().close(fd)
}

/** do_show_subset: the maps that MAP names. */
function showSubset(cmd: Command, args: Args, pins: PinTable): number {
  const fds = mapParseFds(cmd, args, MapFlag.RDONLY)
  if (fds.length < 1) return -1
  const json = fds.length > 1 ? cmd.json : undefined
  let status = 0
  let info: MapInfo | undefined
  json?.startArray()
  for (const fd of fds) {
    try {
      info = cmd.system().bpf.mapInfo(fd, info)
      show(cmd, fd, info, pins)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      cmd.error(`can't get map info: ${strerror(error.errno)}`)
      status = -error.errno
      break
    }
  }
  json?.endArray()
  return status
}

/** Every map of the machine. */
function showAll(cmd: Command, pins: PinTable): number {
  const { bpf } = cmd.system()
  // One buffer for all maps: one without types shows those of the map before it.
  let info: MapInfo | undefined
  for (let id = 0; ;) {
    let step = "can't get next map"
    try {
      id = bpf.getNextId('map', id)
      step = `can't get map by id (${id})`
      const fd = bpf.getFdById('map', id, MapFlag.RDONLY)
      step = "can't get map info"
      info = bpf.mapInfo(fd, info)
      show(cmd, fd, info, pins)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      const gone = error.errno === Errno.ENOENT
      if (gone && step.startsWith("can't get next")) return 0
      if (gone && step.startsWith("can't get map by")) continue
      const old = step.startsWith("can't get next") && error.errno === Errno.EINVAL ? ' -- kernel too old?' : ''
      cmd.error(`${step}: ${strerror(error.errno)}${old}`)
      return -1
    }
  }
}

/** `show`, `list`. */
export function mapShow(cmd: Command, args: Args): number {
  const pins: PinTable = cmd.options.showPinned ? pinTable(cmd, 'map') : new Map()
  if (args.length === 2) return showSubset(cmd, args, pins)
  if (args.length > 0) throw badArg(args)
  cmd.json?.startArray()
  const status = showAll(cmd, pins)
  cmd.json?.endArray()
  return status
}
