import { Errno } from '../../uapi/errno.ts'
import { Blob } from '../objects/records.ts'
import type { RunKernel } from '../runtime/test-run.ts'
import type { Kernel, Task } from './kernel.ts'
import { progSysBpf, progSysClose } from './prog-syscall.ts'
import { writeTrace } from './trace.ts'

/** What a test run sees of the kernel. */
export function runKernel(kernel: Kernel, task: Task): RunKernel {
  const { objects, maps, clock, profile } = kernel
  return {
    memory: maps.environment.memory,
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
