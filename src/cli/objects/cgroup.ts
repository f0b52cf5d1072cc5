import { CommandError } from '../command.ts'
import { AttachType, attachTypeCount, attachTypeName } from '../../uapi/attach-type.ts'
import { Errno, strerror } from '../../uapi/errno.ts'
import { objectHelp } from '../help-text.ts'
import { isDirectory, pathExists } from '../grammar/host-path.ts'
import { progParseFd } from '../grammar/prog.ts'
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
    if (!pathExists(cmd, root)) {
      cmd.error(`can't iterate over ${root}: ${strerror(Errno.ENOENT)}`)
      return -1
    }
    // nftw(3) calls do_show_tree_fn for a file too, which only looks at directories.
    if (!isDirectory(cmd, root)) return 0
    cmd.error(`can't query bpf programs attached to ${root}: ${strerror(Errno.EBADF)}`)
    return -1
  } finally {
    cmd.json?.endArray()
  }
}

/** Older names of attach types that bpftool keeps (bpf_attach_type_input_str). */
const inputNames: ReadonlyMap<number, string> = new Map<number, string>([
  [AttachType.CGROUP_INET_INGRESS, 'ingress'],
  [AttachType.CGROUP_INET_EGRESS, 'egress'],
  [AttachType.CGROUP_INET_SOCK_CREATE, 'sock_create'],
  [AttachType.CGROUP_INET_SOCK_RELEASE, 'sock_release'],
  [AttachType.CGROUP_SOCK_OPS, 'sock_ops'],
  [AttachType.CGROUP_DEVICE, 'device'],
  [AttachType.CGROUP_INET4_BIND, 'bind4'],
  [AttachType.CGROUP_INET6_BIND, 'bind6'],
  [AttachType.CGROUP_INET4_CONNECT, 'connect4'],
  [AttachType.CGROUP_INET6_CONNECT, 'connect6'],
  [AttachType.CGROUP_INET4_POST_BIND, 'post_bind4'],
  [AttachType.CGROUP_INET6_POST_BIND, 'post_bind6'],
  [AttachType.CGROUP_INET4_GETPEERNAME, 'getpeername4'],
  [AttachType.CGROUP_INET6_GETPEERNAME, 'getpeername6'],
  [AttachType.CGROUP_INET4_GETSOCKNAME, 'getsockname4'],
  [AttachType.CGROUP_INET6_GETSOCKNAME, 'getsockname6'],
  [AttachType.CGROUP_UDP4_SENDMSG, 'sendmsg4'],
  [AttachType.CGROUP_UDP6_SENDMSG, 'sendmsg6'],
  [AttachType.CGROUP_SYSCTL, 'sysctl'],
  [AttachType.CGROUP_UDP4_RECVMSG, 'recvmsg4'],
  [AttachType.CGROUP_UDP6_RECVMSG, 'recvmsg6'],
  [AttachType.CGROUP_GETSOCKOPT, 'getsockopt'],
  [AttachType.CGROUP_SETSOCKOPT, 'setsockopt'],
  [AttachType.TRACE_RAW_TP, 'raw_tp'],
  [AttachType.TRACE_FENTRY, 'fentry'],
  [AttachType.TRACE_FEXIT, 'fexit'],
  [AttachType.MODIFY_RETURN, 'mod_ret'],
  [AttachType.TRACE_FSESSION, 'fsession'],
  [AttachType.SK_REUSEPORT_SELECT, 'sk_skb_reuseport_select'],
  [AttachType.SK_REUSEPORT_SELECT_OR_MIGRATE, 'sk_skb_reuseport_select_or_migrate'],
])

/** parse_attach_type: a name spelled out, or an abbreviated older one. */
function isAttachType(word: string): boolean {
  const types = Array.from({ length: attachTypeCount }, (_, type) => type)
  if (types.some((type) => attachTypeName(type) === word)) return true
  return types.some((type) => (inputNames.get(type) ?? attachTypeName(type))?.startsWith(word) === true)
}

function change(what: 'attach' | 'detach'): Verb {
  return (cmd, args) => {
    if (args.length < 4) throw new CommandError(`too few parameters for cgroup ${what}`)
    const path = args.shift()
    if (!pathExists(cmd, path)) throw new CommandError(`can't open cgroup ${path}`)
    if (!isAttachType(args.shift())) throw new CommandError('invalid attach type')
    if (progParseFd(cmd, args) === undefined) return -1
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
