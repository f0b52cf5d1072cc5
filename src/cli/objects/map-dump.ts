import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { MapType, mapTypeName } from '../../uapi/map-type.ts'
import { UsageError } from '../command.ts'
import { CompactEntries } from './map-entries.ts'
import { entryErrorPlain, entryJson, entryPlain, hexArray } from './map-entry.ts'
import { dumpKeyValue, plainBtfWriter } from './map-typed.ts'
import { headerJson, headerPlain } from './map-show.ts'
import { isMapOfMaps, isMapOfProgs, isPerCpu, valueBytes } from './map-kind.ts'
import { mapBtf } from './map-btf.ts'
import { mapParseFds } from '../grammar/map.ts'
import type { Args } from '../args.ts'
import type { Btf } from '../../btf/btf.ts'
import type { Command } from '../command.ts'
import type { Fd, MapInfo } from '../../uapi/attr.ts'
import type { JsonWriter } from '../render/json.ts'

/** Text is handed on in pieces of about this many characters, so that a large dump makes few and large writes. */
const CHUNK = 1 << 16
/** Elements that are read of one state of the machine. */
const STRETCH = 2048

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
  /** As `element`, for keys and values that begin at these places. */
  elementAt?(keys: Uint8Array, keyAt: number, values: Uint8Array, valueAt: number): void
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
  if (cmd.json !== undefined) return compactPrinter(cmd.json, info)
  let text = ''
  const flush = () => {
    if (text === '') return
    cmd.out(text)
    text = ''
  }
  return {
    element(key, value) {
      text += entryPlain(info, key, value, cpus)
      if (text.length > CHUNK) flush()
    },
    flush,
  }
}

/** Elements of a map that isn't per-CPU as -j prints them, without types. */
function compactPrinter(json: JsonWriter, info: MapInfo): Printer {
  const bytes = new CompactEntries(info, CHUNK)
  const flush = () => {
    const text = bytes.take()
    if (text !== '') json.raw(text)
  }
  const elementAt = (keys: Uint8Array, keyAt: number, values: Uint8Array, valueAt: number) => {
    if (bytes.add(keys, keyAt, values, valueAt)) return
    flush()
    bytes.add(keys, keyAt, values, valueAt)
  }
  return {
    element: (key, value) => {
      elementAt(key, 0, value, 0)
    },
    elementAt,
    flush,
  }
}

/** What a walk through a map came to: elements that could be read, and -errno when it failed. */
interface Walk {
  count: number
  status: number
}

/** Walks the map, key by key. */
function walkKeys(cmd: Command, fd: Fd, info: MapInfo, print: Printer): Walk {
  const { bpf } = cmd.system()
  let count = 0
  let key: Uint8Array | undefined
  /** @returns the status to end with, or undefined. */
  const stretch = (): number | undefined => {
    for (let i = 0; i < STRETCH; i++) {
      try {
        key = bpf.mapGetNextKey(fd, key)
      } catch (error) {
        if (!(error instanceof KernelError)) throw error
        return error.errno === Errno.ENOENT ? 0 : -error.errno
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
    return undefined
  }
  for (;;) {
    const status = cmd.system().steadily(stretch)
    if (status !== undefined) return { count, status }
  }
}

/** Types of which every element can be read, so that reading many at once gives what reading each does. */
const plainTypes: ReadonlySet<number> = new Set([
  MapType.HASH,
  MapType.ARRAY,
  MapType.PERCPU_HASH,
  MapType.PERCPU_ARRAY,
  MapType.LRU_HASH,
  MapType.LRU_PERCPU_HASH,
])

/** Walks the map, many elements at once. @returns undefined if that isn't possible and nothing was printed. */
function walkBatches(cmd: Command, fd: Fd, info: MapInfo, print: Printer): Walk | undefined {
  const { bpf } = cmd.system()
  const { keySize } = info
  const valueSize = valueBytes(info, () => cmd.system().possibleCpus())
  if (!plainTypes.has(info.type) || valueSize > CHUNK) return undefined
  let count = 0
  let inBatch: Uint8Array | undefined
  for (;;) {
    let batch
    try {
      batch = bpf.mapLookupBatch(fd, inBatch ? { count: STRETCH, inBatch } : { count: STRETCH })
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      return count === 0 ? undefined : { count, status: -error.errno }
    }
    const { errno, count: found, keys, values, outBatch } = batch
    for (let i = 0; i < found; i++) {
      const keyAt = i * keySize
      const valueAt = i * valueSize
      if (print.elementAt) print.elementAt(keys, keyAt, values, valueAt)
      else print.element(keys.subarray(keyAt, keyAt + keySize), values.subarray(valueAt, valueAt + valueSize))
    }
    count += found
    if (errno === Errno.ENOENT) return { count, status: 0 }
    if (errno !== 0) return count === 0 ? undefined : { count, status: -errno }
    inBatch = outBatch
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
  const { count, status } = walkBatches(cmd, fd, info, print) ?? walkKeys(cmd, fd, info, print)
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
