import { join } from 'node:path'
import type { Binding, Env } from './binding.ts'
import { makeDirectories } from './directory.ts'
import { StateError } from './state-error.ts'

/**
 * One host process at a time works on a machine; the others wait for their turn.
 *
 * LMDB is made for any number of processes at once, but lmdb 3.5 loses commits and hands out pages twice when several
 * write to one environment (its own JavaScript shows it too). A turn is a write transaction of a second, empty
 * environment, which is held until the machine is closed: its lock is the operating system's, so it is free again when
 * a process is killed.
 */

interface Turn {
  env: Env
  holders: number
  /** Must not be collected while the environment is open. */
  keys: Uint8Array
}

const turns = new Map<string, Turn>()
let endsWithProcess = false
const nap = new Int32Array(new SharedArrayBuffer(4))

const MDB_NOSYNC = 0x10000
const MAX_TRIES = 500

/** Waits until no other process has the machine in `directory`. @throws StateError. */
export function takeTurn({ Env }: Binding, directory: string): void {
  const held = turns.get(directory)
  if (held) {
    held.holders++
    return
  }
  const path = join(directory, 'turn')
  makeDirectories(path)
  const keys = new Uint8Array(8192)
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const env = new Env()
    env.open(
      {
        path,
        keyBytes: Buffer.from(keys.buffer),
        maxDbs: 1,
        maxReaders: 126,
        mapSize: 0x100000,
        pageSize: 4096,
      },
      MDB_NOSYNC,
      0,
    )
    env.beginTxn(0)
    if (env.getWriteTxnId() !== 0) {
      turns.set(directory, { env, holders: 1, keys })
      endWithProcess()
      return
    }
    // The lock was being taken down by the process before: once all have let go of it, it is made anew.
    env.abortTxn()
    env.close()
    Atomics.wait(nap, 0, 0, 1 + Math.random() * 10)
  }
  throw new StateError(`${directory} is locked`)
}

/** Whoever ends without closing its machine: lmdb would wait for the turn's transaction, for ever. */
function endWithProcess(): void {
  if (endsWithProcess) return
  endsWithProcess = true
  process.once('exit', () => {
    for (const directory of turns.keys()) while (turns.has(directory)) endTurn(directory)
  })
}

export function endTurn(directory: string): void {
  const turn = turns.get(directory)
  if (!turn || --turn.holders > 0) return
  turns.delete(directory)
  turn.env.abortTxn()
  turn.env.close()
}
