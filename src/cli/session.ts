import { closeSync, mkdirSync, openSync, readFileSync, rmdirSync, writeSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { Errno } from '../uapi/errno.ts'
import { KernelError } from '../kernel/error.ts'
import { CommandError } from './command.ts'
import { Exit } from './errors.ts'
import { JsonText } from './render/json.ts'
import type { CommandIo, Machine } from './io.ts'
import type { Dispatching, Help } from './dispatch.ts'
import type { Options } from './command.ts'
import type { Syscalls } from '../kernel/syscall.ts'

const FLUSH_AT = 1 << 16
const MAX_WRITE = 1 << 30

/** Whether a path could be one of the simulated machine's own files; only then is the machine asked. */
const maybeMachine = /^\/(proc|sys|boot)(\/|$)/

/** One bpftool process: its streams, its options and, once something needs it, its process in the machine. */
export class Session implements Dispatching {
  readonly io: CommandIo
  readonly options: Options
  readonly json: JsonText | undefined
  lastHelp: Help
  errno = 0
  #open: (() => Machine) | undefined
  #machine: Machine | undefined
  #system: Syscalls | undefined
  #text = ''
  #lastPath: string | undefined
  #lastResolved = ''
  #held: (() => void)[] | undefined

  constructor(io: CommandIo, options: Options, help: Help) {
    this.io = io
    this.options = options
    this.lastHelp = help
    this.json = options.json
      ? new JsonText((text) => {
          this.#append(text)
        }, options.pretty)
      : undefined
  }

  /** How `system` gets its machine; set before any verb runs. */
  set opener(open: () => Machine) {
    this.#open = open
  }

  out(text: string | Uint8Array): void {
    this.json?.flush()
    if (typeof text === 'string') {
      this.#append(text)
      return
    }
    this.flush()
    this.#send(() => {
      this.io.stdout(text)
    })
  }

  #append(text: string): void {
    this.#text += text
    if (this.#text.length > FLUSH_AT) this.#write()
  }

  #write(): void {
    const text = this.#text
    this.#text = ''
    if (text === '') return
    this.#send(() => {
      this.io.stdout(text)
    })
  }

  #send(write: () => void): void {
    if (this.#held === undefined) write()
    else this.#held.push(write)
  }

  /** Runs `fn`; what it prints comes out after it, and not at all when it throws. */
  hold(fn: () => void): void {
    const held: (() => void)[] = []
    this.#write()
    this.#held = held
    try {
      fn()
      this.#write()
    } finally {
      this.#held = undefined
    }
    for (const write of held) write()
  }

  flush(): void {
    this.json?.flush()
    this.#write()
  }

  system(): Syscalls {
    if (this.#system === undefined) {
      if (this.#open === undefined) throw new Error('no machine to open')
      try {
        this.#machine = this.#open()
        this.#system = this.#machine.process()
      } catch (error) {
        // Told where the answer would stand, or JSON text would end before it: without a machine nothing goes on.
        if (!(error instanceof CommandError) && (error as Error).name !== 'StateError') throw error
        this.error((error as Error).message)
        throw new Exit(-1)
      }
    }
    return this.#system
  }

  /** The process ends: its descriptors close, and the machine with them. */
  exit(): void {
    try {
      this.#system?.exit()
    } finally {
      this.#machine?.close()
      this.#system = undefined
      this.#machine = undefined
    }
  }

  error(message: string): void {
    const { json } = this
    if (json === undefined) {
      this.message(`Error: ${message}\n`)
      return
    }
    json.startObject()
    json.name('error')
    json.raw(`"${message}"`)
    json.endObject()
  }

  info(message: string): void {
    if (this.json === undefined) this.message(`${message}\n`)
  }

  message(text: string): void {
    this.flush()
    this.#send(() => {
      this.io.stderr(text)
    })
  }

  resolvePath(path: string): string {
    // A batch names the same pin again and again.
    if (path !== this.#lastPath) {
      this.#lastResolved = isAbsolute(path) ? resolve(path) : resolve(this.io.cwd, path)
      this.#lastPath = path
    }
    return this.#lastResolved
  }

  readHostFile(path: string): Uint8Array {
    const absolute = this.#hostPath(path)
    if (maybeMachine.test(absolute) && this.system().files.owns(absolute)) return this.system().files.read(absolute)
    return hostErrors(() => readFileSync(absolute))
  }

  writeHostFile(path: string, bytes: Uint8Array): void {
    const absolute = this.#hostPath(path)
    if (maybeMachine.test(absolute) && this.system().files.owns(absolute)) this.system().files.write(absolute, bytes)
    else
      hostErrors(() => {
        writeFile(absolute, bytes)
      })
  }

  makeDirectory(path: string): void {
    const absolute = this.#hostPath(path)
    if (this.system().files.owns(absolute)) this.system().files.mkdir(absolute)
    else
      hostErrors(() => {
        mkdirSync(absolute, 0o700)
      })
  }

  removeDirectory(path: string): void {
    const absolute = this.#hostPath(path)
    if (this.system().files.owns(absolute)) this.system().files.rmdir(absolute)
    else
      hostErrors(() => {
        rmdirSync(absolute)
      })
  }

  #hostPath(path: string): string {
    if (path === '') throw new KernelError(Errno.ENOENT)
    return this.resolvePath(path)
  }
}

/** Node writes no more than two gigabytes at once. */
function writeFile(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'w')
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, Math.min(bytes.length - at, MAX_WRITE))
  } finally {
    closeSync(file)
  }
}

/** Runs a file operation of the host; its failure becomes a KernelError of the same errno. */
function hostErrors<T>(operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const errno = (Errno as Readonly<Record<string, number>>)[code ?? '']
    if (errno === undefined) throw error
    throw new KernelError(errno)
  }
}
