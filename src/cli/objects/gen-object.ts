import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { LibbpfError, errstr } from '../../libbpf/error.ts'
import { Linker } from '../../libbpf/linker/linker.ts'
import { CommandError } from '../command.ts'
import { commandLog } from './command-log.ts'
import type { Command } from '../command.ts'
import type { Log } from '../../libbpf/log.ts'

/** do_object: links object files into one. */
export function linkObject(cmd: Command, output: string, inputs: readonly string[]): number {
  const log = commandLog(cmd)
  try {
    cmd.writeHostFile(output, new Uint8Array())
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    log.warn(`failed to create '${output}': ${-error.errno}`)
    throw new CommandError('failed to create BPF linker instance')
  }
  const linker = new Linker(log)
  for (const file of inputs) {
    const failed = errnoOf(() => linker.add(readInput(cmd, file, log), file))
    if (failed === 0) continue
    cmd.error(`failed to link '${file}': ${strerror(failed)} (${failed})`)
    return -failed
  }
  const failed = errnoOf(() => cmd.writeHostFile(output, linker.finalize()))
  if (failed === 0) return 0
  cmd.error(`failed to finalize ELF file: ${strerror(failed)} (${failed})`)
  return -failed
}

/** What a step of the linker failed with; 0: nothing. */
function errnoOf(step: () => void): number {
  try {
    step()
    return 0
  } catch (error) {
    if (error instanceof LibbpfError) return error.errno
    throw error
  }
}

/** A directory can be opened, and isn't an ELF file. */
function readInput(cmd: Command, file: string, log: Log): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = cmd.readHostFile(file)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    if (error.errno !== Errno.EISDIR) {
      log.warn(`failed to open file '${file}': ${errstr(error.errno)}`)
      throw new LibbpfError(error.errno)
    }
    log.debug(() => `linker: adding object file '${file}'...`)
    log.warn(`failed to parse ELF file '${file}': invalid file descriptor`)
    throw new LibbpfError(Errno.EINVAL)
  }
  log.debug(() => `linker: adding object file '${file}'...`)
  return bytes
}
