import type { Btf } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { Found, walkStruct } from './btf-struct-walk.ts'
import type { Place } from './btf-struct-walk.ts'
import { inheritTrust } from './btf-trust.ts'
import { checkBtfWrite, writeRule } from './btf-writes.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { mapStructs } from './map-structs.ts'
import { markKnownZero, markUnknown } from './ranges.ts'
import { fieldTypeName } from './regions.ts'
import type { Reg } from './state.ts'
import { tnumIsConst, tnumText } from './tnum.ts'
import { Access, Flag, RegType, typeIsNonOwningRef } from './types.ts'

/** Loads and stores through pointers to the kernel's structs and to objects of the program (btf_struct_access). */

/** What a register gets that such a load goes to. */
interface Loaded {
  /** RegType without flags. */
  readonly type: number
  readonly flags: number
  readonly btfId: number
  readonly field: string
}

const SCALAR: Loaded = { type: RegType.SCALAR_VALUE, flags: 0, btfId: 0, field: '' }

/** btf_struct_access. @param regType with MEM_ALLOC for an object of the program. */
function structAccess(env: VerifierEnv, regType: number, btf: Btf, btfId: number, off: number, size: number): Loaded {
  const isAlloc = (regType & Flag.MEM_ALLOC) !== 0
  if (isAlloc) {
    for (const field of env.kernel.structFields(btf, btfId) ?? []) {
      if (off >= field.offset + field.size || field.offset >= off + size) continue
      refuse(env, Errno.EACCES, `direct access to ${fieldTypeName(field.type)} is disallowed\n`)
    }
  }
  const place: Place = { id: btfId, flags: 0, field: '' }
  for (;;) {
    const found = walkStruct(env, btf, place.id, off, size, place)
    switch (found) {
      case Found.SCALAR:
        return SCALAR
      case Found.PTR:
        // What a program keeps in its own objects is nothing that anybody vouches for.
        if (isAlloc) return SCALAR
        return { type: RegType.PTR_TO_BTF_ID, flags: place.flags, btfId: place.id, field: place.field }
      case Found.PTR_UNTRUSTED:
        return { ...SCALAR, type: RegType.PTR_TO_MEM, flags: Flag.MEM_RDONLY | Flag.PTR_UNTRUSTED }
      case Found.STRUCT:
        off = 0
        break
      default:
        refuse(env, -found)
    }
  }
}

/** mark_btf_ld_reg. */
function markLoaded(env: VerifierEnv, regno: number, { type, flags, btfId }: Loaded, btf: Btf): void {
  const dst = env.own(regno)
  if (type === RegType.SCALAR_VALUE) {
    markUnknown(env, dst)
    return
  }
  markKnownZero(dst)
  dst.type = type | flags
  if (type === RegType.PTR_TO_MEM) {
    dst.memSize = 0
    return
  }
  dst.btf = btf
  dst.btfId = btfId
  if (flags & Flag.PTR_MAYBE_NULL) dst.id = ++env.idGen
}

/** Whether the pointer may be followed at all, and to this place. */
function checkPointer(env: VerifierEnv, reg: Reg, btf: Btf, regno: number, off: number): void {
  const name = btf.name(reg.btfId)
  if (!env.allowPtrLeaks) {
    refuse(env, Errno.EPERM, `'struct ${name}' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n`)
  }
  if (!env.input.gplCompatible && btf === env.vmlinux()) {
    refuse(env, Errno.EINVAL, `Cannot access kernel 'struct ${name}' from non-GPL compatible program\n`)
  }
  const no = (text: string): void => {
    refuse(env, Errno.EACCES, `R${regno} is ptr_${name} ${text}\n`)
  }
  if (off < 0) no(`invalid negative access: off=${off}`)
  if (!tnumIsConst(reg) || reg.valHi | reg.valLo) {
    no(`invalid variable offset: off=${off}, var_off=${tnumText(reg)}`)
  }
  if (reg.type & Flag.MEM_USER) no(`access user memory: off=${off}`)
  if (reg.type & Flag.MEM_PERCPU) no(`access percpu memory: off=${off}`)
}

/** check_ptr_to_btf_access. */
export function checkPtrToBtfAccess(
  env: VerifierEnv,
  regno: number,
  off: number,
  size: number,
  access: number,
  valueRegno: number,
): void {
  const reg = env.reg(regno)
  const { type, btf } = reg
  if (!btf) refuse(env, Errno.EFAULT)
  checkPointer(env, reg, btf, regno, off)
  const isAlloc = (type & Flag.MEM_ALLOC) !== 0
  const rule = access === Access.WRITE && !isAlloc ? writeRule(env) : undefined
  if (rule) {
    checkBtfWrite(env, rule, reg, off, size)
    return
  }
  if (access === Access.WRITE && !isAlloc) refuse(env, Errno.EACCES, 'only read is supported\n')
  if (isAlloc && !typeIsNonOwningRef(type) && !(type & Flag.MEM_RCU) && !reg.refObjId) {
    refuse(env, Errno.EFAULT, 'verifier bug: ref_obj_id for allocated object must be non-zero\n')
  }
  const loaded = structAccess(env, type, btf, reg.btfId, off, size)
  if (access !== Access.READ || valueRegno < 0) return
  if (loaded.type !== RegType.PTR_TO_BTF_ID) {
    markLoaded(env, valueRegno, loaded, btf)
    return
  }
  const flags = inheritTrust(env, reg, loaded.field, loaded.btfId, loaded.flags)
  markLoaded(env, valueRegno, { ...loaded, flags }, btf)
}

/** check_ptr_to_map_access: the fields of a struct bpf_map. */
export function checkPtrToMapAccess(
  env: VerifierEnv,
  regno: number,
  off: number,
  size: number,
  access: number,
  valueRegno: number,
): void {
  const type = env.reg(regno).map?.type ?? 0
  const name = mapStructs.get(type)
  const struct = name === undefined ? 0 : env.vmlinuxStruct(name)
  if (name === undefined || struct === 0) {
    refuse(env, Errno.ENOTSUPP, `map_ptr access not supported for map type ${type}\n`)
  }
  if (!env.allowPtrLeaks) {
    refuse(env, Errno.EPERM, `'struct ${name}' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n`)
  }
  if (off < 0) refuse(env, Errno.EACCES, `R${regno} is ${name} invalid negative access: off=${off}\n`)
  if (access !== Access.READ) refuse(env, Errno.EACCES, `only read from ${name} is supported\n`)
  const loaded = structAccess(env, RegType.PTR_TO_BTF_ID, env.vmlinux(), struct, off, size)
  if (valueRegno >= 0) markLoaded(env, valueRegno, loaded, env.vmlinux())
}
