import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { FinishedLog } from '../log.ts'
import { VerifierLog, refuse } from '../log.ts'
import { checkedBtf } from './checked.ts'
import type { FieldKernel } from './dtors.ts'
import { BtfEnv } from './env.ts'
import { parseSections } from './header.ts'
import { checkAllMetas } from './meta.ts'
import { resolveAll } from './resolve.ts'
import type { BtfRules } from './rules.ts'
import { newestRules } from './rules.ts'
import { checkTypeTags } from './type-tags.ts'

/** BTF_MAX_SIZE. */
const MAX_SIZE = 16 * 1024 * 1024

export interface BtfToCheck {
  readonly bytes: Uint8Array
  readonly logLevel: number
  readonly logSize: number
  /** The newest kernel's where they're left out. */
  readonly rules?: BtfRules
}

/** btf_parse: all that BPF_BTF_LOAD checks of BTF, in its order. @throws KernelError with the log. */
export function checkBtf(kernel: FieldKernel, request: BtfToCheck): FinishedLog {
  const { bytes, logLevel, logSize, rules = newestRules } = request
  if (bytes.length > MAX_SIZE) throw new KernelError(Errno.E2BIG)
  const log = new VerifierLog(logLevel, logSize)
  let refusal: KernelError | undefined
  try {
    check(kernel, log, bytes, rules)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    refusal = error
  }
  const finished = log.finish()
  const errno = finished.errno || refusal?.errno
  if (errno) throw new KernelError(errno, finished.text, finished.trueSize)
  return finished
}

function check(kernel: FieldKernel, log: VerifierLog, bytes: Uint8Array, rules: BtfRules): void {
  const sections = parseSections(log, bytes)
  if (!sections.aligned) refuse({ log }, Errno.EINVAL, 'Unaligned type_off')
  if (sections.types.length === 0) refuse({ log }, Errno.EINVAL, 'No type found')
  const env = new BtfEnv(log, sections)
  env.rules = rules
  checkAllMetas(env)
  resolveAll(env)
  const types = env.finish()
  checkTypeTags(log, types)
  checkedBtf(types, kernel).structMetas.check(types)
}
