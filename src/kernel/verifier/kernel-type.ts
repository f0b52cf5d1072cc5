import type { Btf } from '../../btf/btf.ts'
import { essentialNameLength, typesNamed } from '../../btf/flavors.ts'
import { kindNames } from '../../btf/kinds.ts'
import { Errno } from '../../uapi/errno.ts'
import { shownName } from './btf-struct-walk.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'

/** Which of the kernel's types a program means by one of its own (btf_get_ptr_to_btf_id, bpf_core_find_cands). */

/** By the kernel's BTF: a kind and a name lead to the types. */
const known = new WeakMap<Btf, Map<string, readonly number[]>>()

function candidates(kernel: Btf, name: string, kind: number): readonly number[] {
  let byName = known.get(kernel)
  if (!byName) known.set(kernel, (byName = new Map<string, readonly number[]>()))
  const key = `${kind} ${name}`
  let found = byName.get(key)
  if (!found) byName.set(key, (found = typesNamed(kernel, name, kind)))
  return found
}

/** The kernel's type that a pointer of the program's is to: the only one of its name, whatever its flavour. */
export function kernelTypeOf(env: VerifierEnv, btf: Btf, pointer: number, arg: number): number {
  const id = btf.skipModsAndTypedefs(btf.type(pointer))
  const name = btf.name(id)
  const no = (errno: number, text: string): never => {
    const type = `('${kindNames[btf.kind(id)] ?? 'UNKNOWN'} ${shownName(name)}')`
    return refuse(env, errno, `arg#${arg} reference type${type} ${text}\n`)
  }
  if (name === '') no(Errno.EINVAL, `candidate matching error: ${-Errno.EINVAL}`)
  const found = candidates(env.vmlinux(), name.slice(0, essentialNameLength(name)), btf.kind(id))
  const [first] = found
  if (first === undefined) return no(Errno.ENOENT, 'has no matches')
  return found.length === 1 ? first : no(Errno.ESRCH, 'is ambiguous')
}
