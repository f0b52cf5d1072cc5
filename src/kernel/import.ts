import { DEFAULT_PROFILE } from './bpf/machine-facts.ts'
import type { KernelSource } from './profile/source.ts'
import { importProfile } from './profile/import.ts'
import { ImportError } from './profile/source.ts'
import type { Profile } from './profile/profile.ts'

export type { KernelSource, Profile }
export { ImportError }

/**
 * Keeps a kernel under a name in the folder of imported ones, so that machines can boot it.
 *
 * @param source undefined: the kernel that runs on this machine.
 * @throws ImportError.
 */
export function importKernel(kernels: string, name: string, source?: KernelSource): Profile {
  return importProfile(kernels, name, source, DEFAULT_PROFILE)
}
