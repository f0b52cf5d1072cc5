/** Where loading a program came to its end. */
export type Stage =
  | 'open'
  | 'map'
  | 'BTF'
  | 'CO-RE'
  | 'kconfig'
  | 'kernel function'
  | 'attach target'
  | 'program type'
  | 'helper'
  | 'verifier'
  | 'load'

/** A place in the program's source, as its BTF has it. */
export interface SourceLine {
  file: string
  line: number
  column: number
  text: string
}

/** Why a program doesn't load. */
export interface Failure {
  stage: Stage
  /** The kernel's number, or one of libbpf's own from 4000 on. */
  errno: number
  /** What the kernel, or libbpf, says. */
  message: string
  line: SourceLine | null
  /** The kernel's log where it wrote one, else libbpf's messages. */
  log: string
}

/** One program of one object on one kernel; of an object that can't be opened the names are null. */
export interface Verdict {
  object: string
  program: string | null
  section: string | null
  kernel: string
  failure: Failure | null
  /** The first kernel from which it would load; null where it loads, or nobody knows one. */
  since: string | null
}

/** What one process does at once: an object on a kernel. */
export interface Unit {
  object: string
  kernel: string
  /** Only these programs; all of the object where it's left out. */
  programs?: readonly string[]
}
