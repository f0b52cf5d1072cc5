import { BpfCmd } from '../../uapi/cmd.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { Kernel, Task } from './kernel.ts'

/** Commands of which nothing is simulated yet: the errno that Linux has for each. */
export function otherCommand(kernel: Kernel, task: Task, cmd: number, attr: Readonly<Record<string, unknown>>): never {
  const fd = (name: string) => {
    const value = attr[name]
    return typeof value === 'number' ? value : 0
  }
  void kernel
  switch (cmd) {
    case BpfCmd.RAW_TRACEPOINT_OPEN:
    case BpfCmd.LINK_CREATE:
    case BpfCmd.PROG_ATTACH:
    case BpfCmd.PROG_DETACH: {
      const file = task.files.get(fd('progFd'))
      throw new KernelError(file.kind === 'prog' ? Errno.ENOTSUP : Errno.EINVAL)
    }
    case BpfCmd.LINK_UPDATE:
    case BpfCmd.LINK_DETACH:
    case BpfCmd.ITER_CREATE:
      task.files.get(fd('linkFd'))
      throw new KernelError(Errno.EINVAL)
    case BpfCmd.LINK_GET_FD_BY_ID:
    case BpfCmd.LINK_GET_NEXT_ID:
      throw new KernelError(Errno.ENOENT)
    case BpfCmd.TASK_FD_QUERY:
      throw new KernelError(Errno.ENOENT)
    default:
      throw new KernelError(Errno.EINVAL)
  }
}
