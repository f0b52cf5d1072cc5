import { Errno } from '../../uapi/errno.ts'
import { Blob } from '../objects/records.ts'
import { findMember } from '../btf/members.ts'
import type { RunKernel, RunTask } from '../runtime/test-run.ts'
import type { Kernel, Task } from './kernel.ts'
import { progSysBpf, progSysClose } from './prog-syscall.ts'
import { writeTrace } from './trace.ts'

/** init, the processes that hold descriptors, and the one that asks. */
function taskByPid(kernel: Kernel, { pid: own, comm }: Task, pid: number): RunTask | undefined {
  const name = pid === own ? comm : pid === 1 ? 'systemd' : kernel.processes.get(pid)?.comm
  return name === undefined ? undefined : { pid, tgid: pid, comm: name, uid: 0, gid: 0 }
}

/** What a test run sees of the kernel. */
export function runKernel(kernel: Kernel, task: Task): RunKernel {
  const { objects, maps, clock, profile } = kernel
  return {
    memory: maps.environment.memory,
    heap: maps.heap,
    deferred: maps.deferred,
    progTypes: (id) => kernel.progTypes(id),
    place: (path) => profile.member(path) ?? findMember(kernel.vmlinuxTypes(), path),
    taskByPid: (pid) => taskByPid(kernel, task, pid),
    tasks: () => {
      const pids = [1, ...kernel.processes.list().map((process) => process.pid), task.pid]
      return [...new Set(pids)].sort((a, b) => a - b).flatMap((pid) => taskByPid(kernel, task, pid) ?? [])
    },
    possibleCpus: kernel.possibleCpus,
    engine: kernel.engine,
    cpu: maps.environment.currentCpu(),
    task: {
      pid: task.pid,
      tgid: task.pid,
      comm: task.comm,
      uid: 0,
      gid: 0,
      ...(task.storage ? { storage: task.storage } : {}),
    },
    get hz() {
      return Number(profile.option('CONFIG_HZ') ?? 250)
    },
    mapById: (id) => maps.byId(id),
    progById: (id) => {
      const record = objects.get('prog', id)
      const run = objects.blob('prog', id, Blob.PROG_RUN)
      return record && run ? { record, run } : undefined
    },
    now: () => clock.boottime(),
    realtime: () => clock.realtime(),
    random: () => maps.environment.random(),
    trace: (text) => {
      writeTrace(kernel, task, text)
    },
    symbol: (name) => profile.symbol(name),
    findBtfId: (name, kind) => kernel.vmlinuxTypes().findByNameKind(name, kind) ?? -Errno.ENOENT,
    sysBpf: (run, cmd, at, size) => progSysBpf(kernel, task, run, cmd, at, size),
    sysClose: (fd) => progSysClose(kernel, task, fd),
  }
}
