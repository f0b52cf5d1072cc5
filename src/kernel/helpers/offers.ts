import { ProgType } from '../../uapi/prog-type.ts'
import { progTypeRow } from '../progs/types.ts'
import { helperAllowed } from './access.ts'
import type { HelperKernel } from './access.ts'

/** Whether a program of a type may call a helper, from the rows that the verifier reads too; for a process that may do all. */
export function offersHelper(kernel: HelperKernel, type: number, expectedAttachType: number, id: number): boolean {
  const attachType = expectedAttachType || (progTypeRow(type)?.defaultAttachType ?? 0)
  return helperAllowed({ type, expectedAttachType: attachType, sleepable: type === ProgType.SYSCALL, kernel }, id)
}
