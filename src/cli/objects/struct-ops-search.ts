import { CommandError, UsageError } from '../command.ts'
import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { MapType } from '../../uapi/map-type.ts'
import { strtoul } from '../grammar/number.ts'
import { kernelTypes } from './struct-ops-types.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import type { Fd, MapInfo } from '../../uapi/attr.ts'
import type { JsonWriter } from '../render/json.ts'

/** What a verb does with one map; false when that failed and was told. */
export type Work = (fd: Fd, info: MapInfo) => boolean

/** STRUCT_OPS_MAP, as far as it is given: `id ID` or `name NAME`. */
export interface Wanted {
  type: string | undefined
  term: string | undefined
}

export function takeWanted(args: Args): Wanted {
  if (args.length !== 0 && args.length !== 2) throw new UsageError()
  return args.length === 0 ? { type: undefined, term: undefined } : { type: args.shift(), term: args.shift() }
}

/**
 * do_work_on_struct_ops: every map that is wanted.
 * @param list where the verb prints JSON of its own; undefined when it prints none.
 * @returns the command's status.
 */
export function searchStructOps(cmd: Command, wanted: Wanted, list: JsonWriter | undefined, work: Work): number {
  const { type, term } = wanted
  if (type !== undefined && term !== undefined) {
    if ('id'.startsWith(type)) return oneId(cmd, term, list, work)
    if (!'name'.startsWith(type)) throw new UsageError()
  }
  return byName(cmd, term, list, work)
}

/** do_search. */
function byName(cmd: Command, name: string | undefined, list: JsonWriter | undefined, work: Work): number {
  kernelTypes(cmd).announce()
  let found = 0
  let errors = 0
  list?.startArray()
  try {
    eachStructOpsMap(cmd, name, (fd, info) => {
      found++
      if (!work(fd, info)) errors++
    })
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    cmd.error(error.message)
    errors++
  }
  list?.endArray()
  if (list === undefined && errors === 0) {
    if (name !== undefined && found === 0) cmd.error(`no struct_ops found for ${name}`)
    else cmd.json?.nullValue()
  }
  return errors > 0 || (found === 0 && name !== undefined) ? -1 : 0
}

/** get_next_struct_ops_map, over all of them. @throws CommandError. */
function eachStructOpsMap(cmd: Command, name: string | undefined, visit: (fd: Fd, info: MapInfo) => void): void {
  const { bpf } = cmd.system()
  for (let id = 0; ;) {
    let what = "can't get next map"
    let fd: Fd
    try {
      id = bpf.getNextId('map', id)
      what = `can't get map by id (${id})`
      fd = bpf.getFdById('map', id)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      if (error.errno === Errno.ENOENT && what === "can't get next map") return
      if (error.errno === Errno.ENOENT) continue
      throw new CommandError(`${what}: ${strerror(error.errno)}`)
    }
    try {
      const info = mapInfo(cmd, fd)
      if (info.type === MapType.STRUCT_OPS && (name === undefined || name === info.name)) visit(fd, info)
    } finally {
      cmd.system().close(fd)
    }
  }
}

function mapInfo(cmd: Command, fd: Fd): MapInfo {
  try {
    return cmd.system().bpf.mapInfo(fd)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    throw new CommandError(`can't get map info: ${strerror(error.errno)}`)
  }
}

/** do_one_id. */
function oneId(cmd: Command, term: string, list: JsonWriter | undefined, work: Work): number {
  const { value: id, complete } = strtoul(term, 0)
  if (!complete || id === 0) throw new CommandError(`invalid id ${term}`)
  let fd: Fd
  try {
    fd = cmd.system().bpf.getFdById('map', id)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    throw new CommandError(`can't get map by id (${id}): ${strerror(error.errno)}`)
  }
  try {
    kernelTypes(cmd).announce()
    const info = mapInfo(cmd, fd)
    if (info.type !== MapType.STRUCT_OPS) throw new CommandError(`${info.name} id ${info.id} is not a struct_ops map`)
    list?.startArray()
    const done = work(fd, info)
    if (done && list === undefined) cmd.json?.nullValue()
    list?.endArray()
    return done ? 0 : -1
  } finally {
    cmd.system().close(fd)
  }
}
