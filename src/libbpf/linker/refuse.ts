import { LibbpfError } from '../error.ts'
import type { Log } from '../log.ts'

/** The linker's refusal: says why. @throws LibbpfError. */
export function refuse(log: Log, errno: number, message: string): never {
  log.warn(message)
  throw new LibbpfError(errno)
}
