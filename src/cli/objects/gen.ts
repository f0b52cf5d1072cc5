import { CommandError, UsageError } from '../command.ts'
import { objectHelp } from '../help-text.ts'
import { requireArgs } from '../grammar/number-arg.ts'
import type { Args } from '../args.ts'
import type { Command, Verb } from '../command.ts'

/** REQ_ARGS and then usage(). */
function requireOrUsage(cmd: Command, args: Args, count: number): void {
  try {
    requireArgs(args, count)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    cmd.error(error.message)
    throw new UsageError()
  }
}

function notYet(verb: string): CommandError {
  return new CommandError(`'gen ${verb}' is not simulated yet`)
}

/** do_skeleton and do_subskeleton: `FILE [name NAME]`. */
function named(print: (cmd: Command, file: string, name: string) => Promise<number>): Verb {
  return async (cmd, args) => {
    requireOrUsage(cmd, args, 1)
    const file = args.shift()
    let name = ''
    while (args.length > 0) {
      requireArgs(args, 2)
      if (!args.is('name')) throw new CommandError(`unknown arg ${args.shift()}`)
      args.shift()
      if (name !== '') throw new CommandError('object name already specified')
      name = args.shift()
    }
    const { givenName, nameOfFile } = await import('./gen-names.ts')
    return print(cmd, file, name === '' ? nameOfFile(file) : givenName(name))
  }
}

function counted(verb: string, count: number): Verb {
  return (cmd, args) => {
    requireOrUsage(cmd, args, count)
    throw notYet(verb)
  }
}

/** `bpftool gen` (gen.c). */
export const gen = {
  verbs: [
    ['object', counted('object', 2)],
    ['skeleton', named(async (...words) => (await import('./gen-skeleton.ts')).printSkeleton(...words))],
    ['subskeleton', named(async (...words) => (await import('./gen-subskeleton.ts')).printSubskeleton(...words))],
    ['min_core_btf', counted('min_core_btf', 3)],
    ['help', 'help'],
  ],
  help: objectHelp.gen,
} as const
