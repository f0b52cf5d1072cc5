/** A line that libbpf logs while it refuses BTF: warnings are always printed, the rest with --debug. */
export interface BtfLogLine {
  level: 'warn' | 'debug'
  text: string
}

/** BTF that libbpf refuses. `errno` is positive; `lines` is what libbpf logs about it, without its `libbpf: `. */
export class BtfError extends Error {
  readonly errno: number
  readonly lines: readonly BtfLogLine[]

  constructor(errno: number, lines: readonly BtfLogLine[]) {
    super(lines.at(-1)?.text ?? 'bad BTF')
    this.name = 'BtfError'
    this.errno = errno
    this.lines = lines
  }

  static warn(errno: number, text: string): BtfError {
    return new BtfError(errno, [{ level: 'warn', text }])
  }

  static debug(errno: number, text: string): BtfError {
    return new BtfError(errno, [{ level: 'debug', text }])
  }
}

/** Types that have themselves as members, or lead to each other without end: no compiler makes them. */
export class TypeCycleError extends Error {
  constructor() {
    super('type cycle in BTF')
    this.name = 'TypeCycleError'
  }
}
