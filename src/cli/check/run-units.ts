import { availableParallelism } from 'node:os'
import type { CheckHost } from './check-unit.ts'
import { checkUnit } from './check-unit.ts'
import type { Self } from './pool.ts'
import { runPool } from './pool.ts'
import { newerKernels, sinceKernels } from './since.ts'
import type { KernelChoice } from './since.ts'
import type { Unit, Verdict } from './verdict.ts'

export interface RunOptions {
  host: CheckHost
  jobs: number | undefined
  /** How to start more processes; without it, all is done in this one. */
  self: Self | undefined
  kernels: KernelChoice
  /** Called as units are done. */
  progress?: ((done: number, of: number, unit: Unit) => void) | undefined
}

/** @returns verdicts in the order of the units. */
export async function runUnits(units: readonly Unit[], options: RunOptions): Promise<Verdict[]> {
  const verdicts = (await runAll(units, options)).flat()
  const more = newerKernels(verdicts, options.kernels)
  const later = more.length === 0 ? [] : (await runAll(more, options)).flat()
  return sinceKernels(verdicts, later, options.kernels)
}

async function runAll(units: readonly Unit[], { host, jobs, self, progress }: RunOptions): Promise<Verdict[][]> {
  const results: Verdict[][] = []
  let count = 0
  const done = (index: number, verdicts: readonly Verdict[]) => {
    results[index] = [...verdicts]
    progress?.(++count, units.length, units[index] as Unit)
  }
  const processes = Math.min(jobs ?? availableParallelism(), units.length)
  if (processes > 1 && self !== undefined) await runPool(units, processes, self, done)
  else for (const [index, unit] of units.entries()) done(index, checkUnit(host, unit))
  return results
}
