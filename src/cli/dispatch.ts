import type { Args } from './args.ts'
import type { Command, Verb } from './command.ts'

/** An object's verbs in the order in which abbreviations are tried; the first also answers when no word is left. */
export type VerbTable = readonly (readonly [string, Verb | 'help'])[]

/** A help text; those of `perf` and `iter` forget that JSON was asked for. */
export interface Help {
  text: string
  evenInJson?: boolean
}

/** A Command that remembers which object's help usage() prints. */
export interface Dispatching extends Command {
  /** do_help of the object last selected: its text on stderr, null in JSON. */
  lastHelp: Help
}

/** do_help. */
export function printHelp(cmd: Dispatching, { text, evenInJson }: Help): number {
  if (cmd.json === undefined || evenInJson === true) cmd.message(text)
  else cmd.json.nullValue()
  return 0
}

/**
 * cmd_select: runs the first verb that the next word abbreviates. No word at all means the first verb, an unknown one the
 * help text and status -1.
 */
export function select(cmd: Dispatching, args: Args, table: VerbTable, help: Help): number | Promise<number> {
  cmd.lastHelp = help
  const none = args.length < 1
  let i = 0
  if (!none) while (i < table.length && !args.is((table[i] as VerbTable[number])[0])) i++
  const found = table[i]
  if (found === undefined) {
    printHelp(cmd, help)
    return -1
  }
  if (!none) args.shift()
  const verb = found[1]
  return verb === 'help' ? printHelp(cmd, help) : verb(cmd, args)
}
