import { readFileSync } from 'node:fs'
import type { Syscalls } from '../../../src/kernel/syscall.ts'
import type { CoreCase } from './core-steps.ts'
import { plainCases, randomCoreCase, sizeCases, unrelocated } from './core-steps.ts'

export const RANDOM_CASES = 600

/** All cases, in the order in which a kernel that was just booted is asked: what it knows of candidates is shown. */
export function coreCases(object: string, sys: Syscalls, count = RANDOM_CASES): CoreCase[] {
  const all = unrelocated(new Uint8Array(readFileSync(object)), 'core_kernel.o', sys)
  const random = Array.from({ length: count }, (_, i) => randomCoreCase(all, i + 1))
  return [...plainCases(all), ...sizeCases(all), ...random]
}
