import { apiName } from '../../kfuncs/api-name.ts'
import { kfuncNumber } from '../../kfuncs/numbers.ts'
import { arenaKfuncs } from './arena.ts'
import { cpumaskKfuncs } from './cpumask.ts'
import { dynptrKfuncs } from './dynptr.ts'
import { iteratorKfuncs } from './iterators.ts'
import { contextKfuncs } from './kernel-context.ts'
import type { Kfunc, KfuncFamily } from './kfunc.ts'
import { listKfuncs } from './lists.ts'
import { objectKfuncs } from './objects.ts'
import { rbtreeKfuncs } from './rbtree.ts'
import { sectionKfuncs } from './sections.ts'
import { stringKfuncs } from './strings.ts'
import { taskKfuncs } from './tasks.ts'
import { throwKfuncs } from './throw.ts'
import { userMemoryKfuncs } from './user-memory.ts'
import { wqKfuncs } from './wq.ts'

/** Kernel functions that are simulated. */
const families: readonly KfuncFamily[] = [
  dynptrKfuncs,
  iteratorKfuncs,
  sectionKfuncs,
  objectKfuncs,
  listKfuncs,
  rbtreeKfuncs,
  cpumaskKfuncs,
  taskKfuncs,
  stringKfuncs,
  userMemoryKfuncs,
  throwKfuncs,
  arenaKfuncs,
  wqKfuncs,
  contextKfuncs,
]

let byNumber: ReadonlyMap<number, Kfunc> | undefined

/** A function by its number (kfuncs/numbers.ts); undefined for one that isn't simulated. */
export function kfuncByNumber(number: number): Kfunc | undefined {
  byNumber ??= new Map(
    families
      .flatMap(Object.entries<Kfunc>)
      .flatMap(([name, kfunc]) => [name, apiName(name)].map((each) => [kfuncNumber(each), kfunc] as const)),
  )
  return byNumber.get(number)
}
