import { CommandError, UsageError } from '../command.ts'
import { mapParseFds } from '../grammar/map.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { nextArg, requireArgs } from '../grammar/number-arg.ts'
import { objectHelp } from '../help-text.ts'
import type { Args } from '../args.ts'
import type { Command, Verb } from '../command.ts'

/** REQ_ARGS: says what is missing; the caller goes on in its own way. */
function hasArgs(cmd: Command, args: Args, count: number): boolean {
  try {
    requireArgs(args, count)
    return true
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    cmd.error(error.message)
    return false
  }
}

/** do_pin: its words are checked; iterators themselves can't be attached yet. */
const pin: Verb = (cmd, args) => {
  if (!hasArgs(cmd, args, 2)) throw new UsageError()
  const object = args.shift()
  args.shift()
  if (args.is('map')) {
    nextArg(args)
    if (!hasArgs(cmd, args, 2)) throw new CommandError('incorrect map spec')
    if (mapParseFds(cmd, args, MapFlag.RDONLY).length !== 1) return -1
  }
  cmd.readHostFile(object)
  throw new CommandError("'iter pin' is not simulated yet")
}

/** `bpftool iter` (iter.c). */
export const iter = {
  verbs: [
    ['help', 'help'],
    ['pin', pin],
  ],
  help: objectHelp.iter,
} as const
