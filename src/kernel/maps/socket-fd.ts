import { Errno } from '../../uapi/errno.ts'
import type { MapEnvironment } from './map.ts'

/** sockfd_lookup: the machine has no sockets, so that nothing that's open is one. */
export function socketErrno({ descriptors }: MapEnvironment, fd: number): number {
  return descriptors.kindOf(fd) === undefined ? Errno.EBADF : Errno.ENOTSOCK
}

/** Descriptors in values of 4 or 8 bytes: the latter must not be larger than a descriptor can be. */
export function fdOfValue({ memory }: MapEnvironment, value: number, valueSize: number): number | undefined {
  const { view } = memory
  const fd = view.getUint32(value, true)
  if (valueSize !== 8) return fd
  return fd > 0x7fffffff || view.getUint32(value + 4, true) !== 0 ? undefined : fd
}
