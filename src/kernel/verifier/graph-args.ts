import { FieldType } from '../btf/field-types.ts'
import { Errno } from '../../uapi/errno.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { findField, findRegField, regFields } from './fields.ts'
import { inRbtreeLockRequiredCb } from './graph.ts'
import type { SpecialField } from './input.ts'
import { apiName } from './kfuncs.ts'
import { fieldTypeName } from './regions.ts'
import type { Reg } from './state.ts'
import { tnumIsConst } from './tnum.ts'
import { Flag, LOCK_MASK, RegType, typeIsNonOwningRef } from './types.ts'
import { argText } from './regs.ts'

/** Arguments of the functions that work on lists and trees: roots and nodes (process_kf_arg_ptr_to_*). */

const ALLOCATED = RegType.PTR_TO_BTF_ID | Flag.MEM_ALLOC

function no(env: VerifierEnv, text: string): never {
  refuse(env, Errno.EINVAL, `${text}\n`)
}

/** check_reg_allocation_locked: whether the lock that's held lies in the same value or object. */
function isLocked(env: VerifierEnv, reg: Reg): boolean {
  const { activeLocks, refs } = env.curState
  if (!activeLocks) return false
  const ptr = reg.type === RegType.PTR_TO_MAP_VALUE ? reg.map : reg.btf
  if (refs.some((ref) => (ref.type & LOCK_MASK) !== 0 && ref.id === reg.id && ref.ptr === ptr)) return true
  env.verbose('held lock and object are not in the same allocation\n')
  return false
}

function constantOffset(env: VerifierEnv, regno: number, name: string): number {
  const reg = env.reg(regno)
  if (!tnumIsConst(reg)) {
    no(env, `R${regno} doesn't have constant offset. ${name} has to be at the constant offset`)
  }
  return (reg.off + reg.valLo) | 0
}

/** __process_kf_arg_ptr_to_graph_root, and what check_kfunc_args asks before. @returns which field it is. */
function processRoot(env: VerifierEnv, regno: number, type: number): SpecialField {
  const reg = env.reg(regno)
  if (reg.type !== RegType.PTR_TO_MAP_VALUE && reg.type !== ALLOCATED) {
    no(env, `${argText(regno)} expected pointer to map value or allocated object`)
  }
  if (reg.type === ALLOCATED && !reg.refObjId) no(env, 'allocated object must be referenced')
  const name = fieldTypeName(type)
  const off = constantOffset(env, regno, name)
  const fields = regFields(env, reg)
  const field = findField(fields, off, type)
  if (!field) return no(env, `${name} not found at offset=${off >>> 0}`)
  if (!isLocked(env, reg)) {
    const lock = fields.find((other) => other.type === FieldType.SPIN_LOCK)?.offset ?? -Errno.EINVAL
    no(env, `bpf_spin_lock at off=${lock} must be held for ${name}`)
  }
  return field
}

/** process_kf_arg_ptr_to_list_head. */
export function processKfArgPtrToListHead(env: VerifierEnv, regno: number): SpecialField {
  return processRoot(env, regno, FieldType.LIST_HEAD)
}

/** process_kf_arg_ptr_to_rbtree_root. */
export function processKfArgPtrToRbtreeRoot(env: VerifierEnv, regno: number): SpecialField {
  return processRoot(env, regno, FieldType.RB_ROOT)
}

/** __process_kf_arg_ptr_to_graph_node: what is put into, or taken out of, the root must be of its type. */
function processNode(env: VerifierEnv, regno: number, root: SpecialField, nodeType: number): void {
  const reg = env.reg(regno)
  const name = fieldTypeName(nodeType)
  const off = constantOffset(env, regno, name)
  if (!findRegField(env, reg, off, nodeType)) no(env, `${name} not found at offset=${off >>> 0}`)
  const wanted = root.btf?.name(root.btfId) ?? ''
  if (reg.btf !== root.btf || reg.btfId !== root.btfId) {
    const expected = `operation on ${fieldTypeName(root.type)} expects arg#1 ${name} at offset=${root.nodeOffset}`
    const given = reg.btf?.name(reg.btfId) ?? ''
    no(env, `${expected} in struct ${wanted}, but arg is at offset=${off} in struct ${given}`)
  }
  if (off !== root.nodeOffset) {
    no(env, `arg#1 offset=${off}, but expected ${name} at offset=${root.nodeOffset} in struct ${wanted}`)
  }
}

function checkOwned(env: VerifierEnv, regno: number): void {
  const reg = env.reg(regno)
  if (reg.type !== ALLOCATED) no(env, `${argText(regno)} expected pointer to allocated object`)
  if (!reg.refObjId) no(env, 'allocated object must be referenced')
}

/** process_kf_arg_ptr_to_list_node. @param nonOwned whether it may be one that is in a list. */
export function processKfArgPtrToListNode(
  env: VerifierEnv,
  regno: number,
  root: SpecialField,
  nonOwned: boolean,
): void {
  const reg = env.reg(regno)
  if (!nonOwned || !typeIsNonOwningRef(reg.type) || reg.refObjId) checkOwned(env, regno)
  processNode(env, regno, root, FieldType.LIST_NODE)
}

/** process_kf_arg_ptr_to_rbtree_node. @param func the function that's called. */
export function processKfArgPtrToRbtreeNode(env: VerifierEnv, regno: number, root: SpecialField, func: string): void {
  if (apiName(func) === 'bpf_rbtree_add') {
    checkOwned(env, regno)
  } else {
    const reg = env.reg(regno)
    if (!typeIsNonOwningRef(reg.type) && !reg.refObjId) {
      no(env, `${func} can only take non-owning or refcounted bpf_rb_node pointer`)
    }
    if (inRbtreeLockRequiredCb(env)) no(env, `${func} not allowed in rbtree cb`)
  }
  processNode(env, regno, root, FieldType.RB_NODE)
}
