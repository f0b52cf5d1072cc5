import { CommandError } from '../command.ts'
import { Errno, strerror } from '../../uapi/errno.ts'
import { requireArgs } from '../grammar/number-arg.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'

/** What `feature probe` is asked for. */
export interface ProbeWords {
  /** Which component: the kernel, a device by its index, or none said. */
  component: 'kernel' | number | undefined
  /** The prefix of a C header's names; undefined where none is wanted. */
  prefix: string | undefined
}

/** These two stay as they are once said, for all commands of a batch: bpftool keeps them in globals. */
export interface ProbeModes {
  full: boolean
  unprivileged: boolean
}

/** The words of do_probe. @throws CommandError. */
export function probeWords(cmd: Command, args: Args, modes: ProbeModes): ProbeWords {
  const words: ProbeWords = { component: undefined, prefix: undefined }
  while (args.length > 0) {
    if (args.is('kernel')) {
      if (words.component !== undefined) throw new CommandError('component to probe already specified')
      words.component = 'kernel'
      args.shift()
    } else if (args.is('dev')) {
      args.shift()
      if (words.component !== undefined) throw new CommandError('component to probe already specified')
      requireArgs(args, 1)
      words.component = deviceIndex(cmd, args.shift())
    } else if (args.is('full')) {
      modes.full = true
      args.shift()
    } else if (args.is('macros') && words.prefix === undefined) {
      words.prefix = ''
      args.shift()
    } else if (args.is('prefix')) {
      if (words.prefix === undefined) throw new CommandError("'prefix' argument can only be use after 'macros'")
      if (words.prefix !== '') throw new CommandError("'prefix' already defined")
      args.shift()
      requireArgs(args, 1)
      words.prefix = args.shift()
    } else if (args.is('unprivileged')) {
      modes.unprivileged = true
      args.shift()
    } else {
      const expected = "expected no more arguments, 'kernel', 'dev', 'macros' or 'prefix'"
      throw new CommandError(`${expected}, got: '${args.peek() ?? ''}'?`)
    }
  }
  return words
}

function deviceIndex(cmd: Command, name: string): number {
  const index = cmd.system().ifIndex(name)
  if (index === undefined) throw new CommandError(`unrecognized netdevice '${name}': ${strerror(Errno.ENODEV)}`)
  return index
}
