import { objectHelp } from '../help-text.ts'
import { progShow } from './prog-show.ts'

/** `bpftool prog` (prog.c). */
export const prog = {
  verbs: [
    ['show', progShow],
    ['list', progShow],
    ['help', 'help'],
  ],
  help: objectHelp.prog,
} as const
