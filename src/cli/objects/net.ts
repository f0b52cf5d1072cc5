import { CommandError, UsageError } from '../command.ts'
import { nextArg, requireArgs } from '../grammar/number-arg.ts'
import { objectHelp } from '../help-text.ts'
import { progParseFd } from '../grammar/prog.ts'
import { withStatus } from '../status.ts'
import type { Args } from '../args.ts'
import type { Command, Verb } from '../command.ts'

const EINVAL = -22

const xdpTypes: readonly string[] = ['xdp', 'xdpgeneric', 'xdpdrv', 'xdpoffload']
const tcxTypes: readonly string[] = ['tcx_ingress', 'tcx_egress']

/** parse_attach_type: the first type that the word abbreviates. */
function attachType(args: Args): string {
  const type = [...xdpTypes, ...tcxTypes].find((name) => args.is(name))
  if (type === undefined) throw new CommandError(`invalid net attach/detach type: ${args.peek() ?? ''}`)
  args.shift()
  return type
}

/** net_parse_dev: `dev NAME`. @returns the device's index. */
function parseDev(cmd: Command, args: Args): number {
  if (!args.is('dev')) throw new CommandError(`expected 'dev', got: '${args.peek() ?? '(null)'}'?`)
  nextArg(args)
  const name = args.peek()
  const index = name === undefined ? undefined : cmd.system().ifIndex(name)
  if (index === undefined) throw new CommandError(`invalid devname ${name ?? '(null)'}`)
  nextArg(args)
  return index
}

/** do_show: nothing is attached to a device yet. */
const show: Verb = (cmd, args) => {
  if (args.length === 2) parseDev(cmd, args)
  else if (args.length !== 0) throw new UsageError()
  const { json } = cmd
  const kinds = ['xdp', 'tc', 'flow_dissector', 'netfilter']
  if (json === undefined) {
    cmd.out(kinds.map((kind) => `${kind}:\n\n`).join(''))
    return 0
  }
  json.startArray()
  json.startObject()
  for (const kind of kinds) {
    json.name(kind)
    json.startArray()
    json.endArray()
  }
  json.endObject()
  json.endArray()
  return 0
}

const attach: Verb = (cmd, args) =>
  withStatus(cmd, EINVAL, () => {
    requireArgs(args, 5)
    const type = attachType(args)
    if (progParseFd(cmd, args) === undefined) return EINVAL
    parseDev(cmd, args)
    if (args.is('overwrite')) {
      if (!xdpTypes.includes(type)) throw new CommandError("'overwrite' is only supported for xdp types")
    } else if (args.is('prepend')) {
      if (!tcxTypes.includes(type)) throw new CommandError("'prepend' is only supported for tcx_ingress/tcx_egress")
    } else if (args.length > 0) {
      throw new CommandError(`expected 'overwrite' or 'prepend', got: '${args.peek() ?? ''}'?`)
    }
    throw new CommandError(`'net attach' is not simulated yet`)
  })

const detach: Verb = (cmd, args) =>
  withStatus(cmd, EINVAL, () => {
    requireArgs(args, 3)
    attachType(args)
    parseDev(cmd, args)
    throw new CommandError(`'net detach' is not simulated yet`)
  })

/** `bpftool net` (net.c). */
export const net = {
  verbs: [
    ['show', show],
    ['list', show],
    ['attach', attach],
    ['detach', detach],
    ['help', 'help'],
  ],
  help: objectHelp.net,
} as const
