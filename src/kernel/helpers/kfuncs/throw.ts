import type { KfuncFamily } from './kfunc.ts'
import { kfunc } from './kfunc.ts'

/** What bpf_throw leaves a program with: whoever runs it catches that. */
export class Thrown {
  readonly lo: number
  readonly hi: number

  constructor(lo: number, hi: number) {
    this.lo = lo
    this.hi = hi
  }
}

export const throwKfuncs: KfuncFamily = {
  bpf_throw: kfunc(1, (run) => {
    // No failure, but the only way through frames that aren't ours.
    throw new Thrown(run.lo(1), run.hi(1))
  }),
}
