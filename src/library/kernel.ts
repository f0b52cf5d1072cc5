import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bootDirectory, bootMachine, bootableKernels, hasKernel } from '../kernel/boot.ts'
import { kernelsFolder } from '../cli/user-folders.ts'
import { openObject } from '../libbpf/open.ts'
import { Errno } from '../uapi/errno.ts'
import { mapTypeByName } from '../uapi/map-type.ts'
import { attempt, attemptToFind } from './attempt.ts'
import { BpfError, LoadError } from './error.ts'
import { BpfMap, mapFd, toMapInfo } from './map.ts'
import { BpfProgram, toProgramInfo } from './program.ts'
import { Host } from './host.ts'
import { Messages, ObjectFile } from './object.ts'
import type { BpfObject, LoadOptions, ObjectShape } from './object.ts'
import type { Machine } from '../kernel/boot.ts'
import type { MapHandle, MapInfo } from './map.ts'
import type { ProgramInfo } from './program.ts'
import type { Syscalls } from '../kernel/syscall.ts'
import type { Value } from './value.ts'

export interface BootOptions {
  /** Which kernel, built in or imported; Linux 6.18 unless given. */
  kernel?: string
  /** 4 unless given, or as many as the machine had that the kernel was imported from. */
  cpus?: number
  /** The directory that the machine lives in, booted there where none is; in memory unless given. */
  directory?: string
  /** Where the machine's clock stands still; it runs unless given. */
  time?: Date
}

export interface OpenOptions {
  /** Gets libbpf's messages, a line and more each. */
  log?: (text: string) => void
  /** Debug messages and the verifier's log of programs that it accepts, too. */
  debug?: boolean
  /** The object's name, where it is given as bytes. */
  name?: string
  /** Where maps pin themselves that ask for it; `/sys/fs/bpf` unless given. */
  pinRoot?: string
  /** Types of another kernel to adapt the programs to: bytes of its BTF. */
  kernelBtf?: Uint8Array
}

export interface CreateMapOptions {
  /** As bpftool has it, such as `lru_hash`. */
  type: string
  /** Sizes in bytes; 0 for maps without keys. */
  keySize: number
  valueSize: number
  maxEntries: number
  name?: string
  flags?: number
  /** What the maps in a map of maps are like. */
  inner?: MapHandle
}

/** An object file: its path, a file: URL, or its bytes. */
export type ObjectSource = string | { readonly href: string } | Uint8Array

/** What a command printed. */
export interface CommandResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Which object: by its pin or its id. */
export type Selector = string | { id: number }

/** Boots a simulated machine, or opens the one in `directory`. */
export async function boot(options: BootOptions = {}): Promise<Kernel> {
  const { kernel, cpus, directory, time } = options
  const kernels = kernelsFolder(process.env, process.cwd())
  if (kernel !== undefined && !hasKernel(kernel, kernels)) {
    const names = bootableKernels(kernels).map(({ name }) => name)
    throw new RangeError(`no kernel '${kernel}': there is ${names.join(', ')}`)
  }
  const request = { profile: kernel, kernels, cpus, stoppedAt: time && Math.floor(time.getTime() / 1000) }
  const machine = directory === undefined ? bootMachine(request) : bootDirectory(directory, request)
  const { facts } = machine
  if ((kernel ?? facts.profile) !== facts.profile || (cpus ?? facts.cpus) !== facts.cpus) {
    machine.close()
    throw new RangeError(`the machine in ${directory ?? 'memory'} runs ${facts.profile} on ${facts.cpus} CPUs`)
  }
  return Promise.resolve(new Kernel(machine))
}

/** A running simulated kernel, as one process of its machine sees it. */
export class Kernel {
  /** The kernel's name, such as `6.18`. */
  readonly name: string
  /** As `uname -r` has it. */
  readonly release: string
  readonly cpus: number
  readonly #machine: Machine
  readonly #host: Host

  /** @internal */
  constructor(machine: Machine) {
    this.#machine = machine
    this.#host = new Host(machine.process('node'))
    this.name = machine.facts.profile
    this.cpus = machine.facts.cpus
    this.release = this.#system.uname().release
  }

  /** Reads an object file without loading it. @throws LoadError. */
  open(source: ObjectSource, options: OpenOptions = {}): ObjectFile {
    const { log, debug, pinRoot, kernelBtf } = options
    const messages = new Messages(log)
    const path = typeof source === 'string' ? source : 'href' in source ? fileURLToPath(source.href) : undefined
    const name = path ?? options.name ?? 'object'
    const bytes = source instanceof Uint8Array ? source : readObject(path ?? '')
    const file = messages.run(`open ${name}`, () =>
      openObject(bytes, name, {
        print: messages.print,
        debug: debug === true,
        ...(debug === true && { kernelLogLevel: 1 + 4 }),
        ...(pinRoot !== undefined && { pinRootPath: pinRoot }),
        ...(kernelBtf && { customBtf: { path: 'kernelBtf', bytes: kernelBtf } }),
      }),
    )
    return new ObjectFile(this.#host, file, messages)
  }

  /** Reads an object file and loads it: all of it or, when something is refused, nothing. @throws LoadError. */
  load<S extends ObjectShape = ObjectShape>(
    source: ObjectSource,
    options: OpenOptions & LoadOptions = {},
  ): BpfObject<S> {
    return this.open(source, options).load<S>(options)
  }

  /** @throws BpfError as the kernel refuses it. */
  createMap<K = Value, V = Value>(options: CreateMapOptions): BpfMap<K, V> {
    const { type, keySize, valueSize, maxEntries, name, flags, inner } = options
    const mapType = mapTypeByName(type)
    if (mapType === undefined) throw new TypeError(`no map type '${type}'`)
    const fd = attempt(`create map ${name ?? type}`, () =>
      this.#system.bpf.mapCreate({
        mapType,
        keySize,
        valueSize,
        maxEntries,
        mapFlags: flags ?? 0,
        ...(name !== undefined && { mapName: name }),
        ...(inner && { innerMapFd: mapFd(inner) }),
      }),
    )
    return new BpfMap<K, V>(this.#host, fd)
  }

  /** A map that is there, by its pin or id. @throws BpfError ENOENT. */
  map<K = Value, V = Value>(which: Selector): BpfMap<K, V> {
    return new BpfMap<K, V>(this.#host, this.#find('map', which))
  }

  /** A program that is there, by its pin or id. @throws BpfError ENOENT. */
  program(which: Selector): BpfProgram {
    return new BpfProgram(this.#host, this.#find('prog', which))
  }

  /** Every map of the machine. */
  maps(): MapInfo[] {
    return this.#all('map', (fd) => toMapInfo(this.#system.bpf.mapInfo(fd)))
  }

  /** Every program of the machine. */
  programs(): ProgramInfo[] {
    return this.#all('prog', (fd) => toProgramInfo(this.#system.bpf.progInfo(fd, { mapIds: true })))
  }

  /** Names in a directory of the machine. */
  list(directory = '/sys/fs/bpf'): string[] {
    return attempt(`list ${directory}`, () => this.#system.files.readdir(directory).sort())
  }

  /** Takes a pin, or an empty directory of bpffs, away. */
  unpin(path: string): void {
    attempt(`unpin ${path}`, () => {
      const { files } = this.#system
      if (files.stat(path).kind === 'directory') files.rmdir(path)
      else files.unlink(path)
    })
  }

  /** Lines that programs wrote with bpf_printk since they were last asked for. */
  trace(): string[] {
    const text = Buffer.from(this.#system.files.read('/sys/kernel/tracing/trace_pipe')).toString()
    return text.split('\n').filter((line) => line !== '')
  }

  /** Runs a bpftool command on this machine, such as `kernel.bpftool('prog', 'dump', 'xlated', 'name', 'count')`. */
  async bpftool(...words: string[]): Promise<CommandResult> {
    const { run } = await import('../cli/main.ts')
    const stdout: Uint8Array[] = []
    let stderr = ''
    const status = await run(
      words,
      {
        stdout: (text) => stdout.push(Buffer.from(text)),
        stderr: (text) => {
          stderr += text
        },
        stdin: () => new Uint8Array(),
        env: {},
        cwd: process.cwd(),
        columns: undefined,
      },
      () => ({ process: () => this.#machine.process('bpftool'), close: () => undefined }),
    )
    return { status, stdout: Buffer.concat(stdout).toString(), stderr }
  }

  /** Ends this process of the machine: what it holds is closed. A machine in memory is gone with it. */
  close(): void {
    if (this.#host.closed) return
    this.#host.close()
    this.#machine.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get #system(): Syscalls {
    return this.#host.system
  }

  #find(kind: 'map' | 'prog', which: Selector): number {
    const { bpf } = this.#system
    if (typeof which !== 'string') {
      return attempt(`${kind} id ${which.id}`, () => bpf.getFdById(kind, which.id))
    }
    const fd = attempt(`${kind} ${which}`, () => bpf.objGet(which))
    if (this.#system.fdKind(fd) === kind) return fd
    this.#system.close(fd)
    throw new BpfError(Errno.EINVAL, `${which} is no ${kind}`)
  }

  #all<T>(kind: 'map' | 'prog', info: (fd: number) => T): T[] {
    const { bpf } = this.#system
    const found: T[] = []
    for (let id: number | undefined = 0; ;) {
      const last: number = id
      id = attemptToFind(`list ${kind}s`, () => bpf.getNextId(kind, last))
      if (id === undefined) return found
      const fd = bpf.getFdById(kind, id)
      found.push(info(fd))
      this.#system.close(fd)
    }
  }
}

function readObject(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const errno = (Errno as Readonly<Record<string, number>>)[code ?? '']
    if (errno === undefined) throw error
    throw new LoadError(errno, `open ${path}`, [])
  }
}
