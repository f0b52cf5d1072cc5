import { CommandError, UsageError } from '../command.ts'
import { Errno } from '../../uapi/errno.ts'
import { LibbpfError } from '../../libbpf/error.ts'
import { attachIter } from '../../libbpf/attach-iter.ts'
import { closeObject, openObjectFile } from './object-file.ts'
import { commandLog } from './command-log.ts'
import { loadObject } from '../../libbpf/load.ts'
import { mapParseFds } from '../grammar/map.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { nextArg, requireArgs } from '../grammar/number-arg.ts'
import { objectHelp } from '../help-text.ts'
import type { Args } from '../args.ts'
import type { Command, Verb } from '../command.ts'
import type { Fd } from '../../uapi/attr.ts'

/** REQ_ARGS: says what is missing; the caller goes on in its own way. */
function hasArgs(cmd: Command, args: Args, count: number): boolean {
  try {
    requireArgs(args, count)
    return true
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    cmd.error(error.message)
    return false
  }
}

/** do_pin. */
const pin: Verb = (cmd, args) => {
  if (!hasArgs(cmd, args, 2)) throw new UsageError()
  const file = args.shift()
  args.shift()
  let mapFd: Fd | undefined
  if (args.is('map')) {
    nextArg(args)
    if (!hasArgs(cmd, args, 2)) throw new CommandError('incorrect map spec')
    const [fd, ...more] = mapParseFds(cmd, args, MapFlag.RDONLY)
    if (fd === undefined || more.length > 0) return -1
    mapFd = fd
  }
  return attach(cmd, file, mapFd)
}

/** Loads the object and makes an iterator of its first program. */
function attach(cmd: Command, file: string, mapFd: Fd | undefined): number {
  const object = step(`can't open objfile ${file}`, () => openObjectFile(cmd, file, { verbose: false }))
  const system = cmd.system()
  try {
    // What is loaded goes with the object, whatever comes of it.
    return system.atomically(() => {
      step(`can't load objfile ${file}`, () => {
        loadObject(object, system)
      })
      const first = object.entryPrograms().next().value
      if (first === undefined) throw new CommandError(`can't find bpf program in objfile ${file}`, -Errno.ENOENT)
      return step(`attach_iter failed for program ${first.name}`, () =>
        attachIter(first, system, commandLog(cmd), mapFd),
      )
    })
  } finally {
    closeObject(cmd, object)
  }
}

/** Runs a step of libbpf's, which tells itself what goes wrong; bpftool's own word comes after. */
function step<T>(message: string, fn: () => T): T {
  try {
    return fn()
  } catch (error) {
    if (error instanceof LibbpfError) throw new CommandError(message, -error.errno)
    throw error
  }
}

/** `bpftool iter` (iter.c). */
export const iter = {
  verbs: [
    ['help', 'help'],
    ['pin', pin],
  ],
  help: objectHelp.iter,
} as const
