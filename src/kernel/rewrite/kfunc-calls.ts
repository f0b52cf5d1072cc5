import { Errno } from '../../uapi/errno.ts'
import { apiName } from '../kfuncs/api-name.ts'
import { refuse } from '../verifier/env.ts'
import { mayAccessPacket } from '../verifier/regions.ts'
import { Access } from '../verifier/types.ts'
import type { Patches, Program } from './program.ts'
import { PROG_AUX, callDistance, structMeta } from './symbols.ts'

/** Calls of kernel functions (fixup_kfunc_call): where they go, and arguments that only the kernel knows. */

/** d_inode_locked_hooks: where the inode is locked already. */
const inodeLocked: ReadonlySet<string> = new Set(
  [
    'inode_post_removexattr inode_post_setattr inode_post_setxattr inode_removexattr inode_rmdir inode_setattr',
    'inode_setxattr inode_unlink path_unlink path_rmdir',
  ]
    .join(' ')
    .split(' ')
    .map((hook) => `bpf_lsm_${hook}`),
)

/** specialize_kfunc: which function a name stands for in this program. */
function specialized({ env }: Program, name: string): string {
  switch (name) {
    case 'bpf_dynptr_from_skb': {
      const { seenDirectWrite } = env
      const writable = mayAccessPacket(env, undefined, Access.WRITE)
      env.seenDirectWrite = seenDirectWrite
      return writable ? name : `${name}_rdonly`
    }
    case 'bpf_set_dentry_xattr':
    case 'bpf_remove_dentry_xattr':
      return inodeLocked.has(env.input.attach.funcName ?? '') ? `${name}_locked` : name
    default:
      return name
  }
}

export function rewriteKfunc(program: Program, i: number, out: Patches): void {
  const { insns, env } = program
  const id = insns.imm(i) >>> 0
  if (id === 0) refuse(env, Errno.EINVAL, 'invalid kernel function call not eliminated in verifier pass\n')
  if (insns.off(i) !== 0) return
  const aux = program.auxAt(i)
  const meta = aux.kptrFields ? structMeta(aux.kptrFields[0]?.btfId ?? 0) : 0n
  const name = env.vmlinux().name(id)
  const to = callDistance(program, specialized(program, name))
  if (to !== undefined) insns.setImm(i, to)
  switch (apiName(name)) {
    case 'bpf_obj_new':
    case 'bpf_percpu_obj_new':
      out.movImm(1, aux.objNewSize)
      out.imm64(2, meta)
      break
    case 'bpf_obj_drop':
    case 'bpf_percpu_obj_drop':
    case 'bpf_refcount_acquire':
      out.imm64(2, meta)
      break
    case 'bpf_list_push_back':
    case 'bpf_list_push_front':
      out.imm64(3, meta)
      out.movImm(4, aux.insertOff)
      break
    case 'bpf_list_add':
    case 'bpf_rbtree_add':
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
