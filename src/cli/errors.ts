import { KernelError } from '../kernel/error.ts'
import { Errno, strerror } from '../uapi/errno.ts'
import { CommandError, UsageError } from './command.ts'
import { printHelp } from './dispatch.ts'
import type { Session } from './session.ts'

/** usage() was called: nothing but main may go on. */
export class Exit extends Error {
  readonly status: number

  constructor(status: number) {
    super('exit')
    this.name = 'Exit'
    this.status = status
  }
}

/** What V8 says of more bytes or characters than it can have at once. */
const tooLarge = /^(Array buffer allocation failed|Invalid (typed array|array buffer|array|string) length)/

/**
 * Answers a failure as bpftool does and gives the command's status. What isn't a failure that anyone foresaw becomes one
 * line; $BPFTOOL_TRACE adds the stack for whoever repairs it.
 * @throws Exit for usage(), which ends the whole process, batch or not.
 */
export function report(session: Session, error: unknown): number {
  if (error instanceof Exit) throw error
  if (error instanceof CommandError) {
    session.error(error.message)
    return error.status
  }
  if (error instanceof UsageError) {
    printHelp(session, session.lastHelp)
    throw new Exit(-1)
  }
  if (error instanceof KernelError) {
    session.error(strerror(error.errno))
    trace(session, error)
    return -1
  }
  if (error instanceof Error && error.name === 'StateError') {
    session.error(error.message)
    return -1
  }
  if (error instanceof RangeError && tooLarge.test(error.message)) {
    session.error(strerror(Errno.ENOMEM))
    trace(session, error)
    return -1
  }
  const text = error instanceof Error ? error.message : String(error)
  session.error(`internal: ${text.replace(/\s*\n[^]*/, '')}`)
  if (error instanceof Error) trace(session, error)
  return -1
}

function trace(session: Session, error: Error): void {
  if (session.io.env['BPFTOOL_TRACE']) session.message(`${error.stack ?? ''}\n`)
}
