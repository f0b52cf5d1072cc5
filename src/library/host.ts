import { Btf } from '../btf/btf.ts'
import { BpfError } from './error.ts'
import { Codecs } from './codec.ts'
import { Errno } from '../uapi/errno.ts'
import type { Fd } from '../uapi/attr.ts'
import type { Syscalls } from '../kernel/syscall.ts'

/** The process of the simulated machine that a library's user is, and what it knows of the machine's types. */
export class Host {
  readonly #system: Syscalls
  readonly #codecs = new Map<number, Codecs>()
  #vmlinux: Codecs | undefined
  #closed = false

  constructor(system: Syscalls) {
    this.#system = system
  }

  /** @throws BpfError EBADF when the kernel was closed. */
  get system(): Syscalls {
    if (this.#closed) throw new BpfError(Errno.EBADF, 'the kernel is closed')
    return this.#system
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Codecs of a BTF object in the kernel. Ids are never used again. */
  codecs(btfId: number): Codecs {
    let codecs = this.#codecs.get(btfId)
    if (codecs === undefined) {
      const fd = this.system.bpf.getFdById('btf', btfId)
      codecs = new Codecs(Btf.parse(this.system.bpf.btfInfo(fd, true).btf ?? new Uint8Array()))
      this.system.close(fd)
      this.#codecs.set(btfId, codecs)
    }
    return codecs
  }

  /** Codecs of the kernel's own types. */
  vmlinux(): Codecs {
    return (this.#vmlinux ??= new Codecs(Btf.parse(this.system.files.read('/sys/kernel/btf/vmlinux'))))
  }

  close(): void {
    if (this.#closed) return
    this.#system.exit()
    this.#closed = true
  }
}

/** A descriptor that is closed once. */
export class Handle {
  readonly host: Host
  readonly #what: string
  #fd: Fd | undefined

  /** @param what names the object in errors, such as `map packets`. */
  constructor(host: Host, fd: Fd, what: string) {
    this.host = host
    this.#fd = fd
    this.#what = what
  }

  /** @throws BpfError EBADF after close. */
  get fd(): Fd {
    if (this.#fd === undefined) throw new BpfError(Errno.EBADF, `${this.#what} is closed`)
    return this.#fd
  }

  close(): void {
    if (this.#fd === undefined) return
    if (!this.host.closed) this.host.system.close(this.#fd)
    this.#fd = undefined
  }
}
