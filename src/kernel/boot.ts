import { Kernel } from './bpf/kernel.ts'
import type { BootRequest, MachineFacts } from './bpf/machine-facts.ts'
import { bootFresh, readFacts } from './bpf/machine-facts.ts'
import { Process } from './bpf/process.ts'
import { makeClock } from './process/clock.ts'
import { listKernels, findKernel } from './profile/folders.ts'
import type { KernelName } from './profile/folders.ts'
import type { Profile } from './profile/profile.ts'
import { loadProfile } from './profile/profile.ts'
import { LmdbStore } from './store/lmdb.ts'
import { MemoryStore } from './store/memory.ts'
import { StateError } from './store/state-error.ts'
import type { Store } from './store/store.ts'

export type { MachineFacts } from './bpf/machine-facts.ts'
export type { KernelName, Profile }
export { DEFAULT_PROFILE, MAX_CPUS } from './bpf/machine-facts.ts'
export { KernelError } from './error.ts'
export { Process } from './bpf/process.ts'
export { StateError }

/** `profile` and `cpus` are those of a new machine; one that exists keeps its own. */
export interface BootOptions extends BootRequest {
  /** Where the machine lives; in memory when left out. The machine closes it. */
  store?: Store
  /** The store's directory, for messages. */
  location?: string
}

/** A running machine: processes come and go. */
export interface Machine {
  /** A new process, with `comm` as /proc/PID/comm has it. */
  process(comm: string): Process
  readonly facts: MachineFacts
  close(): void
}

/** Opens the machine in a store, booting it first where none is. @throws StateError. */
export function bootMachine(options: BootOptions = {}): Machine {
  const store = options.store ?? new MemoryStore()
  const facts = readFacts(store) ?? store.write(() => readFacts(store) ?? bootFresh(store, options))
  const profile = profileOf(facts, options.kernels)
  const clock = makeClock(facts.bootTime, options.stoppedAt)
  const { engine, location } = options
  const kernel = new Kernel({ store, profile, clock, possibleCpus: facts.cpus, engine, facts, location })
  kernel.reap()
  let pids = 0
  return {
    process: (comm) => new Process(kernel, kernel.processes.nextPid() + pids++, comm),
    facts,
    close: () => {
      store.close()
    },
  }
}

/** Opens the machine that lives in a directory. @throws StateError. */
export function bootDirectory(directory: string, options: BootRequest = {}): Machine {
  let store: LmdbStore | undefined
  try {
    store = new LmdbStore(directory, options.alone)
    return bootMachine({ ...options, store, location: directory })
  } catch (error) {
    store?.close()
    if (error instanceof StateError) error.directory = directory
    throw error
  }
}

/** The kernel that a machine runs. @throws StateError where it isn't there any more, or another has its name. */
function profileOf({ profile: name, vmlinuxBtfSize }: MachineFacts, kernels: string | undefined): Profile {
  if (findKernel(name, kernels) === undefined)
    throw new StateError(`the machine runs the kernel '${name}', which is not there: import it, or boot another one`)
  const profile = loadProfile(name, kernels)
  if ((vmlinuxBtfSize ?? profile.vmlinuxBtfSize) !== profile.vmlinuxBtfSize)
    throw new StateError(`the kernel '${name}' was imported anew since the machine booted it: boot it again`)
  return profile
}

/** The kernels that can be booted, with what is known of each. */
export function bootableKernels(kernels?: string): (KernelName & { profile: Profile })[] {
  return listKernels(kernels).map((each) => ({ ...each, profile: loadProfile(each.name, kernels) }))
}

/** Whether a kernel of that name can be booted. */
export function hasKernel(name: string, kernels?: string): boolean {
  return findKernel(name, kernels) !== undefined
}

/** Boots another kernel in a directory: all that was loaded is gone. @throws StateError. */
export function rebootDirectory(directory: string, request: BootRequest): MachineFacts {
  const store = LmdbStore.openOrReplace(directory)
  try {
    return store.write(() => bootFresh(store, request))
  } finally {
    store.close()
  }
}
