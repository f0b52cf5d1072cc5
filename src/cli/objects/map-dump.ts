import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { MapType, mapTypeName } from '../../uapi/map-type.ts'
import { UsageError } from '../command.ts'
import { compactEntry, entryErrorPlain, entryJson, entryPlain, hexArray } from './map-entry.ts'
import { dumpKeyValue, plainBtfWriter } from './map-typed.ts'
import { headerJson, headerPlain } from './map-show.ts'
import { isMapOfMaps, isMapOfProgs, isPerCpu } from './map-kind.ts'
import { mapBtf } from './map-btf.ts'
import { mapParseFds } from '../grammar/map.ts'
import type { Args } from '../args.ts'
import type { Btf } from '../../btf/btf.ts'
import type { Command } from '../command.ts'
import type { Fd, MapInfo } from '../../uapi/attr.ts'
import type { JsonWriter } from '../render/json.ts'

/** Text is handed on in pieces of about this many characters, so that a large dump makes few and large writes. */
const CHUNK = 1 << 16

/** print_entry_error. */
function entryError(cmd: Command, info: MapInfo, key: Uint8Array, errno: number): void {
  if ((isMapOfMaps(info.type) || isMapOfProgs(info.type)) && errno === Errno.ENOENT) return
  const { json } = cmd
  if (json !== undefined) {
    json.startObject()
    json.name('key')
    hexArray(json, key)
    json.name('value')
    json.startObject()
    json.stringField('error', strerror(errno))
    json.endObject()
    json.endObject()
    return
  }
  const unreadable = errno === Errno.ENOSPC && info.type === MapType.REUSEPORT_SOCKARRAY
  const message = errno === Errno.ENOENT ? '<no entry>' : unreadable ? '<cannot read>' : strerror(errno)
  cmd.out(entryErrorPlain(info, key, message))
}

/** How elements of one map are printed: gathered where they are plain text, so that the caller must flush. */
interface Printer {
  element(key: Uint8Array, value: Uint8Array): void
  flush(): void
}

function printer(cmd: Command, info: MapInfo, btf: Btf | undefined, json: JsonWriter | undefined): Printer {
  const cpus = isPerCpu(info.type) ? cmd.system().possibleCpus() : 1
  if (cmd.json !== undefined && (btf !== undefined || cmd.options.pretty || isPerCpu(info.type))) {
    const { json: writer } = cmd
    return { element: (key, value) => entryJson(writer, info, key, value, btf, cpus), flush: () => undefined }
  }
  if (cmd.json === undefined && btf !== undefined && json !== undefined) {
    return {
      element: (key, value) => dumpKeyValue(json, btf, info, key, value, cpus, true),
      flush: () => undefined,
    }
  }
  const writer = cmd.json
  let text = ''
  const flush = () => {
    if (text === '') return
    if (writer !== undefined) writer.raw(text)
    else cmd.out(text)
    text = ''
  }
  return {
    element(key, value) {
      if (writer === undefined) text += entryPlain(info, key, value, cpus)
      else text += text === '' ? compactEntry(info, key, value) : `,${compactEntry(info, key, value)}`
      if (text.length > CHUNK) flush()
    },
    flush,
  }
}

/** Walks the map. @returns how many elements could be read, and -errno when the walk itself failed. */
function dumpElements(cmd: Command, fd: Fd, info: MapInfo, print: Printer): { count: number; status: number } {
  const { bpf } = cmd.system()
  let count = 0
  let key: Uint8Array | undefined
  for (;;) {
    try {
      key = bpf.mapGetNextKey(fd, key)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      return { count, status: error.errno === Errno.ENOENT ? 0 : -error.errno }
    }
    let value
    try {
      value = bpf.mapLookupElem(fd, key)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      print.flush()
      entryError(cmd, info, key, error.errno)
      continue
    }
    print.element(key, value)
    count++
  }
}

/** map_dump. @param json where elements go when they are structured: -j's writer, or one of typed text. */
function dumpMap(cmd: Command, fd: Fd, info: MapInfo, json: JsonWriter | undefined, showHeader: boolean): number {
  let btf: Btf | undefined
  if (json !== undefined) {
    const found = mapBtf(cmd, info)
    if (found.status !== 0) return found.status
    btf = found.btf
    if (showHeader) {
      json.startObject()
      headerJson(json, info)
      json.name('elements')
    }
    json.startArray()
  } else if (showHeader) {
    cmd.out(headerPlain(cmd, info))
  }
  if (info.type === MapType.REUSEPORT_SOCKARRAY && info.valueSize !== 8) {
    cmd.info(`Warning: cannot read values from ${mapTypeName(info.type) ?? ''} map with value_size != 8`)
  }
  const print = printer(cmd, info, btf, json)
  const { count, status } = dumpElements(cmd, fd, info, print)
  print.flush()
  if (json !== undefined) {
    json.endArray()
    if (showHeader) json.endObject()
  } else {
    cmd.out(`Found ${count} element${count === 1 ? '' : 's'}\n`)
  }
  return status
}

function dumpMaps(cmd: Command, fds: readonly Fd[], json: JsonWriter | undefined): number {
  const several = fds.length > 1
  if (several) json?.startArray()
  let status = 0
  // One buffer for all maps: one without types shows those of the map before it.
  let info: MapInfo | undefined
  for (const [i, fd] of fds.entries()) {
    try {
      info = cmd.system().bpf.mapInfo(fd, info)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      cmd.error(`can't get map info: ${strerror(error.errno)}`)
      status = -1
      break
    }
    status = dumpMap(cmd, fd, info, json, several)
    if (json === undefined && i !== fds.length - 1) cmd.out('\n')
    if (status !== 0) break
  }
  if (several) json?.endArray()
  return status
}

/** maps_have_btf: typed text is for maps that all have types. */
function mapsHaveBtf(cmd: Command, fds: readonly Fd[]): boolean | undefined {
  try {
    let info: MapInfo | undefined
    return fds.every((fd) => (info = cmd.system().bpf.mapInfo(fd, info)).btfId !== 0)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    cmd.error(`can't get map info: ${strerror(error.errno)}`)
    return undefined
  }
}

/** `dump`. */
export function mapDump(cmd: Command, args: Args): number {
  if (args.length !== 2) throw new UsageError()
  const fds = mapParseFds(cmd, args, MapFlag.RDONLY)
  if (fds.length < 1) return -1
  let status = -1
  if (cmd.json !== undefined) {
    status = dumpMaps(cmd, fds, cmd.json)
  } else {
    const typed = mapsHaveBtf(cmd, fds)
    if (typed === true) {
      plainBtfWriter(cmd, (json) => {
        status = dumpMaps(cmd, fds, json)
      })
    } else if (typed === false) {
      status = dumpMaps(cmd, fds, undefined)
    }
  }
  for (const fd of fds) cmd.system().close(fd)
  return status
}
