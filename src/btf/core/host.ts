/**
 * CO-RE for whoever relocates: libbpf and the kernel share this code (relo_core.c), but not where their messages go,
 * how they call a type's kind, nor how deep they follow functions' arguments.
 */
export interface CoreHost {
  /** Without a line end. */
  warn(message: string): void
  debug(message: () => string): void
  kindName(kind: number): string
  /** How deep prototypes within prototypes are compared, for compatible and for matching types. */
  readonly compatibleDepth: number
  readonly matchDepth: number
  /** Which half of an ld_imm64 is poisoned first: Linux 6.18 takes the second, libbpf 1.8 the first. */
  readonly secondHalfFirst: boolean
}

/** A relocation that fails. `errno` is positive; what was wrong has been said. */
export class CoreError extends Error {
  readonly errno: number

  constructor(errno: number) {
    super(`CO-RE relocation: ${errno}`)
    this.name = 'CoreError'
    this.errno = errno
  }
}
