import { CommandError } from '../command.ts'
import { Errno, strerror } from '../../uapi/errno.ts'
import { objectHelp } from '../help-text.ts'
import { pathExists } from '../grammar/host-path.ts'
import { requireArgs } from '../grammar/number-arg.ts'
import type { Args } from '../args.ts'
import type { Command, Verb } from '../command.ts'

/** The words after the path: `effective`, once. */
function parseEffective(args: Args): boolean {
  let effective = false
  while (args.length > 0) {
    if (!args.is('effective')) {
      throw new CommandError(`expected no more arguments, 'effective', got: '${args.peek() ?? ''}'?`)
    }
    if (effective) throw new CommandError(`duplicated argument: ${args.peek() ?? ''}`)
    effective = true
    args.shift()
  }
  return effective
}

/** do_show: no cgroup v2 is mounted on the simulated machine, so that whatever can be opened is none. */
const show: Verb = (cmd, args) => {
  requireArgs(args, 1)
  const path = args.shift()
  parseEffective(args)
  if (!pathExists(cmd, path)) throw new CommandError(`can't open cgroup ${path}`)
  throw new CommandError(`can't query bpf programs attached to ${path}: ${strerror(Errno.EBADF)}`)
}

/** find_cgroup_root. */
function cgroupRoot(cmd: Command): string {
  const mounts = Buffer.from(cmd.readHostFile('/proc/mounts')).toString()
  const root = mounts.split('\n').find((line) => line.split(' ')[2] === 'cgroup2')
  if (root === undefined) throw new CommandError("cgroup v2 isn't mounted")
  return root.split(' ')[1] ?? ''
}

const tree: Verb = (cmd, args) => {
  const root = args.length === 0 ? cgroupRoot(cmd) : args.shift()
  const effective = parseEffective(args)
  const columns = effective ? ['ID', 'AttachType', 'Name'] : ['ID', 'AttachType', 'AttachFlags', 'Name']
  if (cmd.json === undefined) {
    cmd.out(`CgroupPath\n${columns.map((name, i) => name.padEnd(i === 0 ? 8 : 15)).join(' ')}\n`)
  }
  cmd.json?.startArray()
  try {
    if (!pathExists(cmd, root)) cmd.error(`can't iterate over ${root}: ${strerror(Errno.ENOENT)}`)
    else cmd.error(`can't query bpf programs attached to ${root}: ${strerror(Errno.EBADF)}`)
    return -1
  } finally {
    cmd.json?.endArray()
  }
}

function change(what: 'attach' | 'detach'): Verb {
  return (cmd, args) => {
    if (args.length < 4) throw new CommandError(`too few parameters for cgroup ${what}`)
    const path = args.shift()
    if (!pathExists(cmd, path)) throw new CommandError(`can't open cgroup ${path}`)
    throw new CommandError(`'cgroup ${what}' is not simulated yet`)
  }
}

/** `bpftool cgroup` (cgroup.c). */
export const cgroup = {
  verbs: [
    ['show', show],
    ['list', show],
    ['tree', tree],
    ['attach', change('attach')],
    ['detach', change('detach')],
    ['help', 'help'],
  ],
  help: objectHelp.cgroup,
} as const
