import { Errno } from '../uapi/errno.ts'
import { KernelError } from '../kernel/error.ts'
import { LibbpfError } from '../libbpf/error.ts'
import { BpfError } from './error.ts'

/** Runs a step of the kernel's; its failure becomes a BpfError that says what was tried. @throws BpfError. */
export function attempt<T>(what: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof KernelError || error instanceof LibbpfError) throw new BpfError(error.errno, what)
    throw error
  }
}

/** Runs a step that may find nothing: undefined then. @throws BpfError. */
export function attemptToFind<T>(what: string, step: () => T): T | undefined {
  try {
    return step()
  } catch (error) {
    if (error instanceof KernelError && error.errno === Errno.ENOENT) return undefined
    if (error instanceof KernelError) throw new BpfError(error.errno, what)
    throw error
  }
}
