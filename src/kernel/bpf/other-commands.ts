import { AttachType } from '../../uapi/attach-type.ts'
import type { Fd } from '../../uapi/attr.ts'
import { BpfCmd } from '../../uapi/cmd.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import { KernelError } from '../error.ts'
import { mayAttachAs } from './attach-check.ts'
import type { Kernel, Task } from './kernel.ts'

/** Commands of which nothing is simulated yet: the errno that Linux has for each. */
export function otherCommand(kernel: Kernel, task: Task, cmd: number, attr: Readonly<Record<string, unknown>>): never {
  const fd = (name: string) => {
    const value = attr[name]
    return typeof value === 'number' ? value : 0
  }
  switch (cmd) {
    case BpfCmd.LINK_CREATE:
      return kernel.read(task, () => linkCreate(kernel, task, fd('progFd'), fd('attachType')))
    case BpfCmd.RAW_TRACEPOINT_OPEN:
    case BpfCmd.PROG_ATTACH:
    case BpfCmd.PROG_DETACH: {
      const file = task.files.get(fd(cmd === BpfCmd.RAW_TRACEPOINT_OPEN ? 'progFd' : 'attachBpfFd'))
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

/** link_create, as far as it is the same for all links: none can be made yet. */
function linkCreate(kernel: Kernel, task: Task, fd: Fd, attachType: number): never {
  if (attachType === AttachType.STRUCT_OPS) {
    const map = kernel.byFd(task, fd, 'map')
    const linked = map.type === MapType.STRUCT_OPS && (map.mapFlags & MapFlag.LINK) !== 0
    throw new KernelError(linked ? Errno.ENOTSUP : Errno.EINVAL)
  }
  const prog = kernel.byFd(task, fd, 'prog')
  throw new KernelError(mayAttachAs(prog, attachType) ? Errno.ENOTSUP : Errno.EINVAL)
}
