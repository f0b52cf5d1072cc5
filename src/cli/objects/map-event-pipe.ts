import { CommandError } from '../command.ts'
import { Errno, strerror } from '../../uapi/errno.ts'
import { errstr } from '../../libbpf/error.ts'
import { MapType } from '../../uapi/map-type.ts'
import { badArg, nextArg } from '../grammar/number-arg.ts'
import { mapParseFdAndInfo } from '../grammar/map.ts'
import { strtoul } from '../grammar/number.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'

function parseNumber(args: Args, what: string): number {
  nextArg(args)
  const word = args.peek() ?? ''
  const { value, complete } = strtoul(word, 0)
  if (!complete) throw new CommandError(`can't parse ${word} as ${what}`)
  args.shift()
  return value | 0
}

/**
 * `event_pipe` (do_event_pipe). The simulated kernel has no perf events yet: where the real tool would open its ring
 * buffers it gets the errno of a kernel without them.
 */
export function mapEventPipe(cmd: Command, args: Args): number {
  const map = mapParseFdAndInfo(cmd, args, 0)
  if (map === undefined) return -1
  if (map.info.type !== MapType.PERF_EVENT_ARRAY) throw new CommandError('map is not a perf event array')
  let cpu: number | undefined
  let index = false
  while (args.length > 0) {
    if (args.length < 2) throw badArg(args)
    if (args.is('cpu')) {
      cpu = parseNumber(args, 'CPU ID')
    } else if (args.is('index')) {
      parseNumber(args, 'index')
      index = true
    } else {
      throw badArg(args)
    }
  }
  if ((cpu !== undefined) !== index) throw new CommandError('cpu and index must be specified together')
  let errno: number = Errno.EOPNOTSUPP
  if (cpu !== undefined && cpu >= cmd.system().possibleCpus()) {
    errno = Errno.EINVAL
    cmd.message(`libbpf: failed to open perf buffer event on cpu #${cpu}: ${errstr(errno)}\n`)
  }
  throw new CommandError(`failed to create perf buffer: ${strerror(errno)} (${errno})`)
}
