import { Btf } from '../../btf/btf.ts'
import { elementWords, fixedWords } from '../../btf/kinds.ts'

/** The BTF of a kernel: all of it, and its first bytes, which cost less. */
interface VmlinuxBytes {
  vmlinuxBtf(): Uint8Array
  vmlinuxBtfStart(): Uint8Array
}

/** Parsed once for each kernel that is used: its bytes are always the same array. */
const parsed = new WeakMap<Uint8Array, Btf>()

/** The types of the running kernel (bpf_get_btf_vmlinux). */
export function vmlinuxTypes(kernel: Pick<VmlinuxBytes, 'vmlinuxBtf'>): Btf {
  const bytes = kernel.vmlinuxBtf()
  let btf = parsed.get(bytes)
  if (!btf) {
    btf = Btf.parse(bytes)
    parsed.set(bytes, btf)
  }
  return btf
}

const startKinds = new WeakMap<Uint8Array, readonly number[]>()

/**
 * The kind of a type of the running kernel; undefined where there is no such type. Those that feature probes name, the
 * first few, are looked up without unpacking all the others.
 */
export function vmlinuxKind(kernel: VmlinuxBytes, id: number): number | undefined {
  const start = kernel.vmlinuxBtfStart()
  let kinds = startKinds.get(start)
  if (!kinds) {
    kinds = kindsIn(start)
    startKinds.set(start, kinds)
  }
  if (id < kinds.length) return kinds[id]
  const btf = vmlinuxTypes(kernel)
  return btf.has(id) ? btf.kind(id) : undefined
}

/** Kinds of the types that a piece of BTF from its beginning holds; [0] is void. */
function kindsIn(start: Uint8Array): number[] {
  const words = new Uint32Array(new Uint8Array(start.subarray(0, start.length & ~3)).buffer)
  const kinds = [0]
  // hdr_len, then type_off from there.
  for (let at = ((words[1] ?? 0) + (words[2] ?? 0)) >>> 2; at + 2 < words.length;) {
    const info = words[at + 1] as number
    const kind = (info >>> 24) & 31
    kinds.push(kind)
    at += 3 + (fixedWords[kind] ?? 0) + (info & 0xffff) * (elementWords[kind] ?? 0)
  }
  return kinds
}
