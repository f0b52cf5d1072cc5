import { objectHelp } from '../help-text.ts'
import type { Verb } from '../command.ts'

const probe: Verb = async (cmd, args) => (await import('./feature-probe.ts')).probe(cmd, args)
const listBuiltins: Verb = async (cmd, args) => (await import('./feature-builtins.ts')).listBuiltins(cmd, args)

/** `bpftool feature` (feature.c). */
export const feature = {
  verbs: [
    ['probe', probe],
    ['list_builtins', listBuiltins],
    ['help', 'help'],
  ],
  help: objectHelp.feature,
} as const
