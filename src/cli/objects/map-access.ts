import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import { UsageError } from '../command.ts'
import { allocKeyValue, borrowKeyValue, parseElem } from './map-elem.ts'
import { badArg, requireArgs } from '../grammar/number-arg.ts'
import { hexArray, printKeyValue } from './map-entry.ts'
import { hexLines } from '../render/hex.ts'
import { mapBtf } from './map-btf.ts'
import { mapParseFd, mapParseFdAndInfo } from '../grammar/map.ts'
import { pinAny } from '../grammar/pin.ts'
import { plainBtfWriter } from './map-typed.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import type { Fd, MapInfo } from '../../uapi/attr.ts'

const none = new Uint8Array()

/** MAP of a verb that needs two words at least; undefined ends the verb with -1, without a word. */
function openMap(cmd: Command, args: Args, openFlags: number): { fd: Fd; info: MapInfo } | undefined {
  if (args.length < 2) throw new UsageError()
  return mapParseFdAndInfo(cmd, args, openFlags)
}

/** Runs a step of the door; a failure is printed as `what: reason` and returned as -errno. */
function attempt(cmd: Command, what: string, step: () => void): number {
  try {
    step()
    return 0
  } catch (error) {
    return failed(cmd, what, error)
  }
}

function failed(cmd: Command, what: string, error: unknown): number {
  if (!(error instanceof KernelError)) throw error
  cmd.error(`${what}: ${strerror(error.errno)}`)
  return -error.errno
}

/** `update`, `push`, `enqueue`. */
export function mapUpdate(cmd: Command, args: Args): number {
  const map = openMap(cmd, args, 0)
  if (map === undefined) return -1
  const { fd, info } = map
  const { key, value } = borrowKeyValue(cmd, info)
  const { keySize, valueSize } = info
  const elem = parseElem(cmd, args, info, { key, value, flags: true, keySize, valueSize, openFlags: 0 })
  if (elem === undefined) return -1
  const system = cmd.system()
  let status = 0
  try {
    system.bpf.mapUpdateElem(fd, key ?? none, value ?? none, elem.flags)
  } catch (error) {
    status = failed(cmd, 'update failed', error)
  }
  if (elem.valueFd !== undefined) system.close(elem.valueFd)
  system.close(fd)
  if (status === 0) cmd.json?.nullValue()
  return status
}

/** print_key_value, with the map's types where it has any. */
function printElement(cmd: Command, info: MapInfo, key: Uint8Array, value: Uint8Array): void {
  const { btf, status } = mapBtf(cmd, info)
  if (status === 0) printKeyValue(cmd, info, key, value, btf, (write) => plainBtfWriter(cmd, write))
}

/** `lookup`, `peek`. */
export function mapLookup(cmd: Command, args: Args): number {
  const map = openMap(cmd, args, MapFlag.RDONLY)
  if (map === undefined) return -1
  const { fd, info } = map
  const { key } = allocKeyValue(cmd, info)
  const { keySize } = info
  const wants = { key, value: undefined, flags: false, keySize, valueSize: 0, openFlags: MapFlag.RDONLY }
  if (parseElem(cmd, args, info, wants) === undefined) return -1
  // A bloom filter is asked for a value: the real one gives it the memory that the answer is for, which is zero.
  const asked = info.type === MapType.BLOOM_FILTER ? new Uint8Array(info.valueSize) : (key ?? none)
  let value
  try {
    value = cmd.system().bpf.mapLookupElem(fd, asked)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    if (error.errno !== Errno.ENOENT) cmd.error(`lookup failed: ${strerror(error.errno)}`)
    else if (cmd.json !== undefined) cmd.json.nullValue()
    else cmd.out(`key:\n${hexLines(key ?? none)}\n\nNot found\n`)
    return -error.errno
  } finally {
    cmd.system().close(fd)
  }
  printElement(cmd, info, key ?? none, value)
  return 0
}

/** `getnext`. */
export function mapGetNext(cmd: Command, args: Args): number {
  const map = openMap(cmd, args, MapFlag.RDONLY)
  if (map === undefined) return -1
  const { fd, info } = map
  const { keySize } = info
  let key: Uint8Array | undefined
  if (args.length > 0) {
    key = new Uint8Array(keySize)
    const wants = { key, value: undefined, flags: false, keySize, valueSize: 0, openFlags: MapFlag.RDONLY }
    if (parseElem(cmd, args, info, wants) === undefined) return -1
  }
  let next: Uint8Array = none
  const status = attempt(cmd, "can't get next key", () => {
    next = cmd.system().bpf.mapGetNextKey(fd, key)
  })
  cmd.system().close(fd)
  if (status !== 0) return status
  if (cmd.json !== undefined) {
    const { json } = cmd
    json.startObject()
    json.name('key')
    if (key === undefined) json.nullValue()
    else hexArray(json, key)
    json.name('next_key')
    hexArray(json, next)
    json.endObject()
  } else {
    cmd.out(key === undefined ? 'key: None\n' : `key:\n${hexLines(key)}\n`)
    cmd.out(`next key:\n${hexLines(next)}\n`)
  }
  return 0
}

/** `delete`. */
export function mapDelete(cmd: Command, args: Args): number {
  const map = openMap(cmd, args, 0)
  if (map === undefined) return -1
  const { fd, info } = map
  const key = new Uint8Array(info.keySize)
  const wants = { key, value: undefined, flags: false, keySize: info.keySize, valueSize: 0, openFlags: 0 }
  if (parseElem(cmd, args, info, wants) === undefined) return -1
  const status = attempt(cmd, 'delete failed', () => cmd.system().bpf.mapDeleteElem(fd, key))
  cmd.system().close(fd)
  if (status === 0) cmd.json?.nullValue()
  return status
}

/** `pop`, `dequeue`. */
export function mapPop(cmd: Command, args: Args): number {
  const map = openMap(cmd, args, 0)
  if (map === undefined) return -1
  const { fd, info } = map
  const key = new Uint8Array(info.keySize)
  let value
  try {
    value = cmd.system().bpf.mapLookupAndDeleteElem(fd, key)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    if (error.errno !== Errno.ENOENT) cmd.error(`pop failed: ${strerror(error.errno)}`)
    else if (cmd.json !== undefined) cmd.json.nullValue()
    else cmd.out('Error: empty map\n')
    return -error.errno
  } finally {
    cmd.system().close(fd)
  }
  printElement(cmd, info, key, value)
  return 0
}

/** `freeze`. */
export function mapFreeze(cmd: Command, args: Args): number {
  requireArgs(args, 2)
  const fd = mapParseFd(cmd, args, 0)
  if (fd === undefined) return -1
  if (args.length > 0) throw badArg(args)
  const status = attempt(cmd, 'failed to freeze map', () => cmd.system().bpf.mapFreeze(fd))
  cmd.system().close(fd)
  if (status === 0) cmd.json?.nullValue()
  return status
}

/** `pin`. */
export function mapPin(cmd: Command, args: Args): number {
  const status = pinAny(cmd, args, (command, words) => mapParseFd(command, words, MapFlag.RDONLY))
  if (status === 0) cmd.json?.nullValue()
  return status
}
