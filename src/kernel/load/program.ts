import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { LoadProgram } from './load.ts'

/** Placeholder until the loader is there. */
export const loadProgram: LoadProgram = () => {
  throw new KernelError(Errno.EINVAL)
}
