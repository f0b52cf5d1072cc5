import type { Fd, ObjectKind } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'

/** What a descriptor stands for (struct file, as far as bpf(2) looks at it). */
export interface File {
  readonly kind: ObjectKind
  readonly id: number
  /** FMODE_CAN_READ and FMODE_CAN_WRITE; only maps are ever opened with less than both. */
  readonly canRead: boolean
  readonly canWrite: boolean
}

/** 0, 1 and 2 are the standard streams. */
const FIRST_FD = 3
/** RLIMIT_NOFILE's usual soft limit. */
const MAX_FDS = 1024

/** A process's open descriptors: the lowest free number comes next, as POSIX has it. */
export class Descriptors {
  readonly #files: (File | undefined)[] = []
  /** The transaction in which each was opened: those of a transaction that fails are closed again. */
  readonly #openedIn: number[] = []
  /** Number of the last transaction, and of the running one; none is 0. */
  #last = 0
  #running = 0

  open(file: File): Fd {
    let fd = FIRST_FD
    while (this.#files[fd]) fd++
    if (fd >= MAX_FDS) throw new KernelError(Errno.EMFILE)
    this.#files[fd] = file
    this.#openedIn[fd] = this.#running
    return fd
  }

  has(fd: Fd): boolean {
    return this.#files[fd] !== undefined
  }

  /** What is open there; the standard streams always are. */
  kindOf(fd: Fd): ObjectKind | 'stream' | undefined {
    return this.#files[fd]?.kind ?? (fd >= 0 && fd < FIRST_FD ? 'stream' : undefined)
  }

  /** @throws KernelError EBADF, or EINVAL for standard streams, which stand for no BPF object. */
  get(fd: Fd): File {
    const file = this.#files[fd]
    if (!file && fd >= 0 && fd < FIRST_FD) throw new KernelError(Errno.EINVAL)
    if (!file) throw new KernelError(Errno.EBADF)
    return file
  }

  /** @returns what it stood for. @throws KernelError EBADF. */
  close(fd: Fd): File {
    const file = this.get(fd)
    this.#files[fd] = undefined
    return file
  }

  /** All open descriptors. */
  list(): Fd[] {
    const fds: Fd[] = []
    this.#files.forEach((file, fd) => {
      if (file) fds.push(fd)
    })
    return fds
  }

  begin(): void {
    this.#running = ++this.#last
  }

  /** @returns what was opened and is closed now: all since `begin`, when the transaction failed. */
  end(failed: boolean): File[] {
    const running = this.#running
    this.#running = 0
    if (!failed || running === 0) return []
    return this.list()
      .filter((fd) => this.#openedIn[fd] === running)
      .map((fd) => this.close(fd))
  }
}
