import { Errno } from '../../../uapi/errno.ts'
import { readString } from './strings.ts'
import type { HelperImpl, Run } from './run.ts'

/** Arguments 1 and 2: a name with its NUL as the last byte. */
function nameArgument(run: Run): string | undefined {
  const size = run.size(2)
  const bytes = run.bytes(run.read(1, size), size)
  if (size <= 1 || bytes[size - 1] !== 0) return undefined
  const name = readString(run, run.lo(1), run.hi(1), size) ?? new Uint8Array(0)
  return String.fromCharCode(...name)
}

/** What programs of type SYSCALL do as a process does: commands of bpf(2), and what a loader looks up. */
export const syscallHelpers: Readonly<Record<string, HelperImpl>> = {
  sys_bpf: (run) => {
    const size = run.size(3)
    run.ret(run.kernel.sysBpf(run, run.lo(1), run.read(2, size), size))
  },
  sys_close: (run) => {
    run.ret(run.kernel.sysClose(run.lo(1)))
  },
  /** The kernel's modules are built in: what is found is vmlinux's, which needs no descriptor. */
  btf_find_by_name_kind: (run) => {
    const name = nameArgument(run)
    const hasFlags = (run.lo(4) | run.hi(4)) !== 0
    run.ret(hasFlags || name === undefined ? -Errno.EINVAL : run.kernel.findBtfId(name, run.lo(3)))
  },
  kallsyms_lookup_name: (run) => {
    const { view } = run.memory
    const result = run.write(4, 8)
    view.setBigUint64(result, 0n, true)
    const name = nameArgument(run)
    if ((run.lo(3) | run.hi(3)) !== 0 || name === undefined) {
      run.ret(-Errno.EINVAL)
      return
    }
    const address = run.kernel.symbol(name)
    if (address === undefined) {
      run.ret(-Errno.ENOENT)
      return
    }
    view.setBigUint64(result, address, true)
    run.ret(0)
  },
}
