import { Args } from './args.ts'
import { CommandError } from './command.ts'
import { LINE_MAX, Lines, makeArgs } from './batch-lines.ts'
import { KernelError } from '../kernel/error.ts'
import { Errno, strerror } from '../uapi/errno.ts'
import { mainHelp } from './main-help.ts'
import { report } from './errors.ts'
import { select } from './dispatch.ts'
import type { Session } from './session.ts'
import type { VerbTable } from './dispatch.ts'

/** Effects of lines are kept together for so long, in milliseconds, before they are written to the store. */
const SLICE = 1000

/** The next command's text, its continuation lines joined; undefined at the end of the file. */
function nextText(lines: Lines, command: number): string | undefined {
  let text = lines.next()
  if (text === undefined) return undefined
  if (text.length >= LINE_MAX - 1 && Buffer.byteLength(text) === LINE_MAX - 1) {
    throw new CommandError(`reading batch file failed: ${strerror(Errno.E2BIG)}`)
  }
  while (text.includes('\\\n')) {
    const more = lines.next()
    if (more === undefined) throw new CommandError(`missing continuation line on command ${command}`)
    if (Buffer.byteLength(text) + Buffer.byteLength(more) + 1 > LINE_MAX) {
      throw new CommandError(`command ${command} is too long`)
    }
    text = text.slice(0, -2) + more
  }
  return text
}

/** The file's bytes; '-' is standard input. */
function readBatch(session: Session, path: string): Uint8Array {
  if (path === '-') return session.io.stdin()
  try {
    return session.readHostFile(path)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    if (error.errno === Errno.EISDIR) throw new CommandError(`reading batch file failed: ${strerror(error.errno)}`)
    throw new CommandError(`Can't open file (${path}): ${strerror(error.errno)}`)
  }
}

/** Verbs that read or write elements of a map: those that come by the hundred thousand. */
const elementVerbs: readonly string[] = ['update', 'lookup', 'getnext', 'delete', 'push', 'pop', 'enqueue', 'dequeue']

/** Whether these are the words of a command on a map's element, spelled out: only those are taken together. */
function isElementCommand(words: readonly string[]): boolean {
  return words[0] === 'map' && elementVerbs.includes(words[1] ?? '')
}

/** A run through a batch file. */
class Batch {
  readonly #session: Session
  readonly #table: VerbTable
  readonly #lines: Lines
  /** The command to be run next; undefined after the last one. */
  #next: string[] | undefined
  /** Why the file can't be read on. */
  #unreadable: unknown
  #done = 0
  #warm = false

  constructor(session: Session, table: VerbTable, lines: Lines) {
    this.#session = session
    this.#table = table
    this.#lines = lines
  }

  /** @returns the status of the last command, 0 when all went well. */
  async run(): Promise<number> {
    this.#advance()
    let status = 0
    while (this.#next !== undefined && status === 0) {
      status = this.#warm && isElementCommand(this.#next) ? this.#slice() : await this.#one(this.#next)
    }
    if (status !== 0) return status
    if (this.#unreadable !== undefined) throw this.#unreadable as Error
    const { errno } = this.#session
    if (errno !== 0 && errno !== Errno.ENOENT) {
      throw new CommandError(`reading batch file failed: ${strerror(errno)}`)
    }
    if (this.#session.json === undefined) this.#session.out(`processed ${this.#done} commands\n`)
    return 0
  }

  #advance(): void {
    this.#next = undefined
    try {
      for (;;) {
        let words = this.#lines.plainWords()
        if (words === undefined) {
          const text = nextText(this.#lines, this.#done)
          if (text === undefined) return
          words = makeArgs(text, this.#done)
        }
        if (words.length === 0) continue
        this.#next = words
        return
      }
    } catch (error) {
      this.#unreadable = error
    }
  }

  async #one(words: readonly string[]): Promise<number> {
    this.#begin(words)
    let status: number
    try {
      status = await select(this.#session, new Args(words), this.#table, mainHelp)
    } catch (error) {
      status = report(this.#session, error)
    }
    // The map verbs are loaded now, and answer at once.
    if (words[0] === 'map') this.#warm = true
    return this.#end(status)
  }

  /**
   * Commands on map elements, as long as they come one after the other: their effects are written to the store together,
   * a slice of time at once. What they print is held until that is done, so that a batch killed in its midst has kept all
   * that it reported.
   */
  #slice(): number {
    const session = this.#session
    const until = performance.now() + SLICE
    let status = 0
    let exit: unknown
    session.hold(() => {
      session.system().atomically(() => {
        for (let n = 1; this.#next !== undefined && status === 0 && isElementCommand(this.#next); n++) {
          try {
            status = this.#elementCommand(this.#next)
          } catch (error) {
            exit = error
            return
          }
          if (n % 32 === 0 && performance.now() > until) return
        }
      })
    })
    if (exit !== undefined) throw exit as Error
    return status
  }

  #elementCommand(words: readonly string[]): number {
    this.#begin(words)
    let status: number
    try {
      const answer = select(this.#session, new Args(words), this.#table, mainHelp)
      if (typeof answer !== 'number') throw new TypeError('a verb on map elements answers at once')
      status = answer
    } catch (error) {
      status = report(this.#session, error)
    }
    return this.#end(status)
  }

  #begin(words: readonly string[]): void {
    const { json } = this.#session
    if (json === undefined) return
    json.startObject()
    json.name('command')
    json.startArray()
    for (const word of words) json.string(word)
    json.endArray()
    json.name('output')
  }

  #end(status: number): number {
    this.#session.json?.endObject()
    if (status !== 0) return status
    this.#done++
    this.#advance()
    return 0
  }
}

/** `batch file FILE` (do_batch): the commands of a file, up to the first that fails. */
export async function batch(session: Session, args: Args, table: VerbTable): Promise<number> {
  if (args.length < 2) throw new CommandError('too few parameters for batch')
  if (args.length > 2) throw new CommandError('too many parameters for batch')
  if (!args.is('file')) throw new CommandError(`expected 'file', got: ${args.shift()}`)
  args.shift()
  const bytes = readBatch(session, args.shift())
  session.json?.startArray()
  let status: number
  try {
    status = await new Batch(session, table, new Lines(bytes)).run()
  } catch (error) {
    status = report(session, error)
  }
  session.json?.endArray()
  return status
}
