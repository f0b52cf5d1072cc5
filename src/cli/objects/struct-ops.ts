import { CommandError, UsageError } from '../command.ts'
import { KernelError } from '../../kernel/error.ts'
import { strerror } from '../../uapi/errno.ts'
import { objectHelp } from '../help-text.ts'
import { strtoul } from '../grammar/number.ts'
import type { Args } from '../args.ts'
import type { Command, Verb } from '../command.ts'

/** do_one_id: a map can be named, but none of them is of the kind until struct_ops maps can be registered. */
function oneId(cmd: Command, term: string): number {
  const { value: id, complete } = strtoul(term, 0)
  if (!complete || id === 0) throw new CommandError(`invalid id ${term}`)
  const system = cmd.system()
  try {
    const fd = system.bpf.getFdById('map', id)
    const info = system.bpf.mapInfo(fd)
    system.close(fd)
    throw new CommandError(`${info.name} id ${info.id} is not a struct_ops map`)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    throw new CommandError(`can't get map by id (${id}): ${strerror(error.errno)}`)
  }
}

/**
 * do_work_on_struct_ops, of a machine where no struct_ops map is registered.
 * @param listing whether a list is printed (in JSON), where an empty one tells enough.
 */
function search(cmd: Command, args: Args, listing: boolean): number {
  const [type, term] = [args.peek(), args.peek(1)]
  if (type !== undefined && term !== undefined) {
    if ('id'.startsWith(type)) return oneId(cmd, term)
    if (!'name'.startsWith(type)) throw new UsageError()
  }
  if (listing && cmd.json !== undefined) {
    cmd.json.startArray()
    cmd.json.endArray()
  } else if (!listing && term !== undefined) {
    throw new CommandError(`no struct_ops found for ${term}`)
  }
  return term === undefined ? 0 : -1
}

const show: Verb = (cmd, args) => {
  if (args.length !== 0 && args.length !== 2) throw new UsageError()
  return search(cmd, args, cmd.json !== undefined)
}

/** do_dump: its plain output is a JSON text of its own, too: an empty array. */
const dump: Verb = (cmd, args) => {
  if (args.length !== 0 && args.length !== 2) throw new UsageError()
  const status = search(cmd, args, true)
  if (cmd.json === undefined) cmd.out('[]\n')
  return status
}

const unregister: Verb = (cmd, args) => {
  if (args.length !== 2) throw new UsageError()
  return search(cmd, args, false)
}

const register: Verb = (_, args) => {
  if (args.length !== 1 && args.length !== 2) throw new UsageError()
  throw new CommandError("'struct_ops register' is not simulated yet")
}

/** `bpftool struct_ops` (struct_ops.c). */
export const structOps = {
  verbs: [
    ['show', show],
    ['list', show],
    ['register', register],
    ['unregister', unregister],
    ['dump', dump],
    ['help', 'help'],
  ],
  help: objectHelp.struct_ops,
} as const
