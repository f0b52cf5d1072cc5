import { KernelError } from '../../kernel/error.ts'
import type { Syscalls } from '../../kernel/syscall.ts'

/** Names of kernel addresses from /proc/kallsyms (kernel_syms_load), read when the first one is asked for. */
export class KernelSymbols {
  readonly #system: Syscalls
  #names: Map<string, string> | undefined
  #callBase = 0n

  constructor(system: Syscalls) {
    this.#system = system
  }

  #load(): Map<string, string> {
    const names = new Map<string, string>()
    let text = ''
    try {
      text = Buffer.from(this.#system.files.read('/proc/kallsyms')).toString('latin1')
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
    }
    for (const line of text.split('\n')) {
      const [address, , name] = line.split(/\s+/, 3)
      if (address === undefined || name === undefined) continue
      const key = address.replace(/^0+/, '')
      if (name === '__bpf_call_base') {
        // kernel.kptr_restrict hides all addresses.
        if (key === '') return new Map()
        this.#callBase = BigInt(`0x${key}`)
      }
      if (key !== '' && !names.has(key)) names.set(key, name)
    }
    return names
  }

  name(address: bigint): string | undefined {
    this.#names ??= this.#load()
    return this.#names.get(address.toString(16))
  }

  /** Address of a helper call whose imm counts from __bpf_call_base. */
  callAddress(imm: number): bigint {
    this.#names ??= this.#load()
    return BigInt.asUintN(64, this.#callBase + BigInt(imm))
  }
}
