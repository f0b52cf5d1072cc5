import type { CheckedBtf } from '../../src/kernel/btf/checked.ts'
import type { FieldKernel } from '../../src/kernel/btf/dtors.ts'
import { KernelError } from '../../src/kernel/error.ts'
import { checkMapBtf } from '../../src/kernel/maps/check-btf.ts'
import { Errno } from '../../src/uapi/errno.ts'
import type { MapCase } from './cases.ts'

/** What BPF_MAP_CREATE would answer to types that are given to a map which is right otherwise: 0 or an errno. */
export function checkTypes(kernel: FieldKernel, btf: CheckedBtf, { map, keyId, valueId }: MapCase): number {
  if (keyId && !valueId) return Errno.EINVAL
  if (!valueId) return 0
  try {
    checkMapBtf(kernel, btf, map, keyId, valueId)
    return 0
  } catch (error) {
    if (error instanceof KernelError) return error.errno
    throw error
  }
}
