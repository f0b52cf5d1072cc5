import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Fd, ObjectKind } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { KernelError } from '../error.ts'
import { mustHave } from '../process/capabilities.ts'
import type { Kernel, Task } from './kernel.ts'
import { openFd } from './map-commands.ts'
import { fileMode } from './names.ts'

/** Commands of bpf(2) that go for several kinds of objects: pins and ids. */

const INT_MAX = 0x7fffffff

/** bpf_obj_pin: maps, programs and links can be pinned. */
export function objPin(kernel: Kernel, task: Task, fd: Fd, path: string): void {
  const { kind, id } = probe(task, fd)
  if (!kernel.bpffs.mountOf(path)) throw new KernelError(foreignPinErrno(path))
  if (kind !== 'link' && !kernel.objects.get(kind, id)) throw new KernelError(Errno.ENOENT)
  kernel.bpffs.pin(path, kind, id)
  if (kind !== 'link') kernel.objects.hold(kind, id, true)
}

/** bpf_fd_probe_obj: what is no map, program or link gives EINVAL, even where no file is open. */
function probe(task: Task, fd: Fd): { kind: 'map' | 'prog' | 'link'; id: number } {
  if (!task.files.has(fd)) throw new KernelError(Errno.EINVAL)
  const { kind, id } = task.files.get(fd)
  if (kind === 'btf') throw new KernelError(Errno.EINVAL)
  return { kind, id }
}

/** What pinning outside of any bpffs gives: the host's directories aren't bpf_dir_iops. */
function foreignPinErrno(path: string): number {
  if (existsSync(path)) return Errno.EEXIST
  return existsSync(dirname(path)) ? Errno.EPERM : Errno.ENOENT
}

/** bpf_obj_get. */
export function objGet(kernel: Kernel, task: Task, path: string, fileFlags = 0): Fd {
  if (fileFlags & ~(MapFlag.RDONLY | MapFlag.WRONLY | MapFlag.PATH_FD)) throw new KernelError(Errno.EINVAL)
  const mode = fileMode(fileFlags)
  if (!kernel.bpffs.mountOf(path)) throw new KernelError(existsSync(path) ? Errno.EACCES : Errno.ENOENT)
  const { kind, id } = kernel.bpffs.lookup(path)
  if (kind !== 'map' && kind !== 'prog' && kind !== 'link') throw new KernelError(Errno.EACCES)
  if (kind === 'link' && !(mode.canRead && mode.canWrite)) throw new KernelError(Errno.EINVAL)
  return openFd(kernel, task, kind === 'map' ? { kind, id, ...mode } : { kind, id, canRead: true, canWrite: true })
}

/** bpf_obj_get_next_id. */
export function getNextId(kernel: Kernel, task: Task, kind: ObjectKind, id: number): number {
  if (id >= INT_MAX) throw new KernelError(Errno.EINVAL)
  mustHave(task.capabilities, 'CAP_SYS_ADMIN')
  const next = kernel.objects.nextId(kind, id)
  if (next === undefined) throw new KernelError(Errno.ENOENT)
  return next
}

/** bpf_prog_get_fd_by_id and its kin. */
export function getFdById(kernel: Kernel, task: Task, kind: ObjectKind, id: number, openFlags = 0): Fd {
  const allowed = kind === 'map' ? MapFlag.RDONLY | MapFlag.WRONLY : kind === 'btf' ? MapFlag.TOKEN_FD : 0
  if (openFlags & ~allowed) throw new KernelError(Errno.EINVAL)
  mustHave(task.capabilities, 'CAP_SYS_ADMIN')
  const mode = kind === 'map' ? fileMode(openFlags) : { canRead: true, canWrite: true }
  if (kind === 'link' || !kernel.objects.get(kind, id)) throw new KernelError(Errno.ENOENT)
  return openFd(kernel, task, { kind, id, ...mode })
}
