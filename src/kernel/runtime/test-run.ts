import type { TestRunAttr, TestRunResult } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { KernelError } from '../error.ts'
import type { RunKernel } from '../helpers/impl/run-kernel.ts'
import type { ProgRecord } from '../objects/records.ts'
import { callDeferred } from './deferred-calls.ts'
import { testRunFlowDissector, testRunSkLookup } from './test-run-lookup.ts'
import { testRunNetfilter, testRunRawTracepoint, testRunSyscall, testRunTracing } from './test-run-other.ts'
import { testRunSkb } from './test-run-skb.ts'
import { testRunXdp } from './test-run-xdp.ts'

export type { RunKernel, RunProgram, RunTask } from '../helpers/impl/run-kernel.ts'

type TestRun = (kernel: RunKernel, prog: ProgRecord, attr: TestRunAttr) => TestRunResult

/** bpf_prog_ops.test_run of each program type that has one. */
const testRuns: Readonly<Record<number, TestRun>> = {
  [ProgType.SOCKET_FILTER]: testRunSkb,
  [ProgType.SCHED_CLS]: testRunSkb,
  [ProgType.SCHED_ACT]: testRunSkb,
  [ProgType.XDP]: testRunXdp,
  [ProgType.CGROUP_SKB]: testRunSkb,
  [ProgType.LWT_IN]: testRunSkb,
  [ProgType.LWT_OUT]: testRunSkb,
  [ProgType.LWT_XMIT]: testRunSkb,
  [ProgType.RAW_TRACEPOINT]: testRunRawTracepoint,
  [ProgType.FLOW_DISSECTOR]: testRunFlowDissector,
  [ProgType.TRACING]: testRunTracing,
  [ProgType.STRUCT_OPS]: () => {
    throw new KernelError(Errno.ENOTSUP)
  },
  [ProgType.SK_LOOKUP]: testRunSkLookup,
  [ProgType.SYSCALL]: testRunSyscall,
  [ProgType.NETFILTER]: testRunNetfilter,
}

/**
 * bpf_prog_test_run: runs a program once or more on what the caller gives.
 * @throws KernelError as the kernel refuses; EFAULT, EINTR and ENOTSUP also for what only a simulation can meet: an
 *   access that no verifier would have let through, a program that doesn't end, a helper that isn't simulated.
 */
export function testRun(kernel: RunKernel, prog: ProgRecord, attr: TestRunAttr): TestRunResult {
  const run = testRuns[prog.type]
  if (attr.ctxIn?.length === 0) throw new KernelError(Errno.EINVAL)
  if (!run) throw new KernelError(Errno.ENOTSUPP)
  const result = run(kernel, prog, attr)
  callDeferred(kernel)
  return result
}
