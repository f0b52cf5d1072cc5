import type { Syscalls } from '../kernel/syscall.ts'

/** What a command has of its surroundings; tests pass their own. */
export interface CommandIo {
  stdout(text: string | Uint8Array): void
  stderr(text: string): void
  /** All of standard input. */
  stdin(): Uint8Array
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute path that relative ones start from. */
  readonly cwd: string
  /** The host's own files. */
  readonly columns: number | undefined
  /** How this very program is started, for commands that work in several processes. */
  readonly self?: { file: string; execArgv: readonly string[] } | undefined
}

/** The machine that a command works on, opened on first use: `version` and `help` need none. */
export interface Machine {
  /** A new process of the machine, named `bpftool` as /proc/PID/comm says. */
  process(): Syscalls
  close(): void
}
