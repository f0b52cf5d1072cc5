import type { Kernel as KernelType } from './bpf/kernel.ts'
import { Kernel } from './bpf/kernel.ts'
import { Process } from './bpf/process.ts'
import { makeClock } from './process/clock.ts'
import { loadProfile } from './profile/profile.ts'
import { fromUtf8, readU32, u32Key, utf8 } from './store/bytes.ts'
import { MemoryStore } from './store/memory.ts'
import type { Store } from './store/store.ts'
import { Table } from './store/store.ts'

export interface BootOptions {
  /** Where the machine lives; a store in memory when left out. The machine closes it. */
  store?: Store
  /** Kernel profile that a new machine boots; a machine that exists keeps its own. */
  profile?: string
  /** Possible CPUs of a new machine. */
  cpus?: number
  /** Seconds since 1970 at which the clock stands still (SOURCE_DATE_EPOCH). */
  stoppedAt?: number
}

/** What a machine is, for `kernel show`. */
export interface MachineFacts {
  profile: string
  release: string
  version: string
  machine: string
  cpus: number
  /** Nanoseconds since 1970. */
  bootTime: bigint
}

/** A running machine: processes come and go. */
export interface Machine {
  /** A new process, with `comm` as /proc/PID/comm has it. */
  process(comm: string): Process
  readonly facts: MachineFacts
  /** Processes that outlive the command that started them. */
  processes(): { pid: number; comm: string; startTime: bigint; files: { kind: string; id: number }[] }[]
  close(): void
}

export const DEFAULT_PROFILE = '6.18'
export const DEFAULT_CPUS = 4
/** How long a machine has been up when its first command runs: its kernel took that long to boot. */
const BOOT_NS = 5_000_000_000n

const BOOT_FACTS = utf8('boot')

/** Whether a machine was booted in this store. */
export function isBooted(store: Store): boolean {
  return store.read(() => store.get(Table.META, BOOT_FACTS)) !== undefined
}

/** Opens the machine in a store, booting it first where none is. */
export function bootMachine(options: BootOptions = {}): Machine {
  const store = options.store ?? new MemoryStore()
  let boot = store.read(() => store.get(Table.META, BOOT_FACTS))
  if (!boot) boot = store.write(() => store.get(Table.META, BOOT_FACTS) ?? firstBoot(store, options))
  const [name = DEFAULT_PROFILE, cpus, bootTime] = fromUtf8(boot).split('\n')
  const profile = loadProfile(name)
  const clock = makeClock(BigInt(bootTime ?? 0), options.stoppedAt)
  const kernel: KernelType = new Kernel({ store, profile, clock, possibleCpus: Number(cpus) })
  kernel.reap()
  let pids = 0
  return {
    process: (comm) => new Process(kernel, store.read(() => kernel.processes.nextPid()) + pids++, comm),
    facts: {
      profile: name,
      release: profile.release,
      version: profile.version,
      machine: profile.machine,
      cpus: Number(cpus),
      bootTime: BigInt(bootTime ?? 0),
    },
    processes: () => store.read(() => kernel.processes.list()),
    close: () => {
      store.close()
    },
  }
}

/** What a booting kernel makes: vmlinux's BTF, a bpffs where systemd mounts it. */
function firstBoot(store: Store, options: BootOptions): Uint8Array {
  const { profile = DEFAULT_PROFILE, cpus = DEFAULT_CPUS, stoppedAt } = options
  const now = stoppedAt === undefined ? BigInt(Date.now()) * 1_000_000n : BigInt(stoppedAt) * 1_000_000_000n
  const facts = utf8(`${profile}\n${cpus}\n${now - BOOT_NS}`)
  store.put(Table.META, utf8('format'), u32Key(STATE_FORMAT))
  store.put(Table.META, BOOT_FACTS, facts)
  Kernel.populate(store, loadProfile(profile))
  return facts
}

/** Number of the state's format: a machine made by a later version isn't opened. */
export const STATE_FORMAT = 1

/** The format of the state in a store, 0 for an empty one. */
export function stateFormat(store: Store): number {
  const format = store.get(Table.META, utf8('format'))
  return format ? readU32(format) : 0
}
