import { Errno } from '../uapi/errno.ts'
import { KernelError } from './error.ts'

/** log_level's bits (BPF_LOG_LEVEL1 and its kin). */
export const LogLevel = { LEVEL1: 1, LEVEL2: 2, STATS: 4, FIXED: 8 } as const
const LOG_MASK = 15
/** Bytes of one message, its NUL included (BPF_VERIFIER_TMP_LOG_SIZE). */
const MESSAGE_SIZE = 1024
const MAX_LOG_SIZE = 0xffffffff >>> 2

/** What the log is when a check ends: errno is 0, or ENOSPC when not all of it fitted. */
export interface FinishedLog {
  text: string
  errno: number
  /** Bytes of a buffer that all of it would have fitted in, its NUL included (log_true_size). */
  trueSize: number
}

/**
 * The text that BPF_PROG_LOAD and BPF_BTF_LOAD write for the caller (struct bpf_verifier_log). A buffer that is too
 * short keeps the end of the text, with LogLevel.FIXED its beginning. Texts are bytes, one character each.
 */
export class VerifierLog {
  readonly level: number
  readonly #size: number
  /** What a buffer could still show; the rest is dropped. */
  #text = ''
  /** Bytes that were written in all. */
  #end = 0
  #longest = 0

  /** bpf_vlog_init. @param size of the buffer; 0 for none. @throws KernelError EINVAL. */
  constructor(level: number, size: number) {
    if ((size > 0 && level === 0) || level & ~LOG_MASK || size > MAX_LOG_SIZE) throw new KernelError(Errno.EINVAL)
    this.level = level
    this.#size = size
  }

  /** Whether anything is written: texts that cost something to make are made only then. */
  get needed(): boolean {
    return this.level !== 0
  }

  /** bpf_verifier_vlog. */
  write(text: string): void {
    if (this.level === 0 || text === '') return
    const message = text.length < MESSAGE_SIZE ? text : text.slice(0, MESSAGE_SIZE - 1)
    this.#end += message.length
    this.#longest = Math.max(this.#longest, this.#end + 1)
    if (this.#size === 0) return
    this.#text += message
    if (this.level & LogLevel.FIXED) {
      if (this.#text.length > this.#size) this.#text = this.#text.slice(0, this.#size)
    } else if (this.#text.length > 2 * this.#size + MESSAGE_SIZE) {
      this.#text = this.#text.slice(-this.#size)
    }
  }

  /** bpf_vlog_reset to the beginning: what was written is forgotten, but not how much it was. */
  reset(): void {
    this.#text = ''
    this.#end = 0
  }

  /** bpf_vlog_finalize. */
  finish(): FinishedLog {
    const trueSize = this.#longest
    if (this.level === 0 || this.#size === 0) return { text: '', errno: 0, trueSize }
    const room = this.#size - 1
    const text = this.#text
    const cut = text.length <= room ? text : this.level & LogLevel.FIXED ? text.slice(0, room) : text.slice(-room)
    return { text: room === 0 ? '' : cut, errno: trueSize > this.#size ? Errno.ENOSPC : 0, trueSize }
  }
}

/** Writes a check's text and refuses what was given. The text is given with its newline, where the kernel's has one. */
export function refuse(env: { readonly log: VerifierLog }, errno: number, text = ''): never {
  env.log.write(text)
  throw new KernelError(errno)
}
