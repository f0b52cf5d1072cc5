import { objectHelp } from '../help-text.ts'
import { pinAny } from '../grammar/pin.ts'
import { progAttach, progDetach } from './prog-attach.ts'
import { progDump } from './prog-dump.ts'
import { progLoad, progLoadall } from './prog-load.ts'
import { progParseFd } from '../grammar/prog.ts'
import { progRun } from './prog-run.ts'
import { progShow } from './prog-show.ts'
import { progTracelog } from './prog-tracelog.ts'
import type { Verb } from '../command.ts'

const pin: Verb = (cmd, args) => {
  const status = pinAny(cmd, args, progParseFd)
  if (status === 0) cmd.json?.nullValue()
  return status
}

/** do_profile of a bpftool that was built without skeletons, as Debian's: an error with the status of a success. */
const profile: Verb = (cmd) => {
  cmd.error('bpftool prog profile command is not supported. Please build bpftool with clang >= 10.0.0')
  return 0
}

/** `bpftool prog` (prog.c). */
export const prog = {
  verbs: [
    ['show', progShow],
    ['list', progShow],
    ['help', 'help'],
    ['dump', progDump],
    ['pin', pin],
    ['load', progLoad],
    ['loadall', progLoadall],
    ['attach', progAttach],
    ['detach', progDetach],
    ['tracelog', progTracelog],
    ['run', progRun],
    ['profile', profile],
  ],
  help: objectHelp.prog,
} as const
