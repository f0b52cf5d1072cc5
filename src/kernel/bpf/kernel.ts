import type { Btf } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { Bpffs } from '../bpffs/bpffs.ts'
import type { CandidateCache } from '../btf/candidates.ts'
import { openCandidates } from '../btf/candidates.ts'
import type { CheckedBtf } from '../btf/checked.ts'
import { openChecked } from '../btf/checked.ts'
import { vmlinuxTypes } from '../btf/vmlinux.ts'
import { KernelError } from '../error.ts'
import type { EngineName, ProgTypes } from '../helpers/impl/run-kernel.ts'
import type { StoredMap } from '../objects/encode.ts'
import type { KeptKind } from '../objects/objects.ts'
import { Objects } from '../objects/objects.ts'
import { Blob } from '../objects/records.ts'
import type { Capabilities } from '../process/capabilities.ts'
import { rootCapabilities } from '../process/capabilities.ts'
import type { Clock } from '../process/clock.ts'
import { Descriptors } from '../process/descriptors.ts'
import { Processes } from '../process/processes.ts'
import type { Profile } from '../profile/profile.ts'
import { utf8 } from '../store/bytes.ts'
import type { Store } from '../store/store.ts'
import { Table } from '../store/store.ts'
import type { BootRequest, MachineFacts } from './machine-facts.ts'
import { bootFresh } from './machine-facts.ts'
import { PendingJits } from './pending-jits.ts'
import { ResidentMaps } from './resident-maps.ts'

/** In Table.META. */
const CANDIDATES = utf8('core_candidates')

/** The sysctl that keeps users without CAP_BPF out. */
export const UNPRIVILEGED_BPF_DISABLED = 'kernel.unprivileged_bpf_disabled'

function sysctlKey(name: string): Uint8Array {
  return utf8(`sysctl ${name}`)
}

/** A simulated process, as its system calls see it. */
export interface Task {
  readonly pid: number
  readonly comm: string
  readonly files: Descriptors
  /** What programs keep with it: values by map id. It goes with the process. */
  readonly storage?: Map<number, Uint8Array>
  readonly capabilities: Capabilities
  /** Certificates (DER) in its session's keyring. */
  readonly sessionKeys?: Uint8Array[]
}

export interface KernelParts {
  readonly store: Store
  readonly profile: Profile
  readonly clock: Clock
  readonly possibleCpus: number
  readonly engine?: EngineName | undefined
  readonly facts: MachineFacts
  /** Directory of the state; undefined for a machine in memory. */
  readonly location: string | undefined
}

/**
 * The running kernel: what all commands of bpf(2) work on, and the transaction that each runs in. One per open
 * machine and host process.
 */
export class Kernel {
  readonly store: Store
  readonly profile: Profile
  readonly clock: Clock
  readonly possibleCpus: number
  readonly engine: EngineName | undefined
  readonly facts: MachineFacts
  readonly location: string | undefined
  readonly objects: Objects
  readonly maps: ResidentMaps
  readonly bpffs: Bpffs
  readonly processes: Processes
  readonly pendingJits = new PendingJits()
  /** The process whose system call runs. */
  #current: Task | undefined
  readonly #tasks = new Set<Task>()
  readonly #btfs = new Map<number, CheckedBtf>()
  #candidates: CandidateCache | undefined
  #depth = 0
  #generation = -1

  constructor({ store, profile, clock, possibleCpus, engine, facts, location }: KernelParts) {
    this.facts = facts
    this.location = location
    this.store = store
    this.profile = profile
    this.clock = clock
    this.possibleCpus = possibleCpus
    this.engine = engine
    this.bpffs = new Bpffs(store)
    this.processes = new Processes(store)
    this.objects = new Objects(store, {
      clearSlots: (map) => {
        this.#clearSlots(map)
      },
      keep: ({ id }) => {
        this.pendingJits.keep(this.objects, id)
      },
      forget: (map) => {
        this.maps.forget(map.id)
      },
    })
    this.maps = new ResidentMaps({
      store,
      objects: this.objects,
      profile,
      possibleCpus,
      now: () => clock.boottime(),
      random: () => Math.floor(Math.random() * 0x1_0000_0000),
      progTypes: (id) => this.progTypes(id),
      descriptors: {
        mapByFd: (fd) => this.mapByFd(this.current, fd),
        progByFd: (fd) => this.progByFd(this.current, fd),
        kindOf: (fd) => this.current.files.kindOf(fd),
      },
    })
  }

  /** A program's types, as they were when they passed. @throws KernelError ENOENT. */
  btf(id: number): CheckedBtf {
    const known = this.#btfs.get(id)
    if (known) return known
    const bytes = this.objects.blob('btf', id, Blob.BTF_DATA)
    if (!bytes) throw new KernelError(Errno.ENOENT)
    const btf = openChecked(bytes, this)
    this.#btfs.set(id, btf)
    return btf
  }

  /** A sysctl's value, as it was set since the boot; undefined for one that there isn't. */
  sysctl(name: string): string | undefined {
    const set = this.store.get(Table.META, sysctlKey(name))
    return set ? new TextDecoder().decode(set) : this.profile.sysctl(name)
  }

  /** Within `write`. */
  setSysctl(name: string, value: string): void {
    this.store.put(Table.META, sysctlKey(name), utf8(value))
  }

  /** Which of the kernel's types programs asked for. */
  get candidates(): CandidateCache {
    if (this.#candidates) return this.#candidates
    const bytes = this.store.get(Table.META, CANDIDATES)
    return (this.#candidates = openCandidates(bytes))
  }

  /** Within `write`: what was asked for is known to the commands that follow. */
  keepCandidates(): void {
    const cache = this.#candidates
    if (!cache?.changed) return
    this.store.put(Table.META, CANDIDATES, cache.bytes())
    cache.changed = false
  }

  /** Types that a program brought, with their special fields; undefined where nobody has them any more. */
  progTypes(id: number): ProgTypes | undefined {
    if (!this.objects.get('btf', id)) return undefined
    const btf = this.btf(id)
    return { types: btf.types, fieldsOf: (typeId) => btf.structMetas.get(typeId) ?? [] }
  }

  /** The kernel's own types. */
  vmlinuxTypes(): Btf {
    return vmlinuxTypes(this.profile)
  }

  /** Takes away what killed commands left behind; costs one look where there's nothing. */
  reap(): void {
    if (!this.store.read(() => this.objects.hasDeadOrphans())) return
    const reaper: Task = { pid: 1, comm: 'systemd', files: new Descriptors(), capabilities: rootCapabilities() }
    this.write(reaper, () => {
      this.objects.reap()
    })
  }

  get current(): Task {
    if (!this.#current) throw new KernelError(Errno.ESRCH)
    return this.#current
  }

  addTask(task: Task): void {
    this.#tasks.add(task)
  }

  removeTask(task: Task): void {
    this.#tasks.delete(task)
  }

  /** Whether a system call, or a transaction, of `task` runs: its next call needs nothing made ready. */
  isWithin(task: Task): boolean {
    return this.#depth > 0 && this.#current === task
  }

  /** Runs `fn` as a system call of `task` that may change the machine: all of it happens, or nothing. */
  write<T>(task: Task, fn: () => T): T {
    if (this.#depth > 0) return this.#as(task, fn)
    let failed = true
    try {
      const result = this.store.write(() => {
        this.#depth = 1
        this.#catchUp()
        for (const each of this.#tasks) each.files.begin()
        const value = this.#as(task, fn)
        this.maps.flush()
        this.objects.settle()
        this.#generation = this.store.generation()
        return value
      })
      failed = false
      return result
    } finally {
      this.#depth = 0
      if (failed) this.#forgetAll()
      for (const each of this.#tasks) {
        for (const file of each.files.end(failed)) {
          if (file.kind !== 'link') this.objects.closed(file.kind, file.id)
        }
      }
    }
  }

  /** Runs `fn` as a system call that only reads, on one state of the machine. */
  read<T>(task: Task, fn: () => T): T {
    if (this.#depth > 0) return this.#as(task, fn)
    return this.store.read(() => {
      this.#depth = 1
      try {
        this.#catchUp()
        return this.#as(task, fn)
      } finally {
        this.#depth = 0
      }
    })
  }

  /** Boots another kernel in this machine's place; nothing that this one knew is left. */
  reboot(request: BootRequest): MachineFacts {
    this.#forgetAll()
    return this.store.write(() => bootFresh(this.store, request))
  }

  mapByFd(task: Task, fd: number): StoredMap {
    return this.byFd(task, fd, 'map') as StoredMap
  }

  progByFd(task: Task, fd: number) {
    return this.byFd(task, fd, 'prog')
  }

  /**
   * The object behind a descriptor.
   * @param errno for descriptors of another kind.
   * @throws KernelError EBADF, `errno`, or ENOENT when another process took the object away.
   */
  byFd<K extends KeptKind>(task: Task, fd: number, kind: K, errno = Errno.EINVAL) {
    const file = task.files.get(fd)
    if (file.kind !== kind) throw new KernelError(errno)
    const record = this.objects.get(kind, file.id)
    if (!record) throw new KernelError(Errno.ENOENT)
    return record
  }

  #as<T>(task: Task, fn: () => T): T {
    const before = this.#current
    this.#current = task
    try {
      return fn()
    } finally {
      this.#current = before
    }
  }

  /** Another process wrote since we last looked: what we hold in memory may be old. */
  #catchUp(): void {
    const generation = this.store.generation()
    if (generation === this.#generation) return
    this.#forgetAll()
    this.#generation = generation
  }

  #forgetAll(): void {
    this.#generation = -1
    this.maps.drop()
    this.#btfs.clear()
    this.#candidates = undefined
    this.objects.reset()
  }

  /** map_free and map_release_uref of maps whose slots hold objects. */
  #clearSlots(record: StoredMap): void {
    if (!record.innerMap && !holdsProgs.has(record.type)) return
    const map = this.maps.byId(record.id)
    if (map.clearSlots) {
      map.clearSlots()
      return
    }
    const { memory } = this.maps.environment
    const size = Math.max(record.keySize, 4)
    const key = memory.alloc(size)
    const next = memory.alloc(size)
    try {
      if (map.getNextKey(0, next) !== 0) return
      for (;;) {
        memory.u8.copyWithin(key, next, next + record.keySize)
        const more = map.getNextKey(key, next) === 0
        map.delete(key)
        if (!more) break
      }
    } finally {
      memory.free(key, size)
      memory.free(next, size)
    }
  }
}

/** Map types whose slots hold programs: prog_array, devmap, cpumap, devmap_hash, struct_ops. */
const holdsProgs: ReadonlySet<number> = new Set([3, 14, 16, 25, 26])
