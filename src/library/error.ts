import { errnoName, strerror } from '../uapi/errno.ts'
import { LibbpfErrno } from '../libbpf/error.ts'

/** What the kernel, or libbpf on its way there, refused. */
export class BpfError extends Error {
  /** The kernel's error number; libbpf's own begin at 4000. */
  readonly errno: number
  /** Its name, such as `EINVAL`. */
  readonly code: string

  constructor(errno: number, what: string) {
    const code = nameOf(errno)
    super(`${what}: ${errno < LibbpfErrno.LIBELF ? strerror(errno) : 'not an object that libbpf takes'} (${code})`)
    this.name = 'BpfError'
    this.errno = errno
    this.code = code
  }
}

/** An object that could not be opened or loaded. */
export class LoadError extends BpfError {
  /** The program that the kernel refused, where it was one. */
  readonly program: string | undefined
  /** What the verifier wrote about it; empty where it was not asked. */
  readonly log: string
  /** What libbpf said, in lines. */
  readonly messages: readonly string[]

  constructor(errno: number, what: string, messages: readonly string[], refused?: { program: string; log: string }) {
    super(errno, what)
    this.name = 'LoadError'
    this.program = refused?.program
    this.log = refused?.log ?? ''
    this.messages = messages
    const reason = lastReason(this.log) ?? messages.at(-1)
    if (reason !== undefined) this.message += `\n  ${reason}`
  }
}

function nameOf(errno: number): string {
  const own = Object.entries(LibbpfErrno).find(([, number]) => number === errno)
  return own === undefined ? (errnoName(errno) ?? `errno ${errno}`) : `LIBBPF_ERRNO__${own[0]}`
}

/** The verifier ends with what is wrong, and after it some lines of statistics. */
function lastReason(log: string): string | undefined {
  const lines = log.split('\n').filter((line) => line !== '')
  return lines.findLast((line) => !/^(processed|stack depth|verification time|max_states|mark_read) /.test(line))
}
