import { objectHelp } from '../help-text.ts'
import type { Verb } from '../command.ts'

const probe: Verb = async (cmd, args) => (await import('./feature-probe.ts')).probe(cmd, args)
const listBuiltins: Verb = async (cmd, args) => (await import('./feature-builtins.ts')).listBuiltins(cmd, args)

/** Not a verb of the real bpftool. */
const matrix: Verb = async (cmd, args) => (await import('./feature-matrix.ts')).matrix(cmd, args)

export const matrixUsage = `Usage: bpftool feature matrix [WORD]...
`

/** `bpftool feature` (feature.c). */
export const feature = {
  verbs: [
    ['probe', probe],
    ['list_builtins', listBuiltins],
    ['help', 'help'],
    ['matrix', matrix],
  ],
  help: objectHelp.feature,
} as const
