import { KernelError } from '../../src/kernel/error.ts'
import type { Syscalls } from '../../src/kernel/syscall.ts'
import type { MapCreateAttr, ProgLoadAttr } from '../../src/uapi/attr.ts'
import { Errno } from '../../src/uapi/errno.ts'

/** A kernel that accepts everything and keeps what it was asked. */
export class FakeSystem {
  readonly maps: { fd: number; attr: MapCreateAttr }[] = []
  readonly progs: ProgLoadAttr[] = []
  readonly btfs: Uint8Array[] = []
  readonly frozen: number[] = []
  readonly closed: number[] = []
  readonly updates: { fd: number; value: Uint8Array }[] = []
  readonly fileContents = new Map<string, Uint8Array>()
  /** Fails the loads of programs of this name. */
  refuse: { name: string; error: KernelError } | undefined
  #next = 1000

  readonly sys: Syscalls = {
    pid: 1,
    uname: () => ({ sysname: 'Linux', release: '6.18.15', version: '', machine: 'x86_64' }),
    geteuid: () => 0,
    capabilities: () => new Set(),
    dropCapabilities: () => undefined,
    possibleCpus: () => 2,
    mmapArena: () => undefined,
    atomically: <T>(fn: () => T): T => fn(),
    close: (fd: number) => this.closed.push(fd),
    files: {
      read: (path: string) => this.fileContents.get(path) ?? notThere(),
      stat: () => ({ kind: 'directory', fsMagic: 0xcafe4a11, mode: 0 }),
      mkdir: () => {
        throw new KernelError(Errno.EEXIST)
      },
      unlink: () => undefined,
    },
    bpf: {
      mapCreate: (attr: MapCreateAttr) => {
        const fd = this.#next++
        this.maps.push({ fd, attr })
        return fd
      },
      mapUpdateElem: (fd: number, _key: Uint8Array, value: Uint8Array) => this.updates.push({ fd, value }),
      mapFreeze: (fd: number) => this.frozen.push(fd),
      progBindMap: () => undefined,
      objPin: () => undefined,
      objGet: notThere,
      getNextId: notThere,
      btfLoad: ({ btf }: { btf: Uint8Array }) => {
        this.btfs.push(btf)
        return { fd: this.#next++, log: '' }
      },
      progLoad: (attr: ProgLoadAttr) => {
        if (this.refuse !== undefined && attr.progName === this.refuse.name) throw this.refuse.error
        this.progs.push(attr)
        return { fd: this.#next++, log: '' }
      },
    },
  } as unknown as Syscalls
}

function notThere(): never {
  throw new KernelError(Errno.ENOENT)
}
