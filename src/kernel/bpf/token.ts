import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { Task } from './kernel.ts'

/** bpf_token_get_from_fd: there are no BPF tokens here, so none is behind any descriptor. @throws KernelError. */
export function noToken(task: Task, fd: number): never {
  task.files.get(fd)
  throw new KernelError(Errno.EINVAL)
}
