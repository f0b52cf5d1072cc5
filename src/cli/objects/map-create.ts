import { BPF_OBJ_NAME_LEN, MapFlag } from '../../uapi/flags.ts'
import { CommandError, UsageError } from '../command.ts'
import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { mapParseFdAndInfo } from '../grammar/map.ts'
import { mapTypeByName } from '../../uapi/map-type.ts'
import { nextArg, parseU32Arg, requireArgs } from '../grammar/number-arg.ts'
import { pinFd } from '../grammar/pin.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import type { Fd } from '../../uapi/attr.ts'

/** The options of `create` as they are read. */
interface Wanted {
  type: number
  name: string | undefined
  keySize: number
  valueSize: number
  entries: number
  flags: number
  ifindex: number
  innerFd: Fd | undefined
}

function parseType(args: Args, wanted: Wanted): void {
  nextArg(args)
  if (wanted.type !== 0) throw new CommandError('map type already specified')
  const word = args.peek() ?? ''
  const type = mapTypeByName(word)
  if (type === undefined) throw new CommandError(`unrecognized map type: ${word}`)
  wanted.type = type
  args.shift()
}

function parseName(cmd: Command, args: Args, wanted: Wanted): void {
  nextArg(args)
  wanted.name = args.shift()
  const room = BPF_OBJ_NAME_LEN - 1
  if (Buffer.byteLength(wanted.name) > room) {
    cmd.info(`Warning: map name is longer than ${room} characters, it will be truncated.`)
  }
}

function parseDevice(cmd: Command, args: Args, wanted: Wanted): void {
  nextArg(args)
  if (wanted.ifindex !== 0) throw new CommandError('offload device already specified')
  const word = args.peek() ?? ''
  const index = cmd.system().ifIndex(word)
  if (index === undefined) throw new CommandError(`unrecognized netdevice '${word}': ${strerror(Errno.ENODEV)}`)
  wanted.ifindex = index
  args.shift()
}

/** @returns false when no map has the name, which fails without a word. */
function parseInnerMap(cmd: Command, args: Args, wanted: Wanted): boolean {
  nextArg(args)
  try {
    requireArgs(args, 2)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    cmd.error(error.message)
    throw new UsageError()
  }
  const map = mapParseFdAndInfo(cmd, args, MapFlag.RDONLY)
  wanted.innerFd = map?.fd
  return map !== undefined
}

/** One option and its value. @returns false for a failure without a word. */
function parseOption(cmd: Command, args: Args, wanted: Wanted): boolean {
  requireArgs(args, 2)
  if (args.is('type')) {
    parseType(args, wanted)
  } else if (args.is('name')) {
    parseName(cmd, args, wanted)
  } else if (args.is('key')) {
    wanted.keySize = parseU32Arg(args, wanted.keySize, 'key size')
  } else if (args.is('value')) {
    wanted.valueSize = parseU32Arg(args, wanted.valueSize, 'value size')
  } else if (args.is('entries')) {
    wanted.entries = parseU32Arg(args, wanted.entries, 'max entries')
  } else if (args.is('flags')) {
    wanted.flags = parseU32Arg(args, wanted.flags, 'flags')
  } else if (args.is('dev')) {
    cmd.info(
      "Warning: 'bpftool map create [...] dev <ifname>' syntax is deprecated.\n" +
        "Going further, please use 'offload_dev <ifname>' to request hardware offload for the map.",
    )
    parseDevice(cmd, args, wanted)
  } else if (args.is('offload_dev')) {
    parseDevice(cmd, args, wanted)
  } else if (args.is('inner_map')) {
    return parseInnerMap(cmd, args, wanted)
  } else {
    throw new CommandError(`unknown arg ${args.peek() ?? ''}`)
  }
  return true
}

/** A name as libbpf hands it to the kernel: its first 15 bytes. */
function kernelName(name: string): string {
  const bytes = Buffer.from(name)
  if (bytes.length < BPF_OBJ_NAME_LEN) return name
  return bytes.subarray(0, BPF_OBJ_NAME_LEN - 1).toString('latin1')
}

/** `create`. */
export function mapCreate(cmd: Command, args: Args): number {
  requireArgs(args, 7)
  const path = args.shift()
  const wanted: Wanted = {
    type: 0,
    name: undefined,
    keySize: 0,
    valueSize: 0,
    entries: 0,
    flags: 0,
    ifindex: 0,
    innerFd: undefined,
  }
  while (args.length > 0) {
    if (!parseOption(cmd, args, wanted)) return -1
  }
  if (wanted.name === undefined) throw new CommandError('map name not specified')
  const system = cmd.system()
  let fd: Fd
  try {
    fd = system.bpf.mapCreate({
      mapType: wanted.type,
      mapName: kernelName(wanted.name),
      keySize: wanted.keySize,
      valueSize: wanted.valueSize,
      maxEntries: wanted.entries,
      mapFlags: wanted.flags,
      mapIfindex: wanted.ifindex,
      ...(wanted.innerFd === undefined ? {} : { innerMapFd: wanted.innerFd }),
    })
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    throw new CommandError(`map create failed: ${strerror(error.errno)}`)
  }
  const status = pinFd(cmd, fd, path)
  system.close(fd)
  if (wanted.innerFd !== undefined) system.close(wanted.innerFd)
  if (status === 0) cmd.json?.nullValue()
  return status
}
