import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { kindName } from './func-args.ts'
import { decimalS64 } from './int64.ts'
import { iterOf } from './iterators.ts'
import { isScalarType, isStructType } from './kfunc-arg-kinds.ts'
import { finishOwnResult, setOwnResult } from './obj-new.ts'
import type { KfuncMeta } from './kfunc-meta.ts'
import { KfFlag } from './kfuncs.ts'
import { markConstZero, markKnownZero, markUnknown } from './ranges.ts'
import { acquireReference } from './references.ts'
import { Flag, RegType } from './types.ts'
import { facts } from './versions.ts'

/** What kernel functions give back: the end of check_kfunc_call, and check_special_kfunc. */

/** Functions whose reference is to an object of the program's own. */
const ownObjects: ReadonlySet<string> = new Set(['bpf_obj_new', 'bpf_percpu_obj_new', 'bpf_refcount_acquire'])

export function setKfuncResult(env: VerifierEnv, meta: KfuncMeta): void {
  const { btf, proto, name, api, flags } = meta.kfunc
  const type = btf.skipModsAndTypedefs(btf.type(proto))
  const isPtr = btf.kind(type) === Kind.PTR
  const target = isPtr ? btf.skipModsAndTypedefs(btf.type(type)) : 0
  if (flags & KfFlag.ACQUIRE && !(isPtr && isStructType(btf, target)) && !ownObjects.has(api)) {
    refuse(env, Errno.EINVAL, 'acquire kernel function does not return PTR_TO_BTF_ID\n')
  }
  if (isPtr) {
    setPointer(env, meta, target)
  } else if (isScalarType(btf, type)) {
    const r0 = env.own(0)
    markUnknown(env, r0)
    if (name === 'bpf_res_spin_lock' || name === 'bpf_res_spin_lock_irqsave') markConstZero(env, r0)
    r0.subregDef = btf.size(type) === 8 ? 0 : env.insnIdx + 1
  }
  finishOwnResult(env, meta, target)
}

/** A pointer's type, and then what holds for all of them. */
function setPointer(env: VerifierEnv, meta: KfuncMeta, target: number): void {
  const { flags, api } = meta.kfunc
  if (!setOwnResult(env, meta, target) && !setSpecial(env, meta)) setPlain(env, meta, target)
  const r0 = env.own(0)
  // bpf_refcount_acquire of an owned object can't fail.
  const mayBeNull = (flags & KfFlag.RET_NULL) !== 0 && !(api === 'bpf_refcount_acquire' && meta.argOwningRef)
  if (mayBeNull) {
    r0.type |= Flag.PTR_MAYBE_NULL
    r0.id = ++env.idGen
  }
  r0.subregDef = 0
  if (flags & KfFlag.ACQUIRE) {
    const id = acquireReference(env, env.insnIdx)
    if (mayBeNull) r0.id = id
    r0.refObjId = id
  }
}

/** Casts. @returns whether r0 was set. */
function setSpecial(env: VerifierEnv, meta: KfuncMeta): boolean {
  const { btf, name } = meta.kfunc
  if (name === 'bpf_cast_to_kern_ctx') {
    setStruct(env, btf, meta.retBtfId, Flag.PTR_TRUSTED)
    return true
  }
  if (name !== 'bpf_rdonly_cast') return false
  const { constHi, constLo } = meta
  const id = constLo >>> 0
  // btf_type_by_id takes the low half.
  if (!btf.has(id)) {
    const text = `Unknown type ID ${decimalS64(constHi, constLo)} passed to kfunc bpf_rdonly_cast\n`
    refuse(env, Errno.EINVAL, text)
  }
  if (isStructType(btf, id)) {
    setStruct(env, btf, id, Flag.PTR_UNTRUSTED)
  } else if (facts.voidCasts && btf.kind(id) === Kind.UNKN) {
    const r0 = env.own(0)
    markKnownZero(r0)
    r0.type = RegType.PTR_TO_MEM | Flag.MEM_RDONLY | Flag.PTR_UNTRUSTED
    r0.memSize = 0
  } else {
    const what = facts.voidCasts ? 'a struct or void' : 'a struct'
    refuse(env, Errno.EINVAL, `kfunc bpf_rdonly_cast type ID argument must be of ${what}\n`)
  }
  return true
}

function setStruct(env: VerifierEnv, btf: Btf, id: number, flags: number): void {
  const r0 = env.own(0)
  markKnownZero(r0)
  r0.type = RegType.PTR_TO_BTF_ID | flags
  r0.btf = btf
  r0.btfId = id
}

/** What the prototype says alone. */
function setPlain(env: VerifierEnv, meta: KfuncMeta, target: number): void {
  const { btf, name, flags } = meta.kfunc
  const rcuProtected = (flags & KfFlag.RCU_PROTECTED) !== 0
  if (target === 0) {
    // A pointer to anything is a number.
    markUnknown(env, env.own(0))
    return
  }
  if (btf.kind(target) === Kind.STRUCT) {
    let trust = 0
    if (name === 'bpf_get_kmem_cache') trust = Flag.PTR_UNTRUSTED
    else if (rcuProtected) trust = Flag.MEM_RCU
    else if (facts.kfuncsTrusted && !(flags & KfFlag.ITER_NEXT)) trust = Flag.PTR_TRUSTED
    if (flags & KfFlag.ITER_NEXT) trust |= iterOf(env.curState, meta).type & Flag.MEM_RCU || Flag.PTR_TRUSTED
    setStruct(env, btf, target, trust)
    return
  }
  if (!meta.r0Size) {
    const size = btf.resolveSize(target)
    if (size !== undefined) {
      meta.r0Size = size
      meta.r0Rdonly = true
    }
  }
  if (!meta.r0Size) {
    const what = `${kindName(btf, target)} ${btf.name(target)}`
    refuse(env, Errno.EINVAL, `kernel function ${name} returns pointer type ${what} is not supported\n`)
  }
  const r0 = env.own(0)
  markKnownZero(r0)
  r0.type = RegType.PTR_TO_MEM | (meta.r0Rdonly ? Flag.MEM_RDONLY : 0) | (rcuProtected ? Flag.MEM_RCU : 0)
  r0.memSize = meta.r0Size
  // It goes with what it belongs to.
  r0.refObjId = meta.refObjId
}
