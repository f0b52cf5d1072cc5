import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import { kfuncName } from '../kfuncs/numbers.ts'

/** The program does more than any that Linux would run to its end. */
export function runaway(): KernelError {
  return new KernelError(Errno.EINTR, 'the program ran for too long')
}

/** @param name without `bpf_`. */
export function noHelper(name: string): KernelError {
  return new KernelError(Errno.ENOTSUP, `bpf_${name} is not simulated`)
}

/** @param number as kfuncs/numbers.ts has it. */
export function noKfunc(number: number): KernelError {
  const name = kfuncName(number) ?? 'a kernel function that Linux does not have'
  return new KernelError(Errno.ENOTSUP, `${name} is not simulated`)
}
