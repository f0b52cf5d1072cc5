import { Errno } from '../../../uapi/errno.ts'
import { ROOT_CGROUP_ID } from './kernel-objects.ts'
import type { HelperImpl, Run } from './run.ts'

/** INITIAL_JIFFIES is five minutes before the counter's low word wraps. */
const INITIAL_JIFFIES_SECONDS = 300

const getJiffies: HelperImpl = (run) => {
  const { kernel } = run
  const hz = BigInt(kernel.hz)
  const initial = (1n << 32n) - BigInt(INITIAL_JIFFIES_SECONDS) * hz
  run.retBig(initial + (kernel.now() * hz) / 1_000_000_000n)
}

/** The comm as 16 bytes, NUL at the end. */
function copyComm(run: Run, at: number, size: number): void {
  const { u8 } = run.memory
  const { comm } = run.kernel.task
  u8.fill(0, at, at + size)
  for (let i = 0; i < Math.min(comm.length, 15, size - 1); i++) u8[at + i] = comm.charCodeAt(i)
}

/** Time, chance, and who and where we are. */
export const taskHelpers: Readonly<Record<string, HelperImpl>> = {
  ktime_get_ns: (run) => {
    run.retBig(run.kernel.now())
  },
  ktime_get_boot_ns: (run) => {
    run.retBig(run.kernel.now())
  },
  ktime_get_coarse_ns: (run) => {
    const tick = 1_000_000_000n / BigInt(run.kernel.hz)
    run.retBig((run.kernel.now() / tick) * tick)
  },
  // The machine is never told of leap seconds.
  ktime_get_tai_ns: (run) => {
    run.retBig(run.kernel.realtime())
  },
  jiffies64: getJiffies,
  get_prandom_u32: (run) => {
    run.ret64(run.kernel.random(), 0)
  },
  get_smp_processor_id: (run) => {
    run.ret(run.kernel.cpu)
  },
  get_numa_node_id: (run) => {
    run.ret(0)
  },
  get_current_pid_tgid: (run) => {
    const { pid, tgid } = run.kernel.task
    run.ret64(pid, tgid)
  },
  get_current_uid_gid: (run) => {
    const { uid, gid } = run.kernel.task
    run.ret64(uid, gid)
  },
  get_current_task: (run) => {
    run.ret64(...run.task)
  },
  get_current_task_btf: (run) => {
    run.ret64(...run.task)
  },
  get_current_comm: (run) => {
    const size = run.size(2)
    copyComm(run, run.write(1, size), size)
    run.ret(0)
  },
  get_current_cgroup_id: (run) => {
    run.ret(ROOT_CGROUP_ID)
  },
  get_current_ancestor_cgroup_id: (run) => {
    run.ret(run.lo(1) === 0 ? ROOT_CGROUP_ID : 0)
  },
  get_cgroup_classid: (run) => {
    run.ret(0)
  },
  get_netns_cookie: (run) => {
    run.ret(1)
  },
  current_task_under_cgroup: (run) => {
    const index = run.lo(2) >>> 0
    run.ret(index >= run.map(1).record.maxEntries ? -Errno.E2BIG : -Errno.EAGAIN)
  },
  // No program runs in a namespace of pids that it could name.
  get_ns_current_pid_tgid: (run) => {
    const size = run.size(4)
    const at = run.write(3, size)
    run.memory.u8.fill(0, at, at + size)
    run.ret(-Errno.EINVAL)
  },
  send_signal: (run) => {
    run.ret(-Errno.EPERM)
  },
  send_signal_thread: (run) => {
    run.ret(-Errno.EPERM)
  },
}
