import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import type { Unit, Verdict } from './verdict.ts'

/** Tells a command that it is another one's worker: it takes units from its parent and answers with verdicts. */
export const WORKER = 'BPFTOOL_CHECK_WORKER'

/** What a worker says of a unit: verdicts, or why there are none. */
export interface Answer {
  verdicts?: Verdict[]
  error?: string
}

/** How this command is started: the file, and Node's own words before it. */
export interface Self {
  file: string
  execArgv: readonly string[]
}

/**
 * Has units worked on by processes, each of which takes the next one when it has done one.
 *
 * @param done called with each unit's verdicts, in the order in which they come.
 * @throws Error when a process dies, or can't go on.
 */
export function runPool(
  units: readonly Unit[],
  jobs: number,
  self: Self,
  done: (index: number, verdicts: readonly Verdict[]) => void,
): Promise<void> {
  let next = 0
  let open = units.length
  const children: ChildProcess[] = []
  const stop = () => {
    for (const child of children) child.disconnect()
  }
  return new Promise<void>((resolve, reject) => {
    const fail = (error: Error) => {
      for (const child of children) child.kill()
      reject(error)
    }
    const start = () => {
      const child = fork(self.file, ['check', 'worker'], {
        execArgv: [...self.execArgv],
        env: { ...process.env, [WORKER]: '1' },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
      let working: number | undefined
      const give = () => {
        working = next < units.length ? next++ : undefined
        if (working !== undefined) child.send(units[working] as Unit)
      }
      child.on('message', ({ verdicts, error }: Answer) => {
        if (working === undefined) return
        if (verdicts === undefined) {
          fail(new Error(error ?? 'a process gave no answer'))
          return
        }
        done(working, verdicts)
        open--
        if (open > 0) {
          give()
          return
        }
        stop()
        resolve()
      })
      child.on('error', fail)
      child.on('exit', (code) => {
        if (working !== undefined) fail(new Error(`a process that checks ended with ${code ?? 'a signal'}`))
      })
      children.push(child)
      give()
    }
    for (let i = 0; i < jobs; i++) start()
  })
}
