import { readFileSync } from 'node:fs'
import { KernelError } from '../../src/kernel/error.ts'
import { openMap } from '../../src/kernel/maps/index.ts'
import type { MapEnvironment } from '../../src/kernel/maps/map.ts'
import { MemoryStore } from '../../src/kernel/store/memory.ts'
import type { Syscalls } from '../../src/kernel/syscall.ts'
import { loadObject, openObject } from '../../src/libbpf/object.ts'
import type { MapCreateAttr, ProgLoadAttr } from '../../src/uapi/attr.ts'
import { Errno } from '../../src/uapi/errno.ts'
import { MapType } from '../../src/uapi/map-type.ts'
import type { FakeKernel } from './fake-kernel.ts'
import { addProgram, fakeKernel } from './fake-kernel.ts'
import { FakeMap } from './fake-map.ts'

export interface Loaded {
  kernel: FakeKernel
  /** Ids of programs by name. */
  progs: Map<string, number>
  /** Ids of maps by name. */
  maps: Map<string, number>
}

/** Map ids start here, so that none is a program's. */
const FIRST_MAP = 1000

/** Loads an object by libbpf into a kernel that has the runtime and fake maps only. Ids serve as descriptors. */
export function loadFile(url: URL, engine?: FakeKernel['engine']): Loaded {
  const kernel = fakeKernel(engine)
  const progs = new Map<string, number>()
  const maps = new Map<string, number>()
  const scratch = (bytes: Uint8Array): number => {
    const at = kernel.memory.alloc(bytes.length)
    kernel.memory.u8.set(bytes, at)
    return at
  }
  const sys = {
    pid: 1,
    uname: () => ({ sysname: 'Linux', release: '6.18.15', version: '', machine: 'x86_64' }),
    geteuid: () => 0,
    capabilities: () => new Set(),
    dropCapabilities: () => undefined,
    possibleCpus: () => 2,
    atomically: <T>(fn: () => T): T => fn(),
    close: () => undefined,
    files: {
      read: () => notThere(),
      stat: () => ({ kind: 'directory', fsMagic: 0xcafe4a11, mode: 0 }),
    },
    bpf: {
      mapCreate: (attr: MapCreateAttr) => {
        const id = FIRST_MAP + kernel.maps.size
        const fake = new FakeMap(kernel.memory, id, attr)
        const ring = attr.mapType === MapType.RINGBUF
        kernel.maps.set(id, ring ? openMap(fake.record, environment(kernel)) : fake)
        maps.set(attr.mapName ?? '', id)
        return id
      },
      mapUpdateElem: (fd: number, key: Uint8Array, value: Uint8Array) => {
        const error = kernel.maps.get(fd)?.updateValue(scratch(key), scratch(value), 0) ?? -Errno.EBADF
        if (error !== 0) throw new KernelError(-error)
      },
      mapFreeze: () => undefined,
      progBindMap: () => undefined,
      getNextId: () => notThere(),
      btfLoad: () => ({ fd: 5000, log: '' }),
      progLoad: (attr: ProgLoadAttr) => {
        const more = { expectedAttachType: attr.expectedAttachType ?? 0, name: attr.progName ?? '' }
        const { id } = addProgram(kernel, attr.insns, attr.progType, more)
        progs.set(attr.progName ?? '', id)
        return { fd: id, log: '' }
      },
    },
  } as unknown as Syscalls
  const messages: string[] = []
  const name = url.pathname.split('/').at(-1) ?? ''
  const obj = openObject(new Uint8Array(readFileSync(url)), name, { print: (_level, text) => messages.push(text) })
  loadObject(obj, sys)
  return { kernel, progs, maps }
}

/** What a ring buffer needs of a kernel. */
function environment({ memory, possibleCpus }: FakeKernel): MapEnvironment {
  return { memory, possibleCpus, store: new MemoryStore() } as unknown as MapEnvironment
}

function notThere(): never {
  throw new KernelError(Errno.ENOENT)
}
