import { CommandError, UsageError } from '../command.ts'
import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { MAX_PROG_FULL_NAME, progFullName } from './prog-name.ts'
import { nextArg } from './number-arg.ts'
import { openPinnedAny } from './pinned.ts'
import { parseTag } from './tag.ts'
import { strtoul } from './number.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'
import type { Fd, ProgInfo } from '../../uapi/attr.ts'

function wordAfterKeyword(args: Args): string {
  nextArg(args)
  if (args.length < 1) throw new UsageError()
  return args.shift()
}

/** prog_fd_by_nametag: descriptors of all programs that `matches` takes. */
function progFdsBy(cmd: Command, matches: (info: ProgInfo, fd: Fd) => boolean): Fd[] {
  const system = cmd.system()
  const { bpf } = system
  const fds: Fd[] = []
  let id = 0
  let step = ''
  try {
    for (;;) {
      step = ''
      id = bpf.getNextId('prog', id)
      step = `can't get prog by id (${id}): `
      const fd = bpf.getFdById('prog', id)
      step = `can't get prog info (${id}): `
      const info = bpf.progInfo(fd)
      if (matches(info, fd)) fds.push(fd)
      else system.close(fd)
    }
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    if (step === '' && error.errno === Errno.ENOENT) return fds
    for (const fd of fds) system.close(fd)
    throw new CommandError(`${step}${strerror(error.errno)}`)
  }
}

/**
 * PROG (prog_parse_fds): `id PROG_ID | pinned FILE | tag PROG_TAG | name PROG_NAME`.
 * @returns one descriptor, or for a tag or name as many as match: maybe none, which bpftool fails on without a word.
 */
export function progParseFds(cmd: Command, args: Args): Fd[] {
  if (args.is('id')) {
    const word = wordAfterKeyword(args)
    const { value: id, complete } = strtoul(word, 0)
    if (!complete) throw new CommandError(`can't parse ${word} as ID`)
    try {
      return [cmd.system().bpf.getFdById('prog', id)]
    } catch (error) {
      if (error instanceof KernelError) throw new CommandError(`get by id (${id}): ${strerror(error.errno)}`)
      throw error
    }
  }
  if (args.is('tag')) {
    const tag = parseTag(wordAfterKeyword(args))
    if (tag === undefined) throw new CommandError("can't parse tag")
    return progFdsBy(cmd, (info) => info.tag.every((byte, i) => byte === tag[i]))
  }
  if (args.is('name')) {
    const name = wordAfterKeyword(args)
    if (Buffer.byteLength(name) > MAX_PROG_FULL_NAME - 1) throw new CommandError("can't parse name")
    const system = cmd.system()
    return progFdsBy(cmd, (info, fd) => progFullName(system, info, fd) === name)
  }
  if (args.is('pinned')) return [openPinnedAny(cmd, wordAfterKeyword(args), 'prog')]
  throw new CommandError(`expected 'id', 'tag', 'name' or 'pinned', got: '${args.peek() ?? '(null)'}'?`)
}

/** prog_parse_fd: the one program that PROG names; undefined, without a message, when none has the name or tag. */
export function progParseFd(cmd: Command, args: Args): Fd | undefined {
  const fds = progParseFds(cmd, args)
  if (fds.length > 1) {
    for (const fd of fds) cmd.system().close(fd)
    throw new CommandError('several programs match this handle')
  }
  return fds[0]
}
