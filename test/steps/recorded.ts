import { createHash } from 'node:crypto'
import type { Answer } from './step.ts'

/** An answer as it is kept: of a long log its hash and its end. */
export function brief({ errno, log, trueSize }: Answer): [errno: number, trueSize: number, log: string] {
  if (log.length <= 600) return [errno, trueSize, log]
  const hash = createHash('sha256').update(log, 'latin1').digest('hex').slice(0, 16)
  return [errno, trueSize, `${log.length} bytes, ${hash}, ...${log.slice(-200)}`]
}
