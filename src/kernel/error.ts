import { errnoName } from '../uapi/errno.ts'

/**
 * A system call's failure. `errno` is positive. `log` is the verifier's or BTF checker's text where the command has
 * one. Made where a check fails, printed only by the command line.
 */
export class KernelError extends Error {
  readonly errno: number
  readonly log: string | undefined

  constructor(errno: number, log?: string) {
    super(errnoName(errno) ?? `errno ${errno}`)
    this.name = 'KernelError'
    this.errno = errno
    this.log = log
  }
}
