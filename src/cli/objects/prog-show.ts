import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { badArg } from '../grammar/number-arg.ts'
import { bootTime } from '../render/boot-time.ts'
import { deviceJson, devicePlain } from '../render/device.ts'
import { pinTable } from '../grammar/pin-table.ts'
import { progFullName } from '../grammar/prog-name.ts'
import { progMetadata } from './prog-metadata.ts'
import { progParseFds } from '../grammar/prog.ts'
import { progTypeName } from '../../uapi/prog-type.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import type { Fd, ProgInfo } from '../../uapi/attr.ts'
import type { JsonWriter } from '../render/json.ts'
import type { PinTable } from '../grammar/pin-table.ts'

const tagText = (tag: Uint8Array): string => Buffer.from(tag).toString('hex')

/** print_prog_header_json. */
export function headerJson(cmd: Command, json: JsonWriter, info: ProgInfo, fd: Fd): void {
  json.numberField('id', info.id)
  const type = progTypeName(info.type)
  if (type === undefined) json.numberField('type', info.type)
  else json.stringField('type', type)
  if (info.name !== '') json.stringField('name', progFullName(cmd.system(), info, fd))
  json.stringField('tag', tagText(info.tag))
  json.boolField('gpl_compatible', info.gplCompatible)
  if (info.runTimeNs !== 0n) {
    json.numberField('run_time_ns', info.runTimeNs)
    json.numberField('run_cnt', info.runCnt)
  }
  if (info.recursionMisses !== 0n) json.numberField('recursion_misses', info.recursionMisses)
}

/** print_prog_header_plain. */
export function headerPlain(cmd: Command, info: ProgInfo, fd: Fd): string {
  const type = progTypeName(info.type) ?? `type ${info.type}`
  const name = info.name === '' ? '' : `name ${progFullName(cmd.system(), info, fd)}  `
  let text = `${info.id}: ${type}  ${name}tag ${tagText(info.tag)}${devicePlain(cmd.system(), info)}`
  if (info.gplCompatible) text += '  gpl'
  if (info.runTimeNs !== 0n) text += ` run_time_ns ${info.runTimeNs} run_cnt ${info.runCnt}`
  if (info.recursionMisses !== 0n) text += ` recursion_misses ${info.recursionMisses}`
  return `${text}\n`
}

function mapIds(cmd: Command, info: ProgInfo, fd: Fd): readonly number[] {
  if (info.nrMapIds === 0) return []
  try {
    return cmd.system().bpf.progInfo(fd, { mapIds: true }).mapIds ?? []
  } catch (error) {
    if (error instanceof KernelError) return []
    throw error
  }
}

const atoll = (text: string): number => Number.parseInt(text, 10) || 0

function showJson(cmd: Command, json: JsonWriter, info: ProgInfo, fd: Fd, pins: PinTable): void {
  const system = cmd.system()
  json.startObject()
  headerJson(cmd, json, info, fd)
  deviceJson(json, system, info)
  if (info.loadTime !== 0n) {
    json.name('loaded_at')
    json.raw(bootTime(system, info.loadTime, true))
    json.numberField('uid', info.createdByUid)
  }
  json.boolField('orphaned', false)
  json.numberField('bytes_xlated', info.xlatedProgLen)
  json.boolField('jited', info.jitedProgLen !== 0)
  if (info.jitedProgLen !== 0) json.numberField('bytes_jited', info.jitedProgLen)
  const memlock = system.fdinfo(fd).get('memlock')
  if (memlock !== undefined) json.numberField('bytes_memlock', atoll(memlock))
  const ids = mapIds(cmd, info, fd)
  if (ids.length > 0) {
    json.name('map_ids')
    json.startArray()
    for (const id of ids) json.number(id)
    json.endArray()
  }
  if (info.btfId !== 0) json.numberField('btf_id', info.btfId)
  if (pins.size > 0) {
    json.name('pinned')
    json.startArray()
    for (const path of pins.get(info.id) ?? []) json.string(path)
    json.endArray()
  }
  progMetadata(cmd, ids)
  json.endObject()
}

function showPlain(cmd: Command, info: ProgInfo, fd: Fd, pins: PinTable): void {
  const system = cmd.system()
  let text = headerPlain(cmd, info, fd)
  if (info.loadTime !== 0n) {
    text += `\tloaded_at ${bootTime(system, info.loadTime, false)}  uid ${info.createdByUid}\n`
  }
  text += `\txlated ${info.xlatedProgLen}B`
  text += info.jitedProgLen !== 0 ? `  jited ${info.jitedProgLen}B` : '  not jited'
  const memlock = system.fdinfo(fd).get('memlock')
  if (memlock !== undefined) text += `  memlock ${memlock}B`
  const ids = mapIds(cmd, info, fd)
  if (ids.length > 0) text += `  map_ids ${ids.join(',')}`
  for (const path of pins.get(info.id) ?? []) text += `\n\tpinned ${path}`
  if (info.btfId !== 0) text += `\n\tbtf_id ${info.btfId}`
  cmd.out(`${text}\n`)
  progMetadata(cmd, ids)
}

/** show_prog; closes the descriptor. */
function show(cmd: Command, fd: Fd, pins: PinTable): void {
  const system = cmd.system()
  const info = system.bpf.progInfo(fd)
  if (cmd.json === undefined) showPlain(cmd, info, fd, pins)
  else showJson(cmd, cmd.json, info, fd, pins)
  system.close(fd)
}

/** do_show_subset. */
function showSubset(cmd: Command, args: Args, pins: PinTable): number {
  const fds = progParseFds(cmd, args)
  if (fds.length === 0) return -1
  const json = fds.length > 1 ? cmd.json : undefined
  json?.startArray()
  try {
    for (const fd of fds) show(cmd, fd, pins)
    return 0
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    cmd.error(`can't get prog info: ${strerror(error.errno)}`)
    return -1
  } finally {
    json?.endArray()
  }
}

/** Every program of the machine. */
function showAll(cmd: Command, pins: PinTable): number {
  const { bpf } = cmd.system()
  for (let id = 0; ;) {
    let step = "can't get next program"
    try {
      id = bpf.getNextId('prog', id)
      step = `can't get prog by id (${id})`
      const fd = bpf.getFdById('prog', id)
      step = "can't get prog info"
      show(cmd, fd, pins)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      const gone = error.errno === Errno.ENOENT
      if (gone && step.startsWith("can't get next")) {
        cmd.errno = Errno.ENOENT
        return 0
      }
      if (gone && step.startsWith("can't get prog by")) continue
      const old = step.startsWith("can't get next") && error.errno === Errno.EINVAL ? ' -- kernel too old?' : ''
      cmd.error(`${step}: ${strerror(error.errno)}${old}`)
      return -1
    }
  }
}

/** `show`, `list`. */
export function progShow(cmd: Command, args: Args): number {
  const pins: PinTable = cmd.options.showPinned ? pinTable(cmd, 'prog') : new Map()
  if (args.length === 2) return showSubset(cmd, args, pins)
  if (args.length > 0) throw badArg(args)
  cmd.json?.startArray()
  try {
    return showAll(cmd, pins)
  } finally {
    cmd.json?.endArray()
  }
}
