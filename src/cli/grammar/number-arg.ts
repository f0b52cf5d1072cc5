import { CommandError, UsageError } from '../command.ts'
import { strtoul } from './number.ts'
import type { Args } from '../args.ts'

/**
 * parse_u32_arg: the keyword before the number is still to be skipped.
 * @param current the option's value so far: a second one is an error unless the first was 0.
 */
export function parseU32Arg(args: Args, current: number, what: string): number {
  nextArg(args)
  if (current !== 0) throw new CommandError(`${what} already specified`)
  const word = args.peek()
  if (word === undefined) throw new UsageError()
  const { value, complete } = strtoul(word, 0)
  if (!complete) throw new CommandError(`can't parse ${word} as ${what}`)
  nextArg(args)
  return value
}

/** NEXT_ARG: skips a word; none left is a usage error. */
export function nextArg(args: Args): void {
  if (args.length < 1) throw new UsageError()
  args.shift()
}

/** REQ_ARGS: fails with the word before the arguments when there are fewer than `count`. */
export function requireArgs(args: Args, count: number, status = -1): void {
  if (args.length >= count) return
  throw new CommandError(`'${args.peek(-1) ?? ''}' needs at least ${count} arguments, ${args.length} found`, status)
}

/** BAD_ARG. */
export function badArg(args: Args): CommandError {
  return new CommandError(`what is '${args.peek() ?? '(null)'}'?`)
}
