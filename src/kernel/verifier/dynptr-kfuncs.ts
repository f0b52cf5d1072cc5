import { Errno } from '../../uapi/errno.ts'
import { dynptrGetType, dynptrId, dynptrRefObjId, dynptrTypeFlag, processDynptrFunc } from './dynptr.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { hasSuffix, paramsOf } from './kfunc-arg-kinds.ts'
import type { KfuncMeta } from './kfunc-meta.ts'
import { markKnownZero } from './ranges.ts'
import { mayAccessPacket } from './regions.ts'
import { Access, ArgType, DynptrType, Flag, RegType } from './types.ts'

/** Kernel functions that make dynptrs, look at them and give pointers into them. */

/** What a function makes of memory that isn't a dynptr yet, or wants one to be. */
const typeOf: Readonly<Record<string, number>> = {
  bpf_dynptr_from_skb: Flag.DYNPTR_TYPE_SKB,
  bpf_dynptr_from_xdp: Flag.DYNPTR_TYPE_XDP,
  bpf_dynptr_from_skb_meta: Flag.DYNPTR_TYPE_SKB_META,
  bpf_dynptr_from_file: Flag.DYNPTR_TYPE_FILE,
  bpf_dynptr_file_discard: Flag.DYNPTR_TYPE_FILE | Flag.OBJ_RELEASE,
}

/** A dynptr as argument (KF_ARG_PTR_TO_DYNPTR). */
export function processKfuncDynptr(env: VerifierEnv, meta: KfuncMeta, regno: number): void {
  const { kfunc } = meta
  const uninit = hasSuffix(paramsOf(kfunc)[regno - 1]?.name ?? '', '__uninit')
  let argType: number = ArgType.PTR_TO_DYNPTR | (typeOf[kfunc.name] ?? 0)
  if (env.reg(regno).type === RegType.CONST_PTR_TO_DYNPTR) argType |= Flag.MEM_RDONLY
  let clone = 0
  if (uninit) {
    argType |= Flag.MEM_UNINIT
    if (kfunc.name === 'bpf_dynptr_clone') {
      if (meta.dynptrType === DynptrType.INVALID) {
        refuse(env, Errno.EFAULT, 'verifier bug: no dynptr type for parent of clone\n')
      }
      argType |= dynptrTypeFlag(meta.dynptrType)
      clone = meta.dynptrRefObjId
    }
  }
  processDynptrFunc(env, regno, env.insnIdx, argType, { clone, parent: meta.refObjId })
  if (uninit) return
  const reg = env.reg(regno)
  meta.dynptrId = dynptrId(env, reg)
  meta.dynptrType = dynptrGetType(env, reg)
  meta.dynptrRefObjId = dynptrRefObjId(env, reg)
}

/** bpf_dynptr_slice and bpf_dynptr_slice_rdwr: what they return is part of the dynptr. */
export function setSlice(env: VerifierEnv, meta: KfuncMeta): void {
  if (!meta.constFound) refuse(env, Errno.EFAULT, 'verifier bug: bpf_dynptr_slice(_rdwr) no constant size\n')
  const r0 = env.own(0)
  markKnownZero(r0)
  r0.memSize = meta.constLo
  r0.type = RegType.PTR_TO_MEM | dynptrTypeFlag(meta.dynptrType)
  if (meta.kfunc.name === 'bpf_dynptr_slice') {
    r0.type |= Flag.MEM_RDONLY
  } else if (!mayAccessPacket(env, undefined, Access.WRITE)) {
    refuse(env, Errno.EINVAL, 'the prog does not allow writes to packet data\n')
  }
  if (!meta.dynptrId) refuse(env, Errno.EFAULT, 'verifier bug: no dynptr id\n')
  r0.dynptrId = meta.dynptrId
}
