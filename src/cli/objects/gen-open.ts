import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { LibbpfError } from '../../libbpf/error.ts'
import { openObject } from '../../libbpf/open.ts'
import { CommandError } from '../command.ts'
import { openPrinting } from './object-file.ts'
import type { BpfObject } from '../../libbpf/model.ts'
import type { Command } from '../command.ts'

/** libbpf's own errors in words (libbpf_strerror). */
const libbpfErrors = [
  'Something wrong in libelf',
  'BPF object format invalid',
  "'version' section incorrect or lost",
  'Endian mismatch',
  'Internal error in libbpf',
  'Relocation failed',
]
const LIBBPF_ERRNO_START = 4000

/** stat, open and mmap of the object's file, as bpftool does them one by one. */
export function readObjectBytes(cmd: Command, file: string): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = cmd.readHostFile(file)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    const { errno } = error
    if (errno === Errno.EISDIR) throw new CommandError(`failed to mmap() ${file}: ${strerror(Errno.ENODEV)}`)
    const call = errno === Errno.EACCES || errno === Errno.EPERM ? 'open' : 'stat'
    throw new CommandError(`failed to ${call}() ${file}: ${strerror(errno)}`)
  }
  if (bytes.length === 0) throw new CommandError(`failed to mmap() ${file}: ${strerror(Errno.EINVAL)}`)
  return bytes
}

/** bpf_object__open_mem. @param status of the command where that fails; else the errno's. */
export function openBytes(
  cmd: Command,
  bytes: Uint8Array,
  objectName: string,
  { verbose = true, status }: { verbose?: boolean; status?: number } = {},
): BpfObject {
  try {
    return openObject(bytes, objectName, { ...openPrinting(cmd, verbose), objectName })
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error
    const { errno } = error
    const text = libbpfErrors[errno - LIBBPF_ERRNO_START] ?? strerror(errno)
    throw new CommandError(`failed to open BPF object file: ${text}`, status ?? -errno)
  }
}
