import { CommandError } from '../command.ts'
import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { LibbpfError, errstr } from '../../libbpf/error.ts'
import { openObject } from '../../libbpf/open.ts'
import { requireArgs } from '../grammar/number-arg.ts'
import { SilentFailure, commandLog, parseLoadWords, progKindOf } from './prog-load-words.ts'
import type { Args } from '../args.ts'
import type { BpfObject, OpenOptions } from '../../libbpf/model.ts'
import type { Command, Verb } from '../command.ts'
import type { LoadWords } from './prog-load-words.ts'
import type { ObjectSource } from '../../libbpf/open.ts'

/** The object file's bytes, or the errno of open(2). A directory can be opened, and isn't an ELF file. */
function readObject(cmd: Command, path: string): ObjectSource {
  try {
    return cmd.readHostFile(path)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    if (error.errno !== Errno.EISDIR) return { failed: error.errno }
    commandLog(cmd).debug(() => `loading object from ${path}`)
    commandLog(cmd).warn(`elf: failed to open ${path} as ELF file: invalid file descriptor`)
    throw new CommandError('failed to open object file')
  }
}

/** The kernel BTF that takes the place of the machine's own for CO-RE. */
function customBtf(cmd: Command, path: string): OpenOptions {
  try {
    return { customBtf: { path, bytes: cmd.readHostFile(path) } }
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    return { customBtf: { path, bytes: new Uint8Array() } }
  }
}

function open(cmd: Command, path: string, words: LoadWords): BpfObject {
  const { verifierLogs, relaxedMaps } = cmd.options
  const options: OpenOptions = {
    print: (level, text) => {
      if (level !== 'debug' || verifierLogs) cmd.message(text)
    },
    debug: verifierLogs,
    relaxedMaps,
    ...(verifierLogs && { kernelLogLevel: 1 + 2 + 4 }),
    ...(words.kernelBtf !== undefined && customBtf(cmd, words.kernelBtf)),
  }
  const source = readObject(cmd, path)
  try {
    return openObject(source, path, options)
  } catch (error) {
    if (error instanceof LibbpfError) throw new CommandError('failed to open object file')
    throw error
  }
}

/** What each program is: as `type` says, else as its section's name does. */
function setKinds(cmd: Command, object: BpfObject, words: LoadWords): void {
  for (const prog of object.entryPrograms()) {
    const kind = words.kind ?? progKindOf(cmd, prog.sectionName)
    if (kind === undefined) throw new SilentFailure()
    prog.ifindex = words.offloadIfindex
    prog.type = kind.progType
    prog.expectedAttachType = kind.expectedAttachType
  }
}

/** Where each replacement goes, by number: those by name first, in the order of qsort(3) by number. */
function resolveMaps(object: BpfObject, { maps }: LoadWords): void {
  const byIndex = () => maps.sort((a, b) => a.index - b.index)
  byIndex()
  for (const each of maps) {
    if (each.name === undefined) continue
    each.index = object.maps.findIndex((map) => map.shownName === each.name)
    if (each.index < 0) throw new CommandError(`unable to find map '${each.name}'`)
  }
  byIndex()
}

function load(cmd: Command, args: Args, all: boolean): number {
  requireArgs(args, 2)
  const path = args.shift()
  const pin = args.shift()
  try {
    const words = parseLoadWords(cmd, args)
    const object = open(cmd, path, words)
    setKinds(cmd, object, words)
    resolveMaps(object, words)
    throw new CommandError(`loading to ${pin} ${String(all)} ${errstr(1)} ${strerror(1)}`)
  } catch (error) {
    if (error instanceof SilentFailure) return -1
    throw error
  }
}

/** do_loader: the generated loader program needs what is not simulated yet. */
function loader(args: Args): number {
  requireArgs(args, 1)
  throw new CommandError('loading with a loader program is not simulated yet')
}

export const progLoad: Verb = (cmd, args) => (cmd.options.useLoader ? loader(args) : load(cmd, args, false))
export const progLoadall: Verb = (cmd, args) => load(cmd, args, true)
