import type { Fd, ObjectKind } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { KeptKind } from '../objects/objects.ts'
import { rootCapabilities } from '../process/capabilities.ts'
import { Descriptors } from '../process/descriptors.ts'
import { hasAttachType, hasLinkType } from '../profile/uapi-since.ts'
import type { HeldProcess } from '../process/processes.ts'
import type { Bpf, Syscalls, Utsname } from '../syscall.ts'
import { btfLoad } from './btf-commands.ts'
import { MachineFiles } from './files.ts'
import { btfInfo, fdinfo, linkInfo, mapInfo, progInfo } from './info.ts'
import type { Kernel, Task } from './kernel.ts'
import { mapDeleteBatch, mapLookupAndDeleteBatch, mapLookupBatch, mapUpdateBatch } from './map-batch.ts'
import {
  check,
  mapCreate,
  mapDeleteElem,
  mapFreeze,
  mmapArena,
  mapGetNextKey,
  mapLookupAndDeleteElem,
  mapLookupElem,
  mapUpdateElem,
} from './map-commands.ts'
import { mmapRead, mmapWrite } from './map-mmap.ts'
import { getFdById, getNextId, objGet, objPin } from './object-commands.ts'
import type { BootRequest, MachineFacts } from './machine-facts.ts'
import { otherCommand } from './other-commands.ts'
import { offersHelper } from '../helpers/offers.ts'
import { progBindMap, progLoad, progTestRun } from './prog-commands.ts'

/** bpf(2) for one process: each command in a transaction of its own, or in the caller's. */
function makeBpf(kernel: Kernel, task: Task): Bpf {
  type Command<A extends unknown[], T> = (kernel: Kernel, task: Task, ...args: A) => T
  /** The command that only reads, or that writes, as a method. */
  const bind = <A extends unknown[], T>(mode: 'read' | 'write', command: Command<A, T>) => {
    const alone = (args: A) => kernel[mode](task, () => command(kernel, task, ...args))
    // In a transaction calls come by the hundred thousand.
    return (...args: A): T => (kernel.isWithin(task) ? command(kernel, task, ...args) : alone(args))
  }
  const reads = <A extends unknown[], T>(command: Command<A, T>) => bind('read', command)
  const writes = <A extends unknown[], T>(command: Command<A, T>) => bind('write', command)
  const updateElem = writes(mapUpdateElem)
  const deleteElem = writes(mapDeleteElem)
  const load = writes(progLoad)
  return {
    mapCreate: writes(mapCreate),
    mapLookupElem: reads(mapLookupElem),
    // What these did stays done when they fail: a map may have thrown out its oldest elements in vain.
    mapUpdateElem: (fd, key, value, flags) => {
      check(updateElem(fd, key, value, flags))
    },
    mapDeleteElem: (fd, key) => {
      check(deleteElem(fd, key))
    },
    mapLookupAndDeleteElem: writes(mapLookupAndDeleteElem),
    mapGetNextKey: reads(mapGetNextKey),
    mapLookupBatch: reads(mapLookupBatch),
    mapLookupAndDeleteBatch: writes(mapLookupAndDeleteBatch),
    mapUpdateBatch: writes(mapUpdateBatch),
    mapDeleteBatch: writes(mapDeleteBatch),
    mapFreeze: writes(mapFreeze),
    progLoad: (attr) => {
      const loaded = load(attr)
      if (loaded instanceof KernelError) throw loaded
      return loaded
    },
    progTestRun: writes(progTestRun),
    progBindMap: writes(progBindMap),
    offersHelper: (type, attachType, helper) => offersHelper(kernel.profile, type, attachType, helper),
    btfLoad: writes(btfLoad),
    objPin: writes(objPin),
    objGet: reads(objGet),
    getNextId: reads(getNextId),
    getFdById: reads(getFdById),
    mapInfo: reads(mapInfo),
    progInfo: reads(progInfo),
    btfInfo: reads(btfInfo),
    linkInfo: (fd) => linkInfo(task, fd),
    other: (cmd, attr) => otherCommand(kernel, task, cmd, attr),
  }
}

/** A process of the machine: its descriptors and its system calls. */
export class Process implements Syscalls {
  readonly bpf: Bpf
  readonly files: MachineFiles
  readonly pid: number
  readonly #kernel: Kernel
  readonly #task: Task

  constructor(kernel: Kernel, pid: number, comm: string) {
    this.pid = pid
    this.#kernel = kernel
    const storage = new Map<number, Uint8Array>()
    this.#task = { pid, comm, files: new Descriptors(), storage, capabilities: rootCapabilities(), sessionKeys: [] }
    kernel.addTask(this.#task)
    this.bpf = makeBpf(kernel, this.#task)
    this.files = new MachineFiles(kernel, this.#task)
  }

  uname(): Utsname {
    const { release, version, machine } = this.#kernel.profile
    return { sysname: 'Linux', release, version, machine }
  }

  geteuid(): number {
    return 0
  }

  capabilities(): ReadonlySet<string> {
    return this.#task.capabilities
  }

  dropCapabilities(names: readonly string[]): void {
    for (const name of names) this.#task.capabilities.delete(name)
  }

  addKey(certificate: Uint8Array): void {
    const { profile } = this.#kernel
    if (profile.option('CONFIG_ASYMMETRIC_KEY_TYPE') === undefined) throw new KernelError(Errno.ENODEV)
    this.#task.sessionKeys?.push(certificate)
  }

  possibleCpus(): number {
    return this.#kernel.possibleCpus
  }

  clock(which: 'boottime' | 'realtime'): bigint {
    return this.#kernel.clock[which]()
  }

  fdinfo(fd: Fd): ReadonlyMap<string, string> {
    return this.#kernel.read(this.#task, () => fdinfo(this.#kernel, this.#task, fd))
  }

  fdKind(fd: Fd): ObjectKind | undefined {
    return this.#task.files.has(fd) ? this.#task.files.get(fd).kind : undefined
  }

  /** The machine has one device, as any network namespace. */
  ifName(index: number): string | undefined {
    return index === 1 ? 'lo' : undefined
  }

  ifIndex(name: string): number | undefined {
    return name === 'lo' ? 1 : undefined
  }

  mmapArena(fd: Fd, offset?: number, image?: Uint8Array): void {
    this.#kernel.write(this.#task, () => {
      mmapArena(this.#kernel, this.#task, fd, offset, image)
    })
  }

  close(fd: Fd): void {
    const { kind, id } = this.#task.files.close(fd)
    if (kind === 'link') return
    if (this.#kernel.isWithin(this.#task)) {
      if (this.#kernel.objects.closed(kind, id)) this.#release(kind, id)
    } else if (this.#lastClosed(kind, id)) {
      this.#release(kind, id)
    }
  }

  #lastClosed(kind: KeptKind, id: number): boolean {
    return this.#kernel.read(this.#task, () => this.#kernel.objects.closed(kind, id))
  }

  #release(kind: KeptKind, id: number): void {
    this.#kernel.write(this.#task, () => {
      this.#kernel.objects.release(kind, id)
    })
  }

  atomically<T>(fn: () => T): T {
    return this.#kernel.write(this.#task, fn)
  }

  steadily<T>(fn: () => T): T {
    return this.#kernel.read(this.#task, fn)
  }

  exit(): void {
    for (const fd of this.#task.files.list()) this.close(fd)
    this.#kernel.removeTask(this.#task)
  }

  /** What the process sees in a mapping of a map: the bytes from `offset` on. @throws KernelError. */
  mmapRead(fd: Fd, offset: number, length: number): Uint8Array {
    return this.#kernel.read(this.#task, () => mmapRead(this.#kernel, this.#task, fd, offset, length))
  }

  /** Writes to a mapping of a map. @throws KernelError. */
  mmapWrite(fd: Fd, offset: number, bytes: Uint8Array): void {
    this.#kernel.write(this.#task, () => {
      mmapWrite(this.#kernel, this.#task, fd, offset, bytes)
    })
  }

  /** The machine that the process runs on; `nearest`: see Profile. */
  get machine(): MachineFacts & { location: string | undefined; nearest: string | undefined } {
    const { facts, location, profile } = this.#kernel
    return { ...facts, location, nearest: profile.nearest }
  }

  /** Whether the kernel knows an attach type, or a link type; what nothing of bpf(2) asks for by itself. */
  hasAttachType(type: number): boolean {
    return hasAttachType(this.#kernel.profile, type)
  }

  hasLinkType(type: number): boolean {
    return hasLinkType(this.#kernel.profile, type)
  }

  /** Boots another kernel; this process ends with all others. */
  reboot(request: BootRequest): MachineFacts {
    const facts = this.#kernel.reboot(request)
    for (const fd of this.#task.files.list()) this.#task.files.close(fd)
    return facts
  }

  /** How many objects of each kind there are. */
  countObjects(): Record<ObjectKind, number> {
    const { objects } = this.#kernel
    return this.#kernel.read(this.#task, () => {
      const counts = { prog: 0, map: 0, link: 0, btf: 0 }
      for (const kind of ['prog', 'map', 'link', 'btf'] as const) {
        for (let id = objects.nextId(kind, 0); id !== undefined; id = objects.nextId(kind, id)) counts[kind]++
      }
      return counts
    })
  }

  /** Processes that outlive the command that started them. */
  processes(): HeldProcess[] {
    return this.#kernel.read(this.#task, () => this.#kernel.processes.list())
  }

  /**
   * Leaves the process behind in the machine with all that it has open, as a running application; this end of it is
   * closed. @returns its pid.
   */
  detach(comm: string): number {
    const { objects, processes, clock } = this.#kernel
    return this.#kernel.write(this.#task, () => {
      const files = this.#task.files.list().flatMap((fd) => {
        const { kind, id } = this.#task.files.get(fd)
        return kind === 'link' ? [] : [{ kind, id }]
      })
      const { pid } = processes.add({ comm, startTime: clock.boottime(), files })
      for (const { kind, id } of files) objects.hold(kind, id, true)
      return pid
    })
  }

  /** Ends a process that was left behind. @throws KernelError ESRCH. */
  kill(pid: number): void {
    const { objects, processes } = this.#kernel
    this.#kernel.write(this.#task, () => {
      const process = processes.get(pid)
      if (!process) throw new KernelError(Errno.ESRCH)
      processes.remove(pid)
      for (const { kind, id } of process.files) objects.put(kind, id, true)
    })
  }
}
