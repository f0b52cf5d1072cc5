import type { EngineName } from '../helpers/impl/run-kernel.ts'
import { Bpffs } from '../bpffs/bpffs.ts'
import { Objects } from '../objects/objects.ts'
import { loadProfile } from '../profile/profile.ts'
import { fromUtf8, readU32, u32Key, utf8 } from '../store/bytes.ts'
import { StateError } from '../store/state-error.ts'
import type { Store } from '../store/store.ts'
import { Table } from '../store/store.ts'

/** What a machine is, whatever was loaded into it. */
export interface MachineFacts {
  /** Name of the kernel profile that it booted. */
  profile: string
  cpus: number
  /** CLOCK_REALTIME at boot, nanoseconds. */
  bootTime: bigint
  /** Bytes of the kernel's types when it booted: an imported kernel can be another one by now. */
  vmlinuxBtfSize: number | undefined
}

export interface BootRequest {
  profile?: string | undefined
  /** Folder of the kernels that the user imported. */
  kernels?: string | undefined
  cpus?: number | undefined
  /** Seconds since 1970 at which the clock stands still. */
  stoppedAt?: number | undefined
  /** The engine that runs programs; by what pays where it's left out. */
  engine?: EngineName | undefined
  /** Nothing else in this process uses lmdb. */
  alone?: boolean | undefined
}

export const DEFAULT_PROFILE = '6.18'
export const DEFAULT_CPUS = 4
/** The kernel's own limit for x86-64 (CONFIG_NR_CPUS of Debian). */
export const MAX_CPUS = 8192
/** How long a machine has been up when its first command runs: its kernel took that long to boot. */
const BOOT_NS = 5_000_000_000n
/** Number of the state's format: a machine of another one isn't opened. */
const STATE_FORMAT = 2

const FORMAT = utf8('format')
const FACTS = utf8('boot')

/** The machine in a store, or undefined where none was booted. @throws StateError when it's not ours to open. */
export function readFacts(store: Store): MachineFacts | undefined {
  return store.read(() => {
    const format = store.get(Table.META, FORMAT)
    const facts = store.get(Table.META, FACTS)
    if (format?.length === 4 && readU32(format) > STATE_FORMAT) {
      throw new StateError('the machine was made by a later version of bpftool')
    }
    if (format?.length === 4 && readU32(format) < STATE_FORMAT) {
      throw new StateError('the machine was made by an earlier version of bpftool: boot another with "kernel reset"')
    }
    if (!format && !facts) {
      if (isEmpty(store)) return undefined
      throw new StateError('the machine is damaged: boot another with "kernel reset"')
    }
    const [profile, cpus, bootTime, btfSize] = facts ? fromUtf8(facts).split('\n') : []
    if (!profile || !cpus || !bootTime) {
      throw new StateError('the machine is damaged: boot another with "kernel reset"')
    }
    const vmlinuxBtfSize = btfSize === undefined ? undefined : Number(btfSize)
    return { profile, cpus: Number(cpus), bootTime: BigInt(bootTime), vmlinuxBtfSize }
  })
}

function isEmpty(store: Store): boolean {
  return Object.values(Table).every((table) => [...store.scan(table, new Uint8Array(0), undefined)].length === 0)
}

/** Boots a machine in a store, in place of what was there; within a transaction. */
export function bootFresh(store: Store, { profile = DEFAULT_PROFILE, kernels, cpus, stoppedAt }: BootRequest) {
  const { vmlinuxBtfSize, cpus: itsCpus } = loadProfile(profile, kernels)
  for (const table of Object.values(Table)) {
    for (const [key] of store.scan(table, new Uint8Array(0), undefined)) store.remove(table, key)
  }
  const now = stoppedAt === undefined ? BigInt(Date.now()) * 1_000_000n : BigInt(stoppedAt) * 1_000_000_000n
  const facts: MachineFacts = {
    profile,
    cpus: cpus ?? itsCpus ?? DEFAULT_CPUS,
    bootTime: now - BOOT_NS,
    vmlinuxBtfSize,
  }
  store.put(Table.META, FORMAT, u32Key(STATE_FORMAT))
  store.put(Table.META, FACTS, utf8(`${facts.profile}\n${facts.cpus}\n${facts.bootTime}\n${vmlinuxBtfSize}`))
  const objects = new Objects(store, { clearSlots: () => undefined, keep: () => undefined, forget: () => undefined })
  objects.add('btf', { name: 'vmlinux', size: vmlinuxBtfSize, kernelBtf: true, refs: 1 })
  objects.settle()
  new Bpffs(store).mount('/sys/fs/bpf')
  return facts
}
