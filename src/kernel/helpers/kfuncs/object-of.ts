import type { HeapObject } from '../../memory/heap.ts'
import { MEM_HI } from '../impl/address.ts'
import type { Run } from '../impl/run.ts'
import { fault } from '../impl/run.ts'

/** The object that argument `n` points into. */
export function objectOf(run: Run, n: number): HeapObject {
  const object = run.hi(n) === MEM_HI ? run.heap.find(run.lo(n) >>> 0) : undefined
  if (!object) throw fault(`argument ${n} of a kernel function, which is no object`)
  return object
}
