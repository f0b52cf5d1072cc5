import { KernelError } from '../kernel/error.ts'
import type { Syscalls } from '../kernel/syscall.ts'
import { AttachType } from '../uapi/attach-type.ts'
import type { Fd } from '../uapi/attr.ts'
import { BpfCmd } from '../uapi/cmd.ts'
import { Errno } from '../uapi/errno.ts'
import { LibbpfError, errstr } from './error.ts'
import type { BpfProgram } from './model.ts'
import type { Log } from './log.ts'

/**
 * bpf_program__attach_iter. No kernel behind the door makes iterators yet, so that this can only fail.
 *
 * @param mapFd the map whose elements are iterated over, where it's such an iterator.
 * @throws LibbpfError after printing why.
 */
export function attachIter(prog: BpfProgram, sys: Syscalls, log: Log, mapFd: Fd | undefined): never {
  if (prog.fd < 0) {
    log.warn(`prog '${prog.name}': can't attach before loaded`)
    throw new LibbpfError(Errno.EINVAL)
  }
  try {
    return sys.bpf.other(BpfCmd.LINK_CREATE, { progFd: prog.fd, attachType: AttachType.TRACE_ITER, iterMapFd: mapFd })
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    log.warn(`prog '${prog.name}': failed to attach to iterator: ${errstr(error.errno)}`)
    throw new LibbpfError(error.errno)
  }
}
