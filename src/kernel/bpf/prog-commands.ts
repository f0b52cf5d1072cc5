import type { Fd, Loaded, ProgLoadAttr, TestRunAttr, TestRunResult } from '../../uapi/attr.ts'
import { KernelError } from '../error.ts'
import type { LoadKernel } from '../load/load.ts'
import { loadProgram } from '../load/program.ts'
import { Blob } from '../objects/records.ts'
import { testRun } from '../runtime/test-run.ts'
import { UNPRIVILEGED_BPF_DISABLED } from './kernel.ts'
import type { Kernel, Task } from './kernel.ts'
import { arrayValue, openFd } from './map-commands.ts'
import { runKernel } from './run-kernel.ts'

const loadKernels = new WeakMap<Task, LoadKernel>()

/** The rest of the kernel as a load by one process asks it. */
function loadKernelFor(kernel: Kernel, task: Task): LoadKernel {
  let made = loadKernels.get(task)
  if (!made) {
    made = {
      mapByFd: (fd) => kernel.mapByFd(task, fd),
      btfByFd: (fd) => {
        const { id, kernelBtf } = kernel.byFd(task, fd, 'btf')
        return { id, types: kernelBtf ? kernel.vmlinuxTypes() : kernel.btf(id).types, kernelBtf }
      },
      progByFd: (fd) => kernel.progByFd(task, fd) as ReturnType<LoadKernel['progByFd']>,
      vmlinuxBtf: () => kernel.profile.vmlinuxBtf(),
      vmlinuxBtfStart: () => kernel.profile.vmlinuxBtfStart(),
      symbol: (symbol) => kernel.profile.symbol(symbol),
      option: (option) => kernel.profile.option(option),
      capable: (capability) => task.capabilities.has(capability),
      sessionKeys: () => task.sessionKeys ?? [],
      get unprivilegedDisabled() {
        return kernel.sysctl(UNPRIVILEGED_BPF_DISABLED) !== '0'
      },
      get candidates() {
        return kernel.candidates
      },
      possibleCpus: kernel.possibleCpus,
      monotonic: () => kernel.clock.boottime(),
      linux: kernel.profile.linux,
      btfById: (id) => kernel.btf(id).types,
      arrayValue: (id) => arrayValue(kernel, id),
      member: (path) => kernel.profile.member(path),
    }
    loadKernels.set(task, made)
  }
  return made
}

/** bpf_prog_load. @returns what the verifier refuses as an error; what is wrong before it is thrown. */
export function progLoad(kernel: Kernel, task: Task, given: ProgLoadAttr): Loaded | KernelError {
  // A copy: a Buffer's slices, which the checks take, would write to the caller's own.
  const attr = { ...given, insns: new Uint8Array(given.insns) }
  const loaded = loadProgram(loadKernelFor(kernel, task), attr)
  kernel.keepCandidates()
  if (loaded instanceof KernelError) return loaded
  const { record, xlated, run, funcInfo, lineInfo, jitedLines, jit, owned, log, logTrueSize } = loaded
  const { objects } = kernel
  const prog = objects.add('prog', {
    ...record,
    loadTime: kernel.clock.boottime(),
    createdByUid: 0,
    runTimeNs: 0n,
    runCnt: 0n,
    recursionMisses: 0n,
    refs: 0,
  })
  if (jit) kernel.pendingJits.add(objects, prog.id, jit)
  for (const id of prog.mapIds) objects.hold('map', id)
  for (const { mapId, owner } of owned) {
    const map = objects.get('map', mapId)
    if (!map) continue
    map.owner = owner
    objects.dirty('map', mapId)
  }
  if (prog.btfId) objects.hold('btf', prog.btfId)
  if (prog.attachProgId) objects.hold('prog', prog.attachProgId)
  objects.putBlob('prog', prog.id, Blob.PROG_INSNS, xlated)
  objects.putBlob('prog', prog.id, Blob.PROG_RUN, run)
  objects.putBlob('prog', prog.id, Blob.PROG_FUNC_INFO, funcInfo)
  objects.putBlob('prog', prog.id, Blob.PROG_LINE_INFO, lineInfo)
  objects.putBlob('prog', prog.id, Blob.PROG_JITED_LINES, jitedLines)
  return { fd: openFd(kernel, task, { kind: 'prog', id: prog.id, canRead: true, canWrite: true }), log, logTrueSize }
}

/** The bytes of a BTF object. */
export function btfBytes(kernel: Kernel, id: number): Uint8Array {
  const btf = kernel.objects.get('btf', id)
  if (btf?.kernelBtf) return kernel.profile.vmlinuxBtf()
  return kernel.objects.blob('btf', id, Blob.BTF_DATA) ?? new Uint8Array(0)
}

/** bpf_prog_test_run. */
export function progTestRun(kernel: Kernel, task: Task, fd: Fd, attr: TestRunAttr): TestRunResult {
  const prog = kernel.byFd(task, fd, 'prog')
  return testRun(runKernel(kernel, task), prog, attr)
}

/** bpf_prog_bind_map. */
export function progBindMap(kernel: Kernel, task: Task, progFd: Fd, mapFd: Fd): void {
  const prog = kernel.byFd(task, progFd, 'prog')
  const map = kernel.mapByFd(task, mapFd)
  if (prog.mapIds.includes(map.id)) return
  prog.mapIds = [...prog.mapIds, map.id]
  kernel.objects.dirty('prog', prog.id)
  kernel.objects.hold('map', map.id)
}
