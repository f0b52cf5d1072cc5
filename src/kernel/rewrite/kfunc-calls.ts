import { Errno } from '../../uapi/errno.ts'
import { refuse } from '../verifier/env.ts'
import type { Patches, Program } from './program.ts'
import { PROG_AUX, structMeta } from './symbols.ts'

/**
 * Calls of kernel functions (fixup_kfunc_call): arguments that only the kernel knows are put in. The call keeps the type id
 * of its function: x86-64's compiler finds the address by that.
 */

export function rewriteKfunc(program: Program, i: number, out: Patches): void {
  const { insns, env } = program
  const id = insns.imm(i) >>> 0
  if (id === 0) refuse(env, Errno.EINVAL, 'invalid kernel function call not eliminated in verifier pass\n')
  if (insns.off(i) !== 0) return
  const aux = program.auxAt(i)
  const meta = aux.kptrFields ? structMeta(aux.kptrFields[0]?.btfId ?? 0) : 0n
  switch (env.vmlinux().name(id)) {
    case 'bpf_obj_new_impl':
    case 'bpf_percpu_obj_new_impl':
      out.movImm(1, aux.objNewSize)
      out.imm64(2, meta)
      break
    case 'bpf_obj_drop_impl':
    case 'bpf_percpu_obj_drop_impl':
    case 'bpf_refcount_acquire_impl':
      out.imm64(2, meta)
      break
    case 'bpf_list_push_back_impl':
    case 'bpf_list_push_front_impl':
      out.imm64(3, meta)
      out.movImm(4, aux.insertOff)
      break
    case 'bpf_rbtree_add_impl':
      out.imm64(4, meta)
      out.movImm(5, aux.insertOff)
      break
    case 'bpf_cast_to_kern_ctx':
    case 'bpf_rdonly_cast':
      out.mov(0, 1)
      return
  }
  if (aux.argProg) out.imm64(aux.argProg, PROG_AUX)
  out.keep(i)
}
