import { CommandError } from '../command.ts'
import { requireArgs } from '../grammar/number-arg.ts'
import { SilentFailure, parseLoadWords } from './prog-load-words.ts'
import type { Args } from '../args.ts'
import type { Command, Verb } from '../command.ts'

function load(cmd: Command, args: Args): number {
  requireArgs(args, 2)
  args.shift()
  args.shift()
  try {
    parseLoadWords(cmd, args)
  } catch (error) {
    if (error instanceof SilentFailure) return -1
    throw error
  }
  throw new CommandError(`failed to open object file`)
}

/** do_loader: the generated loader program needs what is not simulated yet. */
function loader(args: Args): number {
  requireArgs(args, 1)
  throw new CommandError('loading with a loader program is not simulated yet')
}

export const progLoad: Verb = (cmd, args) => (cmd.options.useLoader ? loader(args) : load(cmd, args))
export const progLoadall: Verb = (cmd, args) => load(cmd, args)
