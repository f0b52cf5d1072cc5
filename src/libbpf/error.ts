import { Errno, errnoName } from '../uapi/errno.ts'

/** libbpf's own error numbers (enum libbpf_errno), above all of the kernel's. */
export const LibbpfErrno = {
  LIBELF: 4000,
  FORMAT: 4001,
  KVERSION: 4002,
  ENDIAN: 4003,
  INTERNAL: 4004,
  RELOC: 4005,
} as const

/** A libbpf call's failure. `errno` is positive: the kernel's number or one of LibbpfErrno. What was wrong has been printed. */
export class LibbpfError extends Error {
  readonly errno: number
  /** The program that the kernel refused, and its log, where it was one. */
  readonly refused: { program: string; log: string } | undefined

  constructor(errno: number, refused?: { program: string; log: string }) {
    super(errstr(errno))
    this.name = 'LibbpfError'
    this.errno = errno
    this.refused = refused
  }
}

/** The numbers that libbpf_errstr knows by name; it prints any other as a negative number. */
const named = new Set(
  (
    'E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EAGAIN EALREADY EBADF EBADFD EBUSY ECANCELED ECHILD EDEADLOCK EDOM EEXIST ' +
    'EFAULT EFBIG EILSEQ EINPROGRESS EINTR EINVAL EIO EISDIR ELOOP EMFILE EMLINK EMSGSIZE ENAMETOOLONG ENFILE ENODATA ' +
    'ENODEV ENOENT ENOEXEC ENOLINK ENOMEM ENOSPC ENOTBLK ENOTDIR ENOTSUPP ENOTTY ENXIO EOPNOTSUPP EOVERFLOW EPERM ' +
    'EPIPE EPROTO EPROTONOSUPPORT ERANGE EROFS ESPIPE ESRCH ETXTBSY EUCLEAN EXDEV'
  ).split(' '),
)

/** libbpf_errstr: how libbpf's messages name an error, such as `-EINVAL` or `-4001`. */
export function errstr(errno: number): string {
  if (errno === Errno.EDEADLOCK) return '-EDEADLK'
  if (errno === Errno.ENOTSUP) return '-EOPNOTSUPP'
  const name = errnoName(errno)
  return name !== undefined && named.has(name) ? `-${name}` : `-${errno}`
}
