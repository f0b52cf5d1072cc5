import type { TestRunAttr, TestRunResult } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { ProgRecord } from '../objects/records.ts'

/** Placeholder until the runtime is there. */
export type RunKernel = object

export function testRun(kernel: RunKernel, prog: ProgRecord, attr: TestRunAttr): TestRunResult {
  void kernel
  void prog
  void attr
  throw new KernelError(Errno.EINVAL)
}
