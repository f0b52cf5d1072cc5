import { Btf, BtfError, Kind } from '../btf/btf.ts'
import { KernelError } from '../kernel/error.ts'
import type { Syscalls } from '../kernel/syscall.ts'
import type { Fd } from '../uapi/attr.ts'
import { AttachType } from '../uapi/attach-type.ts'
import { Errno } from '../uapi/errno.ts'
import { LibbpfError, errstr } from './error.ts'
import { kernelSupports } from './features.ts'
import type { Log } from './log.ts'

const VMLINUX_PATH = '/sys/kernel/btf/vmlinux'
const BTF_MAX_NAME_SIZE = 128

/** A kernel's types, by the bytes that it hands out: who loads one object after the other parses them once. */
const parsed = new WeakMap<Uint8Array, Btf>()

/** BTF of one kernel module, with the descriptor that programs name it by. */
export interface ModuleBtf {
  btf: Btf
  name: string
  fd: Fd
  /** Place in the object's descriptor array; 0 where it has none yet. */
  fdArrayIdx: number
}

/** What the running kernel says of its types, read when first asked for. */
export class KernelBtf {
  readonly #sys: Syscalls
  readonly #log: Log
  #vmlinux: Btf | undefined
  #modules: ModuleBtf[] | undefined

  constructor(sys: Syscalls, log: Log) {
    this.#sys = sys
    this.#log = log
  }

  /** bpf_object__load_vmlinux_btf. @throws LibbpfError. */
  load(): Btf {
    if (this.#vmlinux !== undefined) return this.#vmlinux
    let errno: number = Errno.ESRCH
    try {
      const bytes = this.#sys.files.read(VMLINUX_PATH)
      this.#vmlinux = parsed.get(bytes) ?? Btf.parse(bytes)
      parsed.set(bytes, this.#vmlinux)
      this.#log.debug(() => `loaded kernel BTF from '${VMLINUX_PATH}'`)
      return this.#vmlinux
    } catch (error) {
      if (error instanceof BtfError) {
        errno = error.errno
      } else if (error instanceof KernelError) {
        this.#log.warn(`kernel BTF is missing at '${VMLINUX_PATH}', was CONFIG_DEBUG_INFO_BTF enabled?`)
        this.#log.warn('failed to find valid kernel BTF')
      } else {
        throw error
      }
    }
    this.#log.warn(`Error loading vmlinux BTF: ${errstr(errno)}`)
    throw new LibbpfError(errno)
  }

  /** The kernel's BTF where it has been loaded. */
  get vmlinux(): Btf | undefined {
    return this.#vmlinux
  }

  /** load_module_btfs. */
  modules(): readonly ModuleBtf[] {
    if (this.#modules !== undefined) return this.#modules
    this.#modules = []
    if (!kernelSupports(this.#sys, 'moduleBtf')) return this.#modules
    const { bpf } = this.#sys
    let id = 0
    for (;;) {
      let fd: Fd
      try {
        id = bpf.getNextId('btf', id)
        fd = bpf.getFdById('btf', id)
      } catch (error) {
        if (error instanceof KernelError) return this.#modules
        throw error
      }
      const { kernelBtf, name } = bpf.btfInfo(fd)
      if (!kernelBtf || name === 'vmlinux') {
        this.#sys.close(fd)
        continue
      }
      const { btf } = bpf.btfInfo(fd, true)
      if (btf !== undefined) this.#modules.push({ btf: Btf.parse(btf, this.load()), name, fd, fdArrayIdx: 0 })
    }
  }

  /** bpf_object_cleanup_btf. */
  close(): void {
    for (const module of this.#modules ?? []) this.#sys.close(module.fd)
    this.#modules = undefined
  }

  /** find_ksym_btf_id: a type of the kernel or of one of its modules. */
  find(name: string, kind: number): { id: number; btf: Btf; module: ModuleBtf | undefined } | undefined {
    const btf = this.load()
    const id = btf.findByNameKind(name, kind)
    if (id !== undefined) return { id, btf, module: undefined }
    for (const module of this.modules()) {
      const own = module.btf.findByNameKind(name, kind)
      if (own !== undefined) return { id: own, btf: module.btf, module }
    }
    return undefined
  }

  /** find_kernel_btf_id. @throws LibbpfError ESRCH or ENAMETOOLONG. */
  findAttachTarget(target: string, attachType: number): { id: number; objFd: Fd } {
    const colon = target.indexOf(':')
    const moduleName = colon < 0 ? undefined : target.slice(0, colon)
    const name = target.slice(colon + 1)
    const [prefix, kind] = attachPrefix(attachType)
    if (prefix.length + name.length >= BTF_MAX_NAME_SIZE) throw new LibbpfError(Errno.ENAMETOOLONG)
    if (moduleName === undefined || 'vmlinux'.startsWith(moduleName)) {
      const id = this.load().findByNameKind(prefix + name, kind)
      if (id !== undefined) return { id, objFd: 0 }
    }
    for (const module of this.modules()) {
      if (moduleName !== undefined && !module.name.startsWith(moduleName)) continue
      const id = module.btf.findByNameKind(prefix + name, kind)
      if (id !== undefined) return { id, objFd: module.fd }
    }
    throw new LibbpfError(Errno.ESRCH)
  }
}

/** btf_get_kernel_prefix_kind. */
export function attachPrefix(attachType: number): [string, number] {
  switch (attachType) {
    case AttachType.TRACE_RAW_TP:
      return ['btf_trace_', Kind.TYPEDEF]
    case AttachType.LSM_MAC:
    case AttachType.LSM_CGROUP:
      return ['bpf_lsm_', Kind.FUNC]
    case AttachType.TRACE_ITER:
      return ['bpf_iter_', Kind.FUNC]
    default:
      return ['', Kind.FUNC]
  }
}
