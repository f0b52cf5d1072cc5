import { Errno } from '../../uapi/errno.ts'
import { objectHelp } from '../help-text.ts'
import type { Verb } from '../command.ts'

/** do_show: nothing is attached to a perf event yet, so that there is no process to tell of. */
const show: Verb = (cmd) => {
  cmd.json?.startArray()
  cmd.json?.endArray()
  // bpf_task_fd_query of descriptors that are no perf event fails with a number that C has no name for.
  cmd.errno = Errno.ENOTSUPP
  return 0
}

/** `bpftool perf` (perf.c). */
export const perf = {
  verbs: [
    ['show', show],
    ['list', show],
    ['help', 'help'],
  ],
  help: objectHelp.perf,
} as const
