import { AttachType } from '../../uapi/attach-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { boolHooks } from '../progs/lsm-hooks.ts'
import type { VerifierEnv } from './env.ts'
import type { RetvalRange } from './state.ts'
import { facts } from './versions.ts'

const MAX_ERRNO = 4095
const BOOL: RetvalRange = { min: 0, max: 1 }
const ERRNO: RetvalRange = { min: -MAX_ERRNO, max: 0 }

/** Whether the function that the program is attached to returns nothing. */
export function attachedToVoid({ input }: VerifierEnv): boolean {
  const { btf, funcProto } = input.attach
  return btf !== undefined && funcProto !== 0 && btf.type(funcProto) === 0
}

/** get_func_retval_range: what an LSM hook may return; undefined for anything. */
export function lsmRetvalRange(env: VerifierEnv): RetvalRange | undefined {
  const { type, expectedAttachType, attach } = env.input
  if (!facts.lsmReturns || type !== ProgType.LSM || expectedAttachType !== AttachType.LSM_MAC || attachedToVoid(env))
    return undefined
  return boolHooks.has(attach.funcName ?? '') ? BOOL : ERRNO
}
