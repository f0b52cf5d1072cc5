import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { LibbpfErrno, LibbpfError } from '../../libbpf/error.ts'
import { openObject } from '../../libbpf/open.ts'
import { commandLog } from './command-log.ts'
import type { BpfObject, OpenOptions } from '../../libbpf/model.ts'
import type { Command } from '../command.ts'
import type { ObjectSource } from '../../libbpf/open.ts'

/** What bpftool asks of libbpf beside the file. */
export interface ObjectChoice extends OpenOptions {
  /** open_opts.kernel_log_level with -d: `iter pin` sets none. */
  verbose?: boolean
}

/** The object file's bytes, or the errno of open(2). A directory can be opened, and isn't an ELF file. */
function readObject(cmd: Command, path: string): ObjectSource {
  try {
    return cmd.readHostFile(path)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    if (error.errno !== Errno.EISDIR) return { failed: error.errno }
    commandLog(cmd).debug(() => `loading object from ${path}`)
    commandLog(cmd).warn(`elf: failed to open ${path} as ELF file: invalid file descriptor`)
    throw new LibbpfError(LibbpfErrno.LIBELF)
  }
}

/** bpf_object__open_file, its messages on stderr. @throws LibbpfError. */
export function openObjectFile(
  cmd: Command,
  path: string,
  { verbose = true, ...choice }: ObjectChoice = {},
): BpfObject {
  return openObject(readObject(cmd, path), path, { ...openPrinting(cmd, verbose), ...choice })
}

/** Where libbpf's messages go, and which; with -d the kernel's log is asked for too, where the command does. */
export function openPrinting(cmd: Command, verbose: boolean): OpenOptions {
  const { verifierLogs } = cmd.options
  return {
    print: (level, text) => {
      if (level !== 'debug' || verifierLogs) cmd.message(text)
    },
    debug: verifierLogs,
    ...(verifierLogs && verbose && { kernelLogLevel: 1 + 2 + 4 }),
  }
}

/** bpf_object__close: nothing but what was pinned or attached stays. */
export function closeObject(cmd: Command, object: BpfObject): void {
  const system = cmd.system()
  const fds = [...object.programs, ...object.maps, ...object.maps.flatMap((map) => map.innerMap ?? [])].map(
    ({ fd }) => fd,
  )
  for (const fd of new Set([...fds, object.btfFd])) {
    if (fd < 0) continue
    try {
      system.close(fd)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
    }
  }
}
