import { FieldType } from '../btf/field-types.ts'
import { Errno } from '../../uapi/errno.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { hasField, regFields } from './fields.ts'
import type { SpecialField } from './input.ts'
import { apiName, kfuncName } from './kfuncs.ts'
import { markKnownZero } from './ranges.ts'
import type { RegState } from './state.ts'
import { changeRegs } from './state.ts'
import { Flag, RegType } from './types.ts'

/** Lists and trees of objects that programs own, and pointers to objects that are in one (non-owning references). */

const listApi: ReadonlySet<string> = new Set([
  'bpf_list_push_front',
  'bpf_list_push_back',
  'bpf_list_add',
  'bpf_list_pop_front',
  'bpf_list_pop_back',
  'bpf_list_del',
  'bpf_list_front',
  'bpf_list_back',
  'bpf_list_is_first',
  'bpf_list_is_last',
  'bpf_list_empty',
])

const rbtreeApi: ReadonlySet<string> = new Set([
  'bpf_rbtree_add',
  'bpf_rbtree_remove',
  'bpf_rbtree_first',
  'bpf_rbtree_root',
  'bpf_rbtree_left',
  'bpf_rbtree_right',
])

/** Functions that put an object into a list or a tree: the program's own reference becomes one that isn't. */
const inserts: ReadonlySet<string> = new Set([
  'bpf_list_push_front',
  'bpf_list_push_back',
  'bpf_list_add',
  'bpf_rbtree_add',
])

/** is_bpf_list_api_kfunc. */
export function isListApi(name: string): boolean {
  return listApi.has(apiName(name))
}

/** is_bpf_rbtree_api_kfunc. */
export function isRbtreeApi(name: string): boolean {
  return rbtreeApi.has(apiName(name))
}

/** is_bpf_graph_api_kfunc. */
export function isGraphApi(name: string): boolean {
  return isListApi(name) || isRbtreeApi(name) || apiName(name) === 'bpf_refcount_acquire'
}

export function insertsNode(name: string): boolean {
  return inserts.has(apiName(name))
}

/** in_rbtree_lock_required_cb: in a function that a tree calls, whose lock is held all the time. */
export function inRbtreeLockRequiredCb(env: VerifierEnv): boolean {
  const { curframe, frame } = env.curState
  return curframe > 0 && frame.inCallbackFn && isRbtreeApi(kfuncName(env, frame.callsite))
}

/** mark_reg_graph_node: a pointer to the node of what hangs in a list or a tree. */
export function markGraphNode(reg: RegState, root: SpecialField): void {
  markKnownZero(reg)
  reg.type = RegType.PTR_TO_BTF_ID | Flag.MEM_ALLOC
  reg.btf = root.btf
  reg.btfId = root.btfId
  reg.off = root.nodeOffset
}

/** ref_set_non_owning: it may be used until the lock is given back. */
export function refSetNonOwning(env: VerifierEnv, reg: RegState): void {
  const bug = (text: string): never => refuse(env, Errno.EFAULT, `verifier bug: ${text}\n`)
  if (!env.curState.activeLocks) bug('ref_set_non_owning w/o active lock')
  if (reg.type & Flag.NON_OWN_REF) bug('NON_OWN_REF already set')
  // What's counted lives on to the end of the RCU section, whoever takes it out.
  const counted = hasField(regFields(env, reg), FieldType.REFCOUNT)
  reg.type |= Flag.NON_OWN_REF | (counted ? Flag.MEM_RCU : 0)
}

/** ref_convert_owning_non_owning: all pointers to an object that has just been put somewhere. */
export function refConvertOwningNonOwning(env: VerifierEnv, refObjId: number): void {
  if (!refObjId || !env.curState.refs.some(({ id }) => id === refObjId)) {
    refuse(env, Errno.EFAULT, 'verifier bug: ref state missing for ref_obj_id\n')
  }
  changeRegs(
    env.curState,
    (reg) => reg.refObjId === refObjId,
    (reg) => {
      reg.refObjId = 0
      refSetNonOwning(env, reg)
    },
  )
}
