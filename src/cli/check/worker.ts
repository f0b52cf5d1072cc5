import type { CheckHost } from './check-unit.ts'
import { checkUnit } from './check-unit.ts'
import type { Answer } from './pool.ts'
import type { Unit } from './verdict.ts'

/** A worker's life: units come from the parent process until it lets go. */
export function work(host: CheckHost): Promise<number> {
  return new Promise((resolve) => {
    process.on('message', (unit: Unit) => {
      const answer: Answer = {}
      try {
        answer.verdicts = checkUnit(host, unit)
      } catch (error) {
        answer.error = `${unit.object} on ${unit.kernel}: ${error instanceof Error ? error.message : String(error)}`
      }
      process.send?.(answer)
    })
    process.on('disconnect', () => {
      resolve(0)
    })
  })
}
