import { badArg } from '../grammar/number-arg.ts'
import { objectHelp } from '../help-text.ts'
import type { Verb } from '../command.ts'

/** do_show: no bpffs of the simulated machine is mounted with delegation options. */
const show: Verb = (cmd, args) => {
  if (args.length > 0) throw badArg(args)
  cmd.json?.startArray()
  cmd.json?.endArray()
  return 0
}

/** `bpftool token` (token.c). */
export const token = {
  verbs: [
    ['show', show],
    ['list', show],
    ['help', 'help'],
  ],
  help: objectHelp.token,
} as const
