import { readFileSync } from 'node:fs'
import { afterPrefix, concat, fromUtf8, readU32, u32Key, utf8 } from '../store/bytes.ts'
import type { Store } from '../store/store.ts'
import { Table } from '../store/store.ts'

/** Entries of Table.PROCESS that start so list objects that only a running command's descriptors hold. */
const ORPHAN = new Uint8Array([1])

interface Orphan {
  key: Uint8Array
  kind: number
  id: number
}

/**
 * When a process started, in the host's own terms, so that a later process with the same pid isn't taken for it;
 * empty where the host doesn't tell.
 */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function isAlive(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return start === '' || startOf(pid) === start
}

/** Objects that live as long as a command on the host does: what is left of a killed one can be found and freed. */
export class Orphans {
  readonly #store: Store
  #start: string | undefined

  constructor(store: Store) {
    this.#store = store
  }

  add(kind: number, id: number): void {
    this.#start ??= startOf(process.pid)
    this.#store.put(Table.PROCESS, this.#key(kind, id), utf8(this.#start))
  }

  remove(kind: number, id: number): void {
    this.#store.remove(Table.PROCESS, this.#key(kind, id))
  }

  heldByOthers(kind: number, id: number): boolean {
    for (const [key, value] of this.#all()) {
      if (key[5] !== kind || readU32(key, 6) !== id) continue
      const pid = readU32(key, 1)
      if (pid !== process.pid && isAlive(pid, fromUtf8(value))) return true
    }
    return false
  }

  /** Those whose command is gone. */
  dead(): Orphan[] {
    const dead: Orphan[] = []
    const alive = new Map<string, boolean>()
    for (const [key, value] of this.#all()) {
      const pid = readU32(key, 1)
      const start = fromUtf8(value)
      const holder = `${pid} ${start}`
      const lives = alive.get(holder) ?? isAlive(pid, start)
      alive.set(holder, lives)
      if (!lives) dead.push({ key, kind: key[5] as number, id: readU32(key, 6) })
    }
    return dead
  }

  #all() {
    return this.#store.scan(Table.PROCESS, ORPHAN, afterPrefix(ORPHAN))
  }

  #key(kind: number, id: number): Uint8Array {
    return concat(ORPHAN, u32Key(process.pid), new Uint8Array([kind]), u32Key(id))
  }
}
