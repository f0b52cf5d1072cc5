import { Errno } from '../../../uapi/errno.ts'
import { ROOT_CGROUP_ID, cgroupAddress, cgroupId, pidOfAddress, taskAddress } from '../impl/kernel-objects.ts'
import type { HelperImpl, Run } from '../impl/run.ts'
import { beginList, endOf, nextOfList } from './iterators.ts'
import type { KfuncFamily } from './kfunc.ts'
import { kfunc } from './kfunc.ts'

/** Tasks and cgroups. Both are named by numbers, not counted: what isn't there any more is found to be gone. */

/** BPF_TASK_ITER_ALL_PROCS, _ALL_THREADS, _PROC_THREADS. */
const PROC_THREADS = 2
/** BPF_CGROUP_ITER_DESCENDANTS_PRE, _POST, _ANCESTORS_UP. */
const FIRST_ORDER = 2
const LAST_ORDER = 4

const same: HelperImpl = (run) => {
  run.ret64(run.lo(1), run.hi(1))
}

function retTask(run: Run, pid: number): void {
  const task = run.kernel.taskByPid(pid)
  const [lo, hi] = task ? taskAddress(pid) : [0, 0]
  run.ret64(lo, hi)
}

const fromPid: HelperImpl = (run) => {
  retTask(run, run.lo(1))
}

const allTasks = (run: Run) => run.kernel.tasks().map(({ pid }) => taskAddress(pid))

const taskNew: HelperImpl = (run) => {
  const at = run.write(1, TASK_ITER_SIZE)
  const flags = run.lo(3) >>> 0
  const isThreads = flags === PROC_THREADS
  const isWrong = flags > PROC_THREADS || (isThreads && run.isNull(2))
  // A process of this machine has one thread.
  beginList(run, at, isWrong ? [] : isThreads ? [[run.lo(2), run.hi(2)]] : allTasks(run))
  run.ret(isWrong ? -Errno.EINVAL : 0)
}

/** struct bpf_iter_task, bpf_iter_css, bpf_iter_css_task. */
const TASK_ITER_SIZE = 24
const CSS_ITER_SIZE = 24
const CSS_TASK_ITER_SIZE = 8

const cssNew: HelperImpl = (run) => {
  const at = run.write(1, CSS_ITER_SIZE)
  const order = run.lo(3) >>> 0
  const isKnown = order >= FIRST_ORDER && order <= LAST_ORDER
  beginList(run, at, isKnown ? [[run.lo(2), run.hi(2)]] : [])
  run.ret(isKnown ? 0 : -Errno.EINVAL)
}

/** CSS_TASK_ITER_PROCS, _THREADED. */
const cssTaskNew: HelperImpl = (run) => {
  const at = run.write(1, CSS_TASK_ITER_SIZE)
  const flags = run.lo(3) >>> 0
  const isKnown = flags === 0 || flags === 1 || flags === 3
  beginList(run, at, isKnown ? allTasks(run) : [])
  run.ret(isKnown ? 0 : -Errno.EINVAL)
}

export const taskKfuncs: KfuncFamily = {
  bpf_task_acquire: kfunc(1, same),
  bpf_task_release: kfunc(1, (run) => {
    run.ret(0)
  }),
  bpf_task_from_pid: kfunc(1, fromPid),
  bpf_task_from_vpid: kfunc(1, fromPid),
  bpf_iter_task_new: kfunc(3, taskNew),
  bpf_iter_task_next: kfunc(1, nextOfList),
  bpf_iter_task_destroy: kfunc(1, endOf(TASK_ITER_SIZE)),
  bpf_cgroup_acquire: kfunc(1, same),
  bpf_cgroup_release: kfunc(1, (run) => {
    run.ret(0)
  }),
  bpf_cgroup_from_id: kfunc(1, (run) => {
    const [lo, hi] = run.size(1) === ROOT_CGROUP_ID ? cgroupAddress(ROOT_CGROUP_ID) : [0, 0]
    run.ret64(lo, hi)
  }),
  // There's the root alone, which is of level 0.
  bpf_cgroup_ancestor: kfunc(2, (run) => {
    if (run.lo(2) === 0) run.ret64(run.lo(1), run.hi(1))
    else run.ret(0)
  }),
  bpf_task_under_cgroup: kfunc(2, (run) => {
    const isRoot = cgroupId(run.lo(2), run.hi(2)) === ROOT_CGROUP_ID
    run.ret(isRoot && pidOfAddress(run.lo(1), run.hi(1)) !== undefined ? 1 : 0)
  }),
  // No hierarchy of version 1 is mounted.
  bpf_task_get_cgroup1: kfunc(2, (run) => {
    run.ret(0)
  }),
  bpf_iter_css_new: kfunc(3, cssNew),
  bpf_iter_css_next: kfunc(1, nextOfList),
  bpf_iter_css_destroy: kfunc(1, endOf(CSS_ITER_SIZE)),
  bpf_iter_css_task_new: kfunc(3, cssTaskNew),
  bpf_iter_css_task_next: kfunc(1, nextOfList),
  bpf_iter_css_task_destroy: kfunc(1, endOf(CSS_TASK_ITER_SIZE)),
}
