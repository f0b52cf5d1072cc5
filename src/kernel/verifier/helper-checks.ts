import { Errno } from '../../uapi/errno.ts'
import { checkFormat } from '../helpers/impl/format.ts'
import { isStructOrUnion } from './btf-struct-walk.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import type { CallArgMeta } from './helper-args.ts'
import type { RegState } from './state.ts'
import { Flag, RegType } from './types.ts'

/** What single helpers ask for beyond their prototypes, and what they give. */

/** check_bpf_snprintf_call: the format must be one that can be printed with so many values. */
export function checkSnprintf(env: VerifierEnv): void {
  const fmt = env.reg(3)
  const length = env.reg(5).valLo
  if (length % 8) refuse(env, Errno.EINVAL)
  const bytes = fmt.map?.directValue()
  if (!bytes) refuse(env, Errno.EFAULT, 'failed to retrieve map value address\n')
  const text = bytes.subarray(fmt.off + fmt.valLo)
  const err = checkFormat(text.subarray(0, text.indexOf(0)), length / 8)
  if (err < 0) refuse(env, -err, 'Invalid format string\n')
}

/** bpf_per_cpu_ptr and bpf_this_cpu_ptr of an object that the program allocated for each CPU. */
export function checkPerCpuPtr(env: VerifierEnv, meta: CallArgMeta): void {
  const reg = env.reg(1)
  if ((reg.type & Flag.MEM_RCU) === 0) return
  if (!reg.btf || !isStructOrUnion(reg.btf.kind(reg.btfId))) {
    refuse(env, Errno.EFAULT, 'Helper has invalid btf/btf_id in R1\n')
  }
  meta.ownPercpu = true
  env.curAux.callWithPercpuAllocPtr = true
}

/** RET_PTR_TO_MEM_OR_BTF_ID: what one CPU has of a variable. @param flags of the return type. */
export function setMemOrBtf(env: VerifierEnv, r0: RegState, meta: CallArgMeta, flags: number): void {
  const { retBtf: btf, retBtfId } = meta
  if (!btf) refuse(env, Errno.EFAULT)
  const type = btf.skipModsAndTypedefs(retBtfId)
  if (!isStructOrUnion(btf.kind(type))) {
    const size = btf.resolveSize(type)
    if (size === undefined) {
      const text = `unable to resolve the size of type '${btf.name(type)}': ${-Errno.EINVAL}\n`
      refuse(env, Errno.EINVAL, text)
    }
    r0.type = RegType.PTR_TO_MEM | flags
    r0.memSize = size
    return
  }
  r0.type = RegType.PTR_TO_BTF_ID | (meta.ownPercpu ? Flag.MEM_ALLOC | Flag.MEM_RCU : flags & ~Flag.MEM_RDONLY)
  r0.btf = btf
  r0.btfId = retBtfId
}
