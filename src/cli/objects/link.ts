import { CommandError, UsageError } from '../command.ts'
import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { badArg, nextArg } from '../grammar/number-arg.ts'
import { objectHelp } from '../help-text.ts'
import { openPinnedAny } from '../grammar/pinned.ts'
import { pinAny } from '../grammar/pin.ts'
import { strtoul } from '../grammar/number.ts'
import type { Args } from '../args.ts'
import type { Command, Verb } from '../command.ts'
import type { Fd } from '../../uapi/attr.ts'

/** LINK (link_parse_fd): `id LINK_ID | pinned FILE`. */
function linkParseFd(cmd: Command, args: Args): Fd {
  if (args.is('id')) {
    nextArg(args)
    const word = args.peek()
    if (word === undefined) throw new UsageError()
    const { value: id, complete } = strtoul(word, 0)
    if (!complete) throw new CommandError(`can't parse ${word} as ID`)
    nextArg(args)
    try {
      return cmd.system().bpf.getFdById('link', id)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      throw new CommandError(`failed to get link with ID ${id}: ${strerror(error.errno)}`, -error.errno)
    }
  }
  if (args.is('pinned')) {
    nextArg(args)
    const path = args.peek()
    if (path === undefined) throw new UsageError()
    nextArg(args)
    return openPinnedAny(cmd, path, 'link')
  }
  throw new CommandError(`expected 'id' or 'pinned', got: '${args.peek() ?? '(null)'}'?`)
}

/** do_show_link: no program can be attached by a link yet, so that what a link tells is not printed here. */
function showLink(cmd: Command, fd: Fd): never {
  cmd.system().close(fd)
  throw new CommandError("'link show' of a link is not simulated yet")
}

const show: Verb = (cmd, args) => {
  if (args.length === 2) showLink(cmd, linkParseFd(cmd, args))
  if (args.length > 0) throw badArg(args)
  const { bpf } = cmd.system()
  cmd.json?.startArray()
  try {
    for (let id = 0; ;) {
      id = bpf.getNextId('link', id)
      showLink(cmd, bpf.getFdById('link', id))
    }
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    cmd.errno = error.errno
    if (error.errno === Errno.ENOENT) return 0
    cmd.error(`can't get next link: ${strerror(error.errno)}`)
    return -1
  } finally {
    cmd.json?.endArray()
  }
}

const pin: Verb = (cmd, args) => {
  const status = pinAny(cmd, args, linkParseFd)
  if (status === 0) cmd.json?.nullValue()
  return status
}

const detach: Verb = (cmd, args) => {
  try {
    if (args.length !== 2) throw new CommandError('link specifier is invalid or missing\n')
    const fd = linkParseFd(cmd, args)
    cmd.system().close(fd)
    throw new CommandError(`failed link detach: ${strerror(Errno.ENOTSUP)}`)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    cmd.error(error.message)
    return 1
  }
}

/** `bpftool link` (link.c). */
export const link = {
  verbs: [
    ['show', show],
    ['list', show],
    ['help', 'help'],
    ['pin', pin],
    ['detach', detach],
  ],
  help: objectHelp.link,
} as const
