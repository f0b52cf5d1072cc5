import type { Btf } from '../../btf/btf.ts'
import { Kind } from '../../btf/btf.ts'

/** What the checks of special fields ask of the rest of the kernel. */
export interface FieldKernel {
  vmlinuxTypes(): Btf
}

/** Functions that let go of what a referenced kernel pointer in a map points to (register_btf_id_dtor_kfuncs). */
const destructors: Readonly<Record<string, string>> = {
  task_struct: 'bpf_task_release_dtor',
  cgroup: 'bpf_cgroup_release_dtor',
  bpf_cpumask: 'bpf_cpumask_release_dtor',
  bpf_crypto_ctx: 'bpf_crypto_ctx_release',
  prog_test_ref_kfunc: 'bpf_kfunc_call_test_release_dtor',
  prog_test_member: 'bpf_kfunc_call_memb_release_dtor',
}

/** btf_find_dtor_kfunc: whether this kernel has one for a struct of its own. */
export function hasDestructor(kernel: FieldKernel, struct: string): boolean {
  const name = destructors[struct]
  return name !== undefined && kernel.vmlinuxTypes().findOwnByNameKind(name, Kind.FUNC) !== undefined
}
