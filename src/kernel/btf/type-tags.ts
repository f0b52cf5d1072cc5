import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import type { VerifierLog } from '../log.ts'
import { refuse } from '../log.ts'
import { isModifier } from './env.ts'

const MAX_CHAIN = 32

/** btf_check_type_tags: in a chain of modifiers, tags come first. @throws KernelError. */
export function checkTypeTags(log: VerifierLog, types: Btf): void {
  let good = 0
  for (let id = 1; id < types.typeCount; id++) {
    if (!isModifier(types.kind(id))) continue
    let inTags = types.kind(id) === Kind.TYPE_TAG
    let left = MAX_CHAIN
    for (let at = id; isModifier(types.kind(at)); at = types.type(at)) {
      if (left-- === 0) refuse({ log }, Errno.ELOOP, 'Max chain length or cycle detected')
      if (types.kind(at) !== Kind.TYPE_TAG) inTags = false
      else if (!inTags) refuse({ log }, Errno.EINVAL, "Type tags don't precede modifiers")
      if (at <= good) break
    }
    good = id
  }
}
