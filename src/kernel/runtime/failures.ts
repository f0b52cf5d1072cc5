import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'

/** The program does more than any that Linux would run to its end. */
export function runaway(): KernelError {
  return new KernelError(Errno.EINTR, 'the program ran for too long')
}

/** @param name without `bpf_`. */
export function noHelper(name: string): KernelError {
  return new KernelError(Errno.ENOTSUP, `bpf_${name} is not simulated`)
}

export function noKfunc(): KernelError {
  return new KernelError(Errno.ENOTSUP, 'calls of kernel functions are not simulated')
}
