import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { KernelError } from '../error.ts'

/** bpf_get_file_flag: what BPF_F_RDONLY and BPF_F_WRONLY leave of a descriptor. @throws KernelError EINVAL. */
export function fileMode(flags: number): { canRead: boolean; canWrite: boolean } {
  const readOnly = (flags & MapFlag.RDONLY) !== 0
  const writeOnly = (flags & MapFlag.WRONLY) !== 0
  if (readOnly && writeOnly) throw new KernelError(Errno.EINVAL)
  return { canRead: !writeOnly, canWrite: !readOnly }
}
