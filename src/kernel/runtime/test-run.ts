import type { TestRunAttr, TestRunResult } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { RunKernel } from '../helpers/impl/run-kernel.ts'
import type { ProgRecord } from '../objects/records.ts'

export type { RunKernel, RunProgram, RunTask } from '../helpers/impl/run-kernel.ts'

/** bpf_prog_test_run: runs a program once or more on what the caller gives. @throws KernelError. */
export function testRun(kernel: RunKernel, prog: ProgRecord, attr: TestRunAttr): TestRunResult {
  void kernel
  void prog
  void attr
  throw new KernelError(Errno.EINVAL)
}
