import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'

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
}

/**
 * The text that BPF_PROG_LOAD and BPF_BTF_LOAD write for the caller (struct bpf_verifier_log). A buffer that is too
 * short keeps the end of the text, with LogLevel.FIXED its beginning. Texts are bytes, one character each.
 */
export class VerifierLog {
  readonly level: number
  readonly #size: number
  #text = ''
  /** Where #text begins in all that was written: what no buffer could still show is dropped. */
  #start = 0
  #longest = 0

  /** bpf_vlog_init. @throws KernelError EINVAL. */
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
    if (this.level === 0) return
    const message = text.length < MESSAGE_SIZE ? text : text.slice(0, MESSAGE_SIZE - 1)
    this.#text += message
    const end = this.#start + this.#text.length
    this.#longest = Math.max(this.#longest, end + 1)
    if (this.level & LogLevel.FIXED) {
      if (this.#text.length > this.#size) this.#text = this.#text.slice(0, this.#size)
    } else if (this.#text.length > 2 * this.#size + MESSAGE_SIZE) {
      this.#text = this.#text.slice(-this.#size)
      this.#start = end - this.#text.length
    }
  }

  /** bpf_vlog_reset to the beginning: what was written is forgotten, but not how much it was. */
  reset(): void {
    this.#text = ''
    this.#start = 0
  }

  /** bpf_vlog_finalize. */
  finish(): FinishedLog {
    if (this.level === 0 || this.#size === 0) return { text: '', errno: 0 }
    const room = this.#size - 1
    const text = this.#text
    const cut = text.length <= room ? text : this.level & LogLevel.FIXED ? text.slice(0, room) : text.slice(-room)
    return { text: room === 0 ? '' : cut, errno: this.#longest > this.#size ? Errno.ENOSPC : 0 }
  }
}
