import type { Args } from './args.ts'
import type { Syscalls } from '../kernel/syscall.ts'
import type { CommandIo } from './io.ts'
import type { JsonWriter } from './render/json.ts'

/** bpftool's global options, as its main.c names them. */
export interface Options {
  json: boolean
  pretty: boolean
  /** -f: show where objects are pinned. */
  showPinned: boolean
  /** -n: never mount bpffs. */
  blockMount: boolean
  /** -d: libbpf's debug output and the verifier's log. */
  verifierLogs: boolean
  /** -m: accept legacy map definitions. */
  relaxedMaps: boolean
  /** -L: load through the generated loader program. */
  useLoader: boolean
  /** -S, -k, -i. */
  signProgs: boolean
  privateKeyPath: string | undefined
  certPath: string | undefined
  /** -B. */
  baseBtf: string | undefined
}

/** One bpftool command while it runs: what every object's verbs get. */
export interface Command {
  readonly io: CommandIo
  readonly options: Options
  /** Set with -j and -p: then output goes through it. */
  readonly json: JsonWriter | undefined
  /** Plain output; buffered, flushed before anything goes to stderr and at the end. */
  out(text: string | Uint8Array): void
  /**
   * C's errno as the real bpftool leaves it behind when the command succeeds: `batch` takes any but ENOENT for a failure to
   * read its file.
   */
  errno?: number
  /** The simulated process this command is; the machine is opened by the first call. */
  system(): Syscalls
  /** p_err: `Error: ...` on stderr, or {"error": ...} in JSON output. The caller still returns its failing status. */
  error(message: string): void
  /** p_info: on stderr, nothing in JSON output. */
  info(message: string): void
  /** Text on stderr as it stands, after what was printed so far: help, libbpf's messages. */
  message(text: string): void
  /**
   * A file of the simulated machine (below /proc, /sys or /boot) or of the host.
   * @throws KernelError with the errno that fopen gives.
   */
  readHostFile(path: string): Uint8Array
  writeHostFile(path: string, bytes: Uint8Array): void
  /** mkdir(2), and rmdir(2) of what it made. */
  makeDirectory(path: string): void
  removeDirectory(path: string): void
  /** Absolute, normalized form of a path argument. */
  resolvePath(path: string): string
}

/** A failure that ends the command: main prints p_err(message); the status is bpftool's -1 (exit status 255) unless given. */
export class CommandError extends Error {
  readonly status: number

  constructor(message: string, status = -1) {
    super(message)
    this.name = 'CommandError'
    this.status = status
  }
}

/**
 * bpftool's usage(): too few words left. The dispatcher answers with the help text of the object last selected, as its
 * `help` verb would print it, and the whole command ends with status 255.
 */
export class UsageError extends Error {
  constructor() {
    super('usage')
    this.name = 'UsageError'
  }
}

/** A verb or an object: reads its arguments, prints, returns bpftool's status (0, -1 or -errno: main keeps the low byte). Sync or async. */
export type Verb = (cmd: Command, args: Args) => number | Promise<number>
