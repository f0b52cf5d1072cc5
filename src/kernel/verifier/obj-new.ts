import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { setSlice } from './dynptr-kfuncs.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { mayPointToLock } from './fields.ts'
import { markGraphNode, refSetNonOwning } from './graph.ts'
import { isScalarStruct } from './kfunc-arg-kinds.ts'
import type { KfuncMeta } from './kfunc-meta.ts'
import { KfFlag } from './kfuncs.ts'
import { markKnownZero } from './ranges.ts'
import { Flag, RegType } from './types.ts'

/** Objects of the program's own that kernel functions give: new ones, one reference more, nodes, parts of dynptrs. */

/** BPF_GLOBAL_PERCPU_MA_MAX_SIZE. */
const MAX_PERCPU_SIZE = 512

/** The struct of the kernel's that a returned pointer is to. */
function nodeType({ kfunc: { btf } }: KfuncMeta, target: number): 'list' | 'rbtree' | undefined {
  if (btf.kind(target) !== Kind.STRUCT) return undefined
  const name = btf.name(target)
  if (name === 'bpf_list_node') return 'list'
  return name === 'bpf_rb_node' ? 'rbtree' : undefined
}

/**
 * check_special_kfunc's share: objects, nodes, slices.
 * @param target what the returned pointer points to.
 * @returns whether r0 was set.
 */
export function setOwnResult(env: VerifierEnv, meta: KfuncMeta, target: number): boolean {
  switch (meta.kfunc.api) {
    case 'bpf_obj_new':
    case 'bpf_percpu_obj_new':
      setNewObject(env, meta)
      return true
    case 'bpf_refcount_acquire': {
      const { argBtf, argBtfId } = meta
      const r0 = env.own(0)
      markKnownZero(r0)
      r0.type = RegType.PTR_TO_BTF_ID | Flag.MEM_ALLOC
      r0.btf = argBtf
      r0.btfId = argBtfId
      env.curAux.kptrFields = argBtf && env.kernel.structFields(argBtf, argBtfId)
      return true
    }
    case 'bpf_dynptr_slice':
    case 'bpf_dynptr_slice_rdwr':
      setSlice(env, meta)
      return true
  }
  const node = nodeType(meta, target)
  const root = node === 'list' ? meta.listHead : meta.rbtreeRoot
  if (!node || !root) return false
  markGraphNode(env.own(0), root)
  return true
}

/** bpf_obj_new and bpf_percpu_obj_new: the constant is a struct's id in the program's BTF. */
function setNewObject(env: VerifierEnv, meta: KfuncMeta): void {
  const no = (text: string): never => refuse(env, Errno.EINVAL, `${text}\n`)
  const percpu = meta.kfunc.api === 'bpf_percpu_obj_new'
  if (meta.constHi !== 0) no('local type ID argument must be in range [0, U32_MAX]')
  const { btf } = env.input
  const id = meta.constLo >>> 0
  if (!btf) return no('bpf_obj_new/bpf_percpu_obj_new requires prog BTF')
  if (!btf.has(id) || btf.kind(id) !== Kind.STRUCT) {
    no('bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct')
  }
  const size = btf.size(id)
  if (percpu && size > MAX_PERCPU_SIZE) {
    no(`bpf_percpu_obj_new type size (${size}) is greater than ${MAX_PERCPU_SIZE}`)
  }
  const fields = env.kernel.structFields(btf, id)
  if (percpu) {
    if (!isScalarStruct(env, btf, id, 0)) no('bpf_percpu_obj_new type ID argument must be of a struct of scalars')
    if (fields) no('bpf_percpu_obj_new type ID argument must not contain special fields')
  }
  const r0 = env.own(0)
  markKnownZero(r0)
  r0.type = RegType.PTR_TO_BTF_ID | Flag.MEM_ALLOC | (percpu ? Flag.MEM_PERCPU : 0)
  r0.btf = btf
  r0.btfId = id
  const aux = env.curAux
  aux.objNewSize = size
  aux.kptrFields = fields
}

const drops: ReadonlySet<string> = new Set(['bpf_obj_drop', 'bpf_percpu_obj_drop'])

/** is_bpf_obj_drop_kfunc, is_bpf_percpu_obj_drop_kfunc. */
export function isDrop(api: string): boolean {
  return drops.has(api)
}

/** What is left to do when r0 has its type: nodes that aren't owned, ids of what may have a lock, types that go. */
export function finishOwnResult(env: VerifierEnv, meta: KfuncMeta, target: number): void {
  const { api, flags } = meta.kfunc
  if (!(flags & KfFlag.ACQUIRE) && nodeType(meta, target)) refSetNonOwning(env, env.own(0))
  if (mayPointToLock(env, env.reg(0)) && !env.reg(0).id) env.own(0).id = ++env.idGen
  if (isDrop(api)) env.curAux.kptrFields = meta.argBtf && env.kernel.structFields(meta.argBtf, meta.argBtfId)
}
