import { Errno } from '../uapi/errno.ts'
import { KernelError } from './error.ts'

/** log_level's bits (BPF_LOG_LEVEL1 and its kin). */
export const LogLevel = { LEVEL1: 1, LEVEL2: 2, STATS: 4, FIXED: 8 } as const
const LOG_MASK = 15
/** Bytes of one message, its NUL included (BPF_VERIFIER_TMP_LOG_SIZE). */
const MESSAGE_SIZE = 1024
const MAX_LOG_SIZE = 0xffffffff >>> 2
const CHUNK = 8192

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
  /** What a buffer could still show is its first #kept bytes; what can't be seen any more is dropped. */
  #bytes = new Uint8Array(0)
  #kept = 0
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

  /** Characters written and not taken back (end_pos). */
  get end(): number {
    return this.#end
  }

  /** bpf_verifier_vlog. */
  write(text: string): void {
    this.append(text.length < MESSAGE_SIZE ? text : text.slice(0, MESSAGE_SIZE - 1))
  }

  /** Several messages at once. */
  append(text: string): void {
    if (this.level === 0 || text === '') return
    this.#end += text.length
    this.#longest = Math.max(this.#longest, this.#end + 1)
    if (this.#size === 0) return
    if (this.level & LogLevel.FIXED) {
      const room = this.#size - this.#kept
      if (room <= 0) return
      if (text.length > room) text = text.slice(0, room)
    }
    if (this.#kept + text.length > this.#bytes.length) this.#makeRoom(text.length)
    const bytes = this.#bytes
    const at = this.#kept
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i)
    this.#kept = at + text.length
  }

  /** Drops what the buffer won't show, or takes more memory. */
  #makeRoom(more: number): void {
    const bytes = this.#bytes
    let keep = this.#kept
    if ((this.level & LogLevel.FIXED) === 0 && keep >= 2 * this.#size) {
      keep = this.#size
      bytes.copyWithin(0, this.#kept - keep, this.#kept)
      this.#kept = keep
    }
    if (keep + more <= bytes.length) return
    this.#bytes = new Uint8Array(Math.max(2 * bytes.length, keep + more, 4 * MESSAGE_SIZE))
    this.#bytes.set(bytes.subarray(0, keep))
  }

  /** bpf_vlog_reset: what was written from a position on is forgotten, but not how much it was. */
  resetTo(position: number): void {
    if (this.level === 0 || position >= this.#end) return
    const start = this.level & LogLevel.FIXED ? 0 : this.#end - this.#kept
    this.#kept = Math.min(this.#kept, Math.max(position - start, 0))
    this.#end = position
  }

  /** Forgets all. */
  reset(): void {
    this.resetTo(0)
  }

  /** bpf_vlog_finalize. */
  finish(): FinishedLog {
    const trueSize = this.#longest
    if (this.level === 0 || this.#size === 0) return { text: '', errno: 0, trueSize }
    const room = this.#size - 1
    const shown = Math.min(this.#kept, room)
    const from = this.level & LogLevel.FIXED ? 0 : this.#kept - shown
    const text = textOf(this.#bytes.subarray(from, from + shown))
    return { text, errno: trueSize > this.#size ? Errno.ENOSPC : 0, trueSize }
  }
}

/** Bytes as a text of one character each: ASCII at once, anything else piece by piece. */
function textOf(bytes: Uint8Array): string {
  if (bytes.every((byte) => byte < 0x80)) return new TextDecoder().decode(bytes)
  let text = ''
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += Array.from(bytes.subarray(at, at + CHUNK), (byte) => String.fromCharCode(byte)).join('')
  }
  return text
}

/** Writes a check's text and refuses what was given. The text is given with its newline, where the kernel's has one. */
export function refuse(env: { readonly log: VerifierLog }, errno: number, text = ''): never {
  env.log.write(text)
  throw new KernelError(errno, text)
}
