import { Class, Mode } from '../../isa/opcode.ts'
import { Errno } from '../../uapi/errno.ts'
import { FieldType, FieldTypes } from '../btf/field-types.ts'
import { structIdsMatch } from './btf-struct-walk.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { findField, hasField, regFields } from './fields.ts'
import type { SpecialField } from './input.ts'
import { regTypeText } from './log.ts'
import { isNull, markInvalid, markKnownZero } from './ranges.ts'
import { releaseReferenceNoMark } from './references.ts'
import { checkPtrOffReg, inRcuSection } from './regs.ts'
import type { Reg } from './state.ts'
import { changeRegs } from './state.ts'
import { tnumIsConst } from './tnum.ts'
import { Flag, RegType, baseType, typeFlag, typeIsPtrAllocObj } from './types.ts'
import { facts } from './versions.ts'

/** Pointers that map values and objects hold: to the kernel's objects, the program's own, per-CPU ones, user memory. */

/** rcu_protected_types: the kernel's structs whose objects outlive their last reference by a grace period. */
const rcuProtected: ReadonlySet<string> = new Set([
  'prog_test_ref_kfunc',
  'cgroup',
  'bpf_cpumask',
  'task_struct',
  'bpf_crypto_ctx',
])

/** btf_is_kernel, of what a field points to. */
function toKernel(env: VerifierEnv, { btf }: Pick<SpecialField | Reg, 'btf'>): boolean {
  return btf === env.vmlinux()
}

/**
 * map_kptr_match_type: whether a register may be put into a field.
 * @returns false after it said why not. Its callers refuse with an errno of their own.
 */
export function mapKptrMatchType(env: VerifierEnv, field: SpecialField, reg: Reg, regno: number): boolean {
  let allowed = Flag.PTR_MAYBE_NULL
  if (!reg.btf || toKernel(env, reg)) {
    allowed |= Flag.PTR_TRUSTED | Flag.MEM_RCU
    if (field.type === FieldType.KPTR_UNREF) allowed |= Flag.PTR_UNTRUSTED
  } else {
    allowed |= Flag.MEM_ALLOC
    if (field.type === FieldType.KPTR_PERCPU) allowed |= Flag.MEM_PERCPU
  }
  let name = ''
  const isPercpu = (reg.type & Flag.MEM_PERCPU) !== 0
  const wrongPlace = facts.percpuKptrsOnly && isPercpu !== (field.type === FieldType.KPTR_PERCPU)
  if (baseType(reg.type) === RegType.PTR_TO_BTF_ID && !(typeFlag(reg.type) & ~allowed) && !wrongPlace) {
    name = reg.btf?.name(reg.btfId) ?? ''
    checkPtrOffReg(env, reg, regno, true)
    const strict = field.type !== FieldType.KPTR_UNREF
    if (reg.btf && field.btf && structIdsMatch(env, reg.btf, reg.btfId, reg.off, field.btf, field.btfId, strict))
      return true
  }
  const target = field.btf?.name(field.btfId) ?? ''
  env.verbose(`invalid kptr access, R${regno} type=${regTypeText(reg.type)}${name} `)
  env.verbose(`expected=${regTypeText(RegType.PTR_TO_BTF_ID)}${target}`)
  const untrusted = regTypeText(RegType.PTR_TO_BTF_ID | Flag.PTR_UNTRUSTED)
  env.verbose(field.type === FieldType.KPTR_UNREF ? ` or ${untrusted}${target}\n` : '\n')
  return false
}

/** rcu_safe_kptr. */
function isRcuSafe(env: VerifierEnv, field: SpecialField): boolean {
  if (field.type === FieldType.KPTR_PERCPU) return true
  if (field.type !== FieldType.KPTR_REF) return false
  return !toKernel(env, field) || rcuProtected.has(field.btf?.name(field.btfId) ?? '')
}

/** btf_ld_kptr_type: flags of what is loaded from a field. */
function loadedFlags(env: VerifierEnv, field: SpecialField): number {
  if (!isRcuSafe(env, field) || !inRcuSection(env)) return Flag.PTR_MAYBE_NULL | Flag.PTR_UNTRUSTED
  let flags = Flag.PTR_MAYBE_NULL | Flag.MEM_RCU
  const local = !toKernel(env, field)
  if (field.type === FieldType.KPTR_PERCPU) flags |= Flag.MEM_PERCPU
  else if (local) flags |= Flag.MEM_ALLOC
  const fields = local && field.btf ? env.kernel.structFields(field.btf, field.btfId) : undefined
  if (hasField(fields, FieldTypes.GRAPH_NODE)) flags |= Flag.NON_OWN_REF
  return flags
}

function load(env: VerifierEnv, regno: number, field: SpecialField): void {
  const reg = env.own(regno)
  markKnownZero(reg)
  if (field.type === FieldType.UPTR) {
    // mark_uptr_ld_reg
    reg.type = RegType.PTR_TO_MEM | Flag.PTR_MAYBE_NULL
    reg.memSize = field.btf?.size(field.btfId) ?? 0
  } else {
    const flags = loadedFlags(env, field)
    reg.type = RegType.PTR_TO_BTF_ID | flags
    reg.btf = field.btf
    reg.btfId = field.btfId
  }
  reg.id = ++env.idGen
}

/** check_map_kptr_access: an access that is exactly a field, as check_map_access saw. */
export function checkKptrAccess(
  env: VerifierEnv,
  insnIdx: number,
  _regno: number,
  valueRegno: number,
  field: SpecialField,
): void {
  const no = (text: string): never => refuse(env, Errno.EACCES, `${text}\n`)
  const code = env.insns.code(insnIdx)
  const cls = code & 7
  if ((code & 0xe0) !== Mode.MEM) no('kptr in map can only be accessed using BPF_MEM instruction mode')
  if (cls === Class.LDX) {
    load(env, valueRegno, field)
    return
  }
  if (field.type === FieldType.KPTR_REF || field.type === FieldType.KPTR_PERCPU) {
    no('store to referenced kptr disallowed')
  }
  if (field.type === FieldType.UPTR) no('store to uptr disallowed')
  if (cls === Class.STX) {
    const reg = env.reg(valueRegno)
    if (!isNull(reg) && !mapKptrMatchType(env, field, reg, valueRegno)) refuse(env, Errno.EACCES)
  } else if (cls === Class.ST) {
    if (env.insns.imm(insnIdx)) no(`BPF_ST imm must be 0 when storing to kptr at off=${field.offset}`)
  } else {
    no('kptr in map can only be accessed using BPF_LDX/BPF_STX/BPF_ST')
  }
}

/** process_kptr_func: the field that bpf_kptr_xchg changes. */
export function processKptrFunc(env: VerifierEnv, regno: number): SpecialField {
  const reg = env.reg(regno)
  const { map } = reg
  if (!typeIsPtrAllocObj(reg.type) && map && !map.hasBtf) {
    refuse(env, Errno.EINVAL, `map '${map.name}' has to have BTF in order to use bpf_kptr_xchg\n`)
  }
  const fields = typeIsPtrAllocObj(reg.type) ? regFields(env, reg) : (map?.fields ?? [])
  if (!tnumIsConst(reg)) {
    refuse(env, Errno.EINVAL, `R${regno} doesn't have constant offset. kptr has to be at the constant offset\n`)
  }
  if (!hasField(fields, FieldTypes.KPTR)) refuse(env, Errno.EINVAL, `R${regno} has no valid kptr\n`)
  const off = (reg.off + reg.valLo) | 0
  const field = findField(fields, off, FieldTypes.KPTR)
  if (!field) return refuse(env, Errno.EACCES, `off=${off} doesn't point to kptr\n`)
  if (field.type === FieldType.KPTR_UNREF) refuse(env, Errno.EACCES, `off=${off} kptr isn't referenced kptr\n`)
  return field
}

/**
 * What bpf_kptr_xchg took is the map's now; a per-CPU object may still be used under RCU.
 * @returns whether there was such a reference.
 */
export function releaseToKptr(env: VerifierEnv, refObjId: number): boolean {
  const inRcu = inRcuSection(env)
  if (!releaseReferenceNoMark(env.curState, refObjId)) return false
  changeRegs(
    env.curState,
    (reg) => reg.refObjId === refObjId,
    (reg) => {
      if (inRcu && reg.type & Flag.MEM_ALLOC && reg.type & Flag.MEM_PERCPU) {
        reg.refObjId = 0
        reg.type = (reg.type & ~Flag.MEM_ALLOC) | Flag.MEM_RCU
      } else {
        markInvalid(env, reg)
      }
    },
  )
  return true
}

/** Flags of what bpf_kptr_xchg gives back. */
export function xchgResultFlags(env: VerifierEnv, field: SpecialField): number {
  if (toKernel(env, field)) return 0
  return Flag.MEM_ALLOC | (field.type === FieldType.KPTR_PERCPU ? Flag.MEM_PERCPU : 0)
}
