/** Levels of libbpf_set_print's callback. */
export type PrintLevel = 'warn' | 'info' | 'debug'

/** Gets each message whole, as libbpf's callback does: with its `libbpf: ` and its line end. */
export type Print = (level: PrintLevel, text: string) => void

/** pr_warn, pr_info and pr_debug. A debug message is made only where it is wanted: there are many. */
export class Log {
  readonly #print: Print
  readonly debugging: boolean

  /** @param debugging whether `print` wants debug messages. */
  constructor(print: Print, debugging: boolean) {
    this.#print = print
    this.debugging = debugging
  }

  warn(message: string): void {
    this.#print('warn', `libbpf: ${message}\n`)
  }

  info(message: string): void {
    this.#print('info', `libbpf: ${message}\n`)
  }

  debug(message: () => string): void {
    if (this.debugging) this.#print('debug', `libbpf: ${message()}\n`)
  }
}

/** A log that nobody reads. */
export const silent = new Log(() => undefined, false)
