import { CommandError, UsageError } from '../command.ts'
import { BPF_OBJ_NAME_LEN, MapFlag } from '../../uapi/flags.ts'
import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { nextArg } from './number-arg.ts'
import { openPinnedAny } from './pinned.ts'
import { strtoul } from './number.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import type { Fd, MapInfo } from '../../uapi/attr.ts'

/** The word after a keyword; none left is a usage error. */
function wordAfterKeyword(args: Args): string {
  nextArg(args)
  if (args.length < 1) throw new UsageError()
  return args.shift()
}

/** Runs a step of the door and turns its failure into p_err's message. */
function orFail<T>(step: () => T, message: (reason: string) => string): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof KernelError) throw new CommandError(message(strerror(error.errno)))
    throw error
  }
}

function mapFdsByName(cmd: Command, name: string, openFlags: number): Fd[] {
  const system = cmd.system()
  const { bpf } = system
  const fds: Fd[] = []
  for (let id = 0; ;) {
    try {
      id = bpf.getNextId('map', id)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      if (error.errno === Errno.ENOENT) return fds
      throw new CommandError(strerror(error.errno))
    }
    const cantGet = (reason: string) => `can't get map by id (${id}): ${reason}`
    const readable = orFail(() => bpf.getFdById('map', id, MapFlag.RDONLY), cantGet)
    const info = orFail(
      () => bpf.mapInfo(readable),
      (reason) => `can't get map info (${id}): ${reason}`,
    )
    if (info.name !== name) {
      system.close(readable)
    } else if (openFlags === MapFlag.RDONLY) {
      fds.push(readable)
    } else {
      system.close(readable)
      fds.push(orFail(() => bpf.getFdById('map', id, openFlags), cantGet))
    }
  }
}

/**
 * MAP (map_parse_fds): `id MAP_ID | name MAP_NAME | pinned FILE`.
 * @param openFlags 0 or BPF_F_RDONLY.
 * @returns one descriptor, or for a name as many as match: maybe none, which bpftool fails on without a word.
 */
export function mapParseFds(cmd: Command, args: Args, openFlags: number): Fd[] {
  if (args.is('id')) {
    const word = wordAfterKeyword(args)
    const { value: id, complete } = strtoul(word, 0)
    if (!complete) throw new CommandError(`can't parse ${word} as ID`)
    const { bpf } = cmd.system()
    return [
      orFail(
        () => bpf.getFdById('map', id, openFlags),
        (reason) => `get map by id (${id}): ${reason}`,
      ),
    ]
  }
  if (args.is('name')) {
    const name = wordAfterKeyword(args)
    if (Buffer.byteLength(name) > BPF_OBJ_NAME_LEN - 1) throw new CommandError("can't parse name")
    return mapFdsByName(cmd, name, openFlags)
  }
  if (args.is('pinned')) return [openPinnedAny(cmd, wordAfterKeyword(args), 'map', openFlags)]
  throw new CommandError(`expected 'id', 'name' or 'pinned', got: '${args.peek() ?? '(null)'}'?`)
}

/** map_parse_fd: the one map that MAP names; undefined, without a message, when no map has the name. */
export function mapParseFd(cmd: Command, args: Args, openFlags: number): Fd | undefined {
  const fds = mapParseFds(cmd, args, openFlags)
  if (fds.length > 1) {
    for (const fd of fds) cmd.system().close(fd)
    throw new CommandError('several maps match this handle')
  }
  return fds[0]
}

/** map_parse_fd_and_info. */
export function mapParseFdAndInfo(cmd: Command, args: Args, openFlags: number): { fd: Fd; info: MapInfo } | undefined {
  const fd = mapParseFd(cmd, args, openFlags)
  if (fd === undefined) return undefined
  try {
    return { fd, info: cmd.system().bpf.mapInfo(fd) }
  } catch (error) {
    if (error instanceof KernelError) throw new CommandError(`can't get map info: ${strerror(error.errno)}`)
    throw error
  }
}
