import type { VerifierEnv } from './env.ts'
import { notYet } from './env.ts'
import type { RetvalRange } from './state.ts'
import { AttachType } from '../../uapi/attach-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'

/** get_func_retval_range: what an LSM hook may return; undefined for anything. */
export function lsmRetvalRange(env: VerifierEnv): RetvalRange | undefined {
  if (env.input.type !== ProgType.LSM || env.input.expectedAttachType !== AttachType.LSM_MAC) return undefined
  return notYet('bpf_lsm_get_retval_range')
}
