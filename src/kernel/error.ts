import { errnoName } from '../uapi/errno.ts'

/**
 * A system call's failure. `errno` is positive. `log` is the verifier's or BTF checker's text where the command has
 * one. Made where a check fails, printed only by the command line.
 */
export class KernelError extends Error {
  readonly errno: number
  readonly log: string | undefined
  /** What log_true_size says, where there's a log. */
  readonly logTrueSize: number

  constructor(errno: number, log?: string, logTrueSize = 0) {
    super(errnoName(errno) ?? `errno ${errno}`)
    this.name = 'KernelError'
    this.errno = errno
    this.log = log
    this.logTrueSize = logTrueSize
  }
}
