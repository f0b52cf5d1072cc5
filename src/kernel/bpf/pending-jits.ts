import type { Jited } from '../load/load.ts'
import { JIT_PENDING } from '../objects/jited.ts'
import type { Objects } from '../objects/objects.ts'
import { Blob } from '../objects/records.ts'
import type { ProgRecord } from '../objects/records.ts'

/** Programs that may wait, at most: what is needed to compile one is kept for each. */
const MAX_PENDING = 64

interface Pending {
  readonly make: () => Jited
  made?: Jited
}

/**
 * Programs that this process has loaded and that aren't compiled yet. Those that are only tried, as probes are, never
 * need to be: one is compiled when somebody asks for its code or keeps it, so that no other process meets one.
 */
export class PendingJits {
  readonly #pending = new Map<number, Pending>()

  add(objects: Objects, id: number, make: () => Jited): void {
    const [oldest] = this.#pending.keys()
    if (this.#pending.size >= MAX_PENDING && oldest !== undefined) this.keep(objects, oldest)
    this.#pending.set(id, { make })
  }

  /** What the JIT made of a program that is waiting. */
  #made(id: number): Jited | undefined {
    const entry = this.#pending.get(id)
    return entry && (entry.made ??= entry.make())
  }

  /** A program's record with what is known only of a compiled one. */
  complete(prog: ProgRecord): void {
    const made = prog.jitedLen === JIT_PENDING ? this.#made(prog.id) : undefined
    if (!made) return
    prog.jitedLen = made.jitedLen
    prog.subprogs = made.subprogs
  }

  /** prog->aux->jited_linfo of a program that is waiting; undefined where it's stored. */
  lines(id: number): Uint8Array | undefined {
    return this.#made(id)?.jitedLines
  }

  /** A program is going to stay, or to be found by others: within a transaction. */
  keep(objects: Objects, id: number): void {
    if (!this.#pending.has(id)) return
    const prog = objects.get('prog', id)
    const made = prog && this.#made(id)
    this.#pending.delete(id)
    if (!prog || !made) return
    prog.jitedLen = made.jitedLen
    prog.subprogs = made.subprogs
    objects.dirty('prog', id)
    objects.putBlob('prog', id, Blob.PROG_JITED_LINES, made.jitedLines)
  }
}
