import { AttachType, attachTypeName } from '../../uapi/attach-type.ts'
import { BpfCmd } from '../../uapi/cmd.ts'
import { CommandError } from '../command.ts'
import { KernelError } from '../../kernel/error.ts'
import { mapParseFds } from '../grammar/map.ts'
import { nextArg, requireArgs } from '../grammar/number-arg.ts'
import { progParseFd } from '../grammar/prog.ts'
import type { Args } from '../args.ts'
import type { Command, Verb } from '../command.ts'
import type { Fd } from '../../uapi/attr.ts'

const EINVAL = -22

/** Attach types of programs that go to a map, or to a network namespace, and the older names that bpftool keeps. */
const types = [
  [AttachType.SK_SKB_STREAM_PARSER, 'stream_parser'],
  [AttachType.SK_SKB_STREAM_VERDICT, 'stream_verdict'],
  [AttachType.SK_MSG_VERDICT, 'msg_verdict'],
  [AttachType.FLOW_DISSECTOR, undefined],
  [AttachType.SK_SKB_VERDICT, 'skb_verdict'],
] as const

/** parse_attach_type: a name spelled out, or an abbreviated older one. */
function attachType(word: string | undefined): number | undefined {
  if (word === undefined) return undefined
  return types.find(([type, older]) => word === attachTypeName(type) || older?.startsWith(word))?.[0]
}

interface Target {
  prog: Fd
  type: number
  map: Fd
}

/** parse_attach_detach_args; undefined for a program or map that nothing matches. */
function parseTarget(cmd: Command, args: Args): Target | undefined {
  requireArgs(args, 3, EINVAL)
  const prog = progParseFd(cmd, args)
  if (prog === undefined) return undefined
  const type = attachType(args.peek())
  if (type === undefined) throw new CommandError('invalid attach/detach type', EINVAL)
  if (type === AttachType.FLOW_DISSECTOR) return { prog, type, map: 0 }
  nextArg(args)
  requireArgs(args, 2, EINVAL)
  const maps = mapParseFds(cmd, args, 0)
  if (maps.length > 1) throw new CommandError('several maps match this handle')
  const [map] = maps
  return map === undefined ? undefined : { prog, type, map }
}

function change(command: number, failure: string): Verb {
  return (cmd, args) => {
    const target = parseTarget(cmd, args)
    if (target === undefined) return -1
    const { prog: attachBpfFd, type, map: targetFd } = target
    try {
      return cmd.system().bpf.other(command, { targetFd, attachBpfFd, attachType: type })
    } catch (error) {
      if (error instanceof KernelError) throw new CommandError(failure, EINVAL)
      throw error
    }
  }
}

/** `attach PROG ATTACH_TYPE [MAP]`. */
export const progAttach: Verb = change(BpfCmd.PROG_ATTACH, 'failed prog attach to map')
/** `detach PROG ATTACH_TYPE [MAP]`. */
export const progDetach: Verb = change(BpfCmd.PROG_DETACH, 'failed prog detach from map')
