import { CommandError } from '../command.ts'
import { SYSFS_VMLINUX, parseBtfFile } from './btf-file.ts'
import { commandLog } from './command-log.ts'
import type { Btf } from '../../btf/btf.ts'
import type { Command } from '../command.ts'

const VALUE_PREFIX = 'bpf_struct_ops_'

/** The kernel's types, as struct_ops commands want them; one for a whole process. */
class KernelTypes {
  readonly #cmd: Command
  #btf: Btf | undefined
  #announced = false

  constructor(cmd: Command) {
    this.#cmd = cmd
  }

  /** get_btf_vmlinux, where only its message is wanted: the types are read when something is looked up in them. */
  announce(): void {
    if (this.#announced) return
    this.#announced = true
    commandLog(this.#cmd).debug(() => `loaded kernel BTF from '${SYSFS_VMLINUX}'`)
  }

  get btf(): Btf {
    if (this.#btf === undefined) {
      const btf = parseBtfFile(this.#cmd, SYSFS_VMLINUX)
      if (typeof btf === 'number') throw new CommandError('struct_ops requires kernel CONFIG_DEBUG_INFO_BTF=y')
      this.announce()
      this.#btf = btf
    }
    return this.#btf
  }

  /** get_kern_struct_ops_name: the operations struct that a map's value wraps. */
  nameOf(valueTypeId: number): string {
    return this.btf.name(valueTypeId).slice(VALUE_PREFIX.length)
  }
}

const known = new WeakMap<Command, KernelTypes>()

export function kernelTypes(cmd: Command): KernelTypes {
  let types = known.get(cmd)
  if (types === undefined) {
    types = new KernelTypes(cmd)
    known.set(cmd, types)
  }
  return types
}
