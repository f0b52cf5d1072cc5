import type { Btf } from '../../btf/btf.ts'
import { kindNames } from '../../btf/kinds.ts'
import { Errno } from '../../uapi/errno.ts'
import { shownName } from './btf-struct-walk.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'

/** Which of the kernel's types a program means by one of its own (btf_get_ptr_to_btf_id, bpf_core_find_cands). */

/** The kernel's type that a pointer of the program's is to: the only one of its name, whatever its flavour. */
export function kernelTypeOf(env: VerifierEnv, btf: Btf, pointer: number, arg: number): number {
  const id = btf.skipModsAndTypedefs(btf.type(pointer))
  const name = btf.name(id)
  const no = (errno: number, text: string): never => {
    const type = `('${kindNames[btf.kind(id)] ?? 'UNKNOWN'} ${shownName(name)}')`
    return refuse(env, errno, `arg#${arg} reference type${type} ${text}\n`)
  }
  const ids = env.kernel.candidates.find(env.vmlinux(), btf, id)?.ids
  if (!ids) return no(Errno.EINVAL, `candidate matching error: ${-Errno.EINVAL}`)
  const [first] = ids
  if (first === undefined) return no(Errno.ENOENT, 'has no matches')
  return ids.length === 1 ? first : no(Errno.ESRCH, 'is ambiguous')
}
