import { UsageError } from '../command.ts'
import { KernelError } from '../../kernel/error.ts'
import { nextArg, requireArgs } from '../grammar/number-arg.ts'
import { progParseFd } from '../grammar/prog.ts'
import { strerror } from '../../uapi/errno.ts'
import type { Args } from '../args.ts'
import type { Command } from '../command.ts'

const TRACE_PIPE = '/sys/kernel/tracing/trace_pipe'

/**
 * do_tracelog: the lines in the machine's trace pipe. The real one waits for more until it is interrupted; here nothing
 * can come while a command runs, so that it ends as if it had been.
 */
function tracePipe(cmd: Command): number {
  const { json } = cmd
  json?.startArray()
  try {
    const text = Buffer.from(cmd.system().files.read(TRACE_PIPE)).toString()
    for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
      if (json === undefined) cmd.out(line)
      else json.string(line)
    }
    return 0
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    cmd.error(`could not open trace pipe: ${strerror(error.errno)}`)
    return -1
  } finally {
    json?.endArray()
  }
}

/** `tracelog [{ stdout | stderr } PROG]` (do_tracelog_any): no program writes to its streams yet, so that they are empty. */
export function progTracelog(cmd: Command, args: Args): number {
  if (args.length === 0) return tracePipe(cmd)
  if (!args.is('stdout') && !args.is('stderr')) throw new UsageError()
  nextArg(args)
  requireArgs(args, 2)
  const fd = progParseFd(cmd, args)
  if (fd === undefined) return -1
  cmd.system().close(fd)
  return 0
}
