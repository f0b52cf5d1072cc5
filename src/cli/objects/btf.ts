import { objectHelp } from '../help-text.ts'
import { btfDump } from './btf-dump.ts'
import { btfShow } from './btf-show.ts'
import type { Help, VerbTable } from '../dispatch.ts'

/** `bpftool btf` (btf.c). */
export const btf: { verbs: VerbTable; help: Help } = {
  verbs: [
    ['show', btfShow],
    ['list', btfShow],
    ['help', 'help'],
    ['dump', btfDump],
  ],
  help: objectHelp.btf,
}
