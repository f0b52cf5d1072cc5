import type { Fd } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { KernelError } from '../error.ts'
import type { KernelMap } from '../maps/map.ts'
import type { Kernel, Task } from './kernel.ts'

/**
 * What processes do with a mapping of a map (bpf_map_mmap), as reads and writes of its bytes: there are no pages here
 * that could be shared.
 */

function mapped(kernel: Kernel, task: Task, fd: Fd): KernelMap {
  const record = kernel.mapByFd(task, fd)
  const map = kernel.maps.byId(record.id)
  if (!map.mmapRead || !map.mmapWrite || record.fields.length > 0) throw new KernelError(Errno.ENOTSUPP)
  return map
}

export function mmapRead(kernel: Kernel, task: Task, fd: Fd, offset: number, length: number): Uint8Array {
  if (!task.files.get(fd).canRead) throw new KernelError(Errno.EACCES)
  return mapped(kernel, task, fd).mmapRead?.(offset, length) ?? new Uint8Array(0)
}

export function mmapWrite(kernel: Kernel, task: Task, fd: Fd, offset: number, bytes: Uint8Array): void {
  if (!task.files.get(fd).canWrite) throw new KernelError(Errno.EACCES)
  const { frozen, mapFlags } = kernel.mapByFd(task, fd)
  if (frozen) throw new KernelError(Errno.EPERM)
  // What programs only read could else be changed after freezing.
  if (mapFlags & MapFlag.RDONLY_PROG) throw new KernelError(Errno.EACCES)
  const result = mapped(kernel, task, fd).mmapWrite?.(offset, bytes) ?? 0
  if (result < 0) throw new KernelError(-result)
}
