import { CommandError } from '../command.ts'
import { mapParseFds } from '../grammar/map.ts'
import { nextArg, requireArgs } from '../grammar/number-arg.ts'
import { progTypeBySection } from '../../libbpf/sections.ts'
import { commandLog } from './command-log.ts'
import { silent } from '../../libbpf/log.ts'
import { LibbpfError } from '../../libbpf/error.ts'
import { strtoul } from '../grammar/number.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import type { Fd } from '../../uapi/attr.ts'

/** What takes the place of one of the object's maps: by name, or by number among them. */
export interface MapReplacement {
  index: number
  name: string | undefined
  fd: Fd
}

export interface ProgKind {
  progType: number
  expectedAttachType: number
}

/** The words of `prog load` and `loadall` behind OBJ and PATH. */
export interface LoadWords {
  kind: ProgKind | undefined
  maps: MapReplacement[]
  offloadIfindex: number
  xdpmetaIfindex: number
  pinmaps: string | undefined
  autoattach: boolean
  kernelBtf: string | undefined
}

/**
 * get_prog_type_by_name: asks again with all of libbpf's messages on stderr where nothing is found.
 * @returns undefined when libbpf knows no such section.
 */
export function progKindOf(cmd: Command, section: string): ProgKind | undefined {
  for (const log of [cmd.options.verifierLogs ? commandLog(cmd) : silent, commandLog(cmd, true)]) {
    try {
      return progTypeBySection(section, log)
    } catch (error) {
      if (!(error instanceof LibbpfError)) throw error
    }
  }
  return undefined
}

/** `type TYPE`: a section name of libbpf's, or its beginning up to a slash. */
function typeWord(cmd: Command, word: string): ProgKind | undefined {
  try {
    return progTypeBySection(word, cmd.options.verifierLogs ? commandLog(cmd) : silent)
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error
    return progKindOf(cmd, `${word}/`)
  }
}

function mapWords(cmd: Command, args: Args): MapReplacement {
  nextArg(args)
  requireArgs(args, 4)
  let index = -1
  let name: string | undefined
  if (args.is('idx')) {
    nextArg(args)
    const word = args.peek() ?? ''
    const { value, complete } = strtoul(word, 0)
    if (!complete) throw new CommandError(`can't parse ${word} as IDX`)
    index = value | 0
  } else if (args.is('name')) {
    nextArg(args)
    name = args.peek() ?? ''
  } else {
    throw new CommandError(`expected 'idx' or 'name', got: '${args.peek() ?? ''}'?`)
  }
  nextArg(args)
  const fds = mapParseFds(cmd, args, 0)
  if (fds.length > 1) throw new CommandError('several maps match this handle')
  const [fd] = fds
  if (fd === undefined) throw new SilentFailure()
  return { index, name, fd }
}

/** A failure that bpftool answers without a word. */
export class SilentFailure extends Error {}

/** `offload_dev NAME` and `xdpmeta_dev NAME`. */
function deviceWord(cmd: Command, args: Args, words: LoadWords, what: 'offload_dev' | 'xdpmeta_dev'): number {
  nextArg(args)
  const [own, other] =
    what === 'offload_dev' ? [words.offloadIfindex, words.xdpmetaIfindex] : [words.xdpmetaIfindex, words.offloadIfindex]
  if (own !== 0) throw new CommandError(`${what} already specified`)
  if (other !== 0) throw new CommandError('xdpmeta_dev and offload_dev are mutually exclusive')
  requireArgs(args, 1)
  const name = args.peek() ?? ''
  const index = cmd.system().ifIndex(name)
  if (index === undefined) throw new CommandError(`unrecognized netdevice '${name}': No such device`)
  nextArg(args)
  return index
}

/** @throws CommandError, SilentFailure. */
export function parseLoadWords(cmd: Command, args: Args): LoadWords {
  const words: LoadWords = {
    kind: undefined,
    maps: [],
    offloadIfindex: 0,
    xdpmetaIfindex: 0,
    pinmaps: undefined,
    autoattach: false,
    kernelBtf: undefined,
  }
  while (args.length > 0) {
    if (args.is('type')) {
      nextArg(args)
      if (words.kind !== undefined) throw new CommandError('program type already specified')
      requireArgs(args, 1)
      words.kind = typeWord(cmd, args.peek() ?? '')
      if (words.kind === undefined) throw new SilentFailure()
      nextArg(args)
    } else if (args.is('map')) {
      words.maps.push(mapWords(cmd, args))
    } else if (args.is('dev')) {
      cmd.info(
        "Warning: 'bpftool prog load [...] dev <ifname>' syntax is deprecated.\n" +
          "Going further, please use 'offload_dev <ifname>' to offload program to device.\n" +
          "For applications using XDP hints only, use 'xdpmeta_dev <ifname>'.",
      )
      words.offloadIfindex = deviceWord(cmd, args, words, 'offload_dev')
    } else if (args.is('offload_dev')) {
      words.offloadIfindex = deviceWord(cmd, args, words, 'offload_dev')
    } else if (args.is('xdpmeta_dev')) {
      words.xdpmetaIfindex = deviceWord(cmd, args, words, 'xdpmeta_dev')
    } else if (args.is('pinmaps')) {
      nextArg(args)
      requireArgs(args, 1)
      words.pinmaps = args.shift()
    } else if (args.is('autoattach')) {
      words.autoattach = true
      nextArg(args)
    } else if (args.is('kernel_btf')) {
      nextArg(args)
      requireArgs(args, 1)
      words.kernelBtf = args.shift()
    } else {
      throw new CommandError(
        "expected no more arguments, 'type', 'map', 'offload_dev', 'xdpmeta_dev', 'pinmaps', 'autoattach', or " +
          `'kernel_btf', got: '${args.peek() ?? ''}'?`,
      )
    }
  }
  return words
}
