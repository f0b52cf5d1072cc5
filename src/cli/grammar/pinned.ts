import { CommandError } from '../command.ts'
import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { dirname, isBpffs, objGet } from './host-path.ts'
import type { Command } from '../command.ts'
import type { Fd, ObjectKind } from '../../uapi/attr.ts'

/** open_obj_pinned, not quiet. */
export function openPinned(cmd: Command, path: string, fileFlags = 0): Fd {
  try {
    return objGet(cmd, path, fileFlags)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    // dirname(3) cuts the path in place before it is printed: so only with EACCES.
    if (error.errno !== Errno.EACCES) throw pinnedError(path, strerror(error.errno))
    const dir = dirname(path)
    const shown = path.includes('/') ? dir : path
    throw pinnedError(shown, isBpffs(cmd, dir) ? strerror(error.errno) : 'directory not in bpf file system (bpffs)')
  }
}

const pinnedError = (path: string, why: string) => new CommandError(`bpf obj get (${path}): ${why}`)

/** open_obj_pinned_any: the object at `path`, which must be of that kind. */
export function openPinnedAny(cmd: Command, path: string, kind: ObjectKind, fileFlags = 0): Fd {
  const fd = openPinned(cmd, path, fileFlags)
  const found = cmd.system().fdKind(fd)
  if (found === kind) return fd
  cmd.system().close(fd)
  const name = found === 'prog' || found === 'map' || found === 'link' ? found : 'unknown'
  throw new CommandError(`incorrect object type: ${name}`)
}
