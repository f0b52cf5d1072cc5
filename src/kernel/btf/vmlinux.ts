import { Btf } from '../../btf/btf.ts'

/** Parsed once for each kernel that is used: its bytes are always the same array. */
const parsed = new WeakMap<Uint8Array, Btf>()

/** The types of the running kernel (bpf_get_btf_vmlinux). */
export function vmlinuxTypes(kernel: { vmlinuxBtf(): Uint8Array }): Btf {
  const bytes = kernel.vmlinuxBtf()
  let btf = parsed.get(bytes)
  if (!btf) {
    btf = Btf.parse(bytes)
    parsed.set(bytes, btf)
  }
  return btf
}
