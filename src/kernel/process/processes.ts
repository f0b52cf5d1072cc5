import { Reader, Writer } from '../objects/codec.ts'
import { afterPrefix, concat, readU32, u32Key, utf8 } from '../store/bytes.ts'
import type { Store } from '../store/store.ts'
import { Table } from '../store/store.ts'

/** A process that outlives the command that started it: it only holds descriptors. */
export interface HeldProcess {
  pid: number
  comm: string
  /** Nanoseconds of CLOCK_BOOTTIME. */
  startTime: bigint
  files: { kind: 'map' | 'prog' | 'btf'; id: number }[]
}

/** Entries of Table.PROCESS that start so are such processes; the pid follows. */
const HELD = new Uint8Array([2])
const NEXT_PID = utf8('next_pid')
/** What a freshly booted machine gives its first process. */
const FIRST_PID = 1000

const kinds = ['map', 'prog', 'btf'] as const

/** The machine's lasting processes. Reference counts are the caller's. */
export class Processes {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** The pid that the next process gets. */
  nextPid(): number {
    const bytes = this.#store.get(Table.META, NEXT_PID)
    return bytes ? readU32(bytes) : FIRST_PID
  }

  /** Keeps a process under the next pid. */
  add(process: Omit<HeldProcess, 'pid'>): HeldProcess {
    const pid = this.nextPid()
    this.#store.put(Table.META, NEXT_PID, u32Key(pid + 1))
    const w = new Writer().number(1).string(process.comm).big(process.startTime).number(process.files.length)
    for (const { kind, id } of process.files) w.number(kinds.indexOf(kind)).number(id)
    this.#store.put(Table.PROCESS, concat(HELD, u32Key(pid)), w.done())
    return { ...process, pid }
  }

  get(pid: number): HeldProcess | undefined {
    if (!Number.isInteger(pid) || pid < 0 || pid > 0xffffffff) return undefined
    const bytes = this.#store.get(Table.PROCESS, concat(HELD, u32Key(pid)))
    return bytes && decode(pid, bytes)
  }

  list(): HeldProcess[] {
    const found: HeldProcess[] = []
    for (const [key, value] of this.#store.scan(Table.PROCESS, HELD, afterPrefix(HELD))) {
      found.push(decode(readU32(key, 1), value))
    }
    return found
  }

  remove(pid: number): void {
    this.#store.remove(Table.PROCESS, concat(HELD, u32Key(pid)))
  }
}

function decode(pid: number, bytes: Uint8Array): HeldProcess {
  const r = new Reader(bytes)
  r.number()
  return {
    pid,
    comm: r.string(),
    startTime: r.big(),
    files: Array.from({ length: r.number() }, () => ({ kind: kinds[r.number()] ?? 'map', id: r.number() })),
  }
}
