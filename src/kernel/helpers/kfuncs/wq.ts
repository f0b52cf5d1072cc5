import { Errno } from '../../../uapi/errno.ts'
import { armWork, initWork, setWorkCallback } from '../impl/deferred.ts'
import type { HelperImpl } from '../impl/run.ts'
import type { KfuncFamily } from './kfunc.ts'
import { kfunc } from './kfunc.ts'

const init: HelperImpl = (run) => {
  run.ret(run.lo(3) !== 0 ? -Errno.EINVAL : initWork(run, 'wq'))
}

const start: HelperImpl = (run) => {
  run.ret(run.lo(2) !== 0 ? -Errno.EINVAL : armWork(run, 0))
}

/** Work that's done later: see deferred.ts. */
export const wqKfuncs: KfuncFamily = {
  bpf_wq_init: kfunc(3, init),
  bpf_wq_set_callback_impl: kfunc(2, (run) => {
    run.ret(setWorkCallback(run))
  }),
  bpf_wq_start: kfunc(2, start),
}
