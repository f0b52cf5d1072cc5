import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { LibbpfError, errstr } from '../../libbpf/error.ts'
import { Log } from '../../libbpf/log.ts'
import { checkLinkInput } from '../../libbpf/link-input.ts'
import { commandLog } from './command-log.ts'
import type { Command } from '../command.ts'
import type { LinkOutput } from '../../libbpf/link-input.ts'

export interface LinkFailure {
  file: string
  errno: number
  /** libbpf's messages up to there. */
  messages: string
}

/** The first of the files that the linker refuses by itself, whatever the others hold. */
export function linkFailure(cmd: Command, files: readonly string[]): LinkFailure | undefined {
  let messages = ''
  const log = new Log((level, text) => {
    if (level !== 'debug' || cmd.options.verifierLogs) messages += text
  }, commandLog(cmd).debugging)
  const output: LinkOutput = { littleEndian: undefined }
  for (const file of files) {
    try {
      checkLinkInput(output, readInput(cmd, file, log), file, log)
    } catch (error) {
      if (!(error instanceof LibbpfError)) throw error
      return { file, errno: error.errno, messages }
    }
  }
  return undefined
}

/** A directory can be opened, and isn't an ELF file. */
function readInput(cmd: Command, file: string, log: Log): Uint8Array {
  try {
    log.debug(() => `linker: adding object file '${file}'...`)
    return cmd.readHostFile(file)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    if (error.errno === Errno.EISDIR) {
      log.warn(`failed to parse ELF file '${file}': invalid file descriptor`)
      throw new LibbpfError(Errno.EINVAL)
    }
    log.warn(`failed to open file '${file}': ${errstr(error.errno)}`)
    throw new LibbpfError(error.errno)
  }
}
