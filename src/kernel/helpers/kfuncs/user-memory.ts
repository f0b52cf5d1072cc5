import { Errno } from '../../../uapi/errno.ts'
import type { HelperImpl } from '../impl/run.ts'
import type { KfuncFamily } from './kfunc.ts'
import { kfunc } from './kfunc.ts'

/** BPF_F_PAD_ZEROS. */
const PAD_ZEROS = 1

/** bpf_copy_from_user_str. @param flagsArg which argument has the flags. */
function copyString(flagsArg: number): HelperImpl {
  return (run) => {
    const size = run.lo(2) >>> 0
    const flags = run.size(flagsArg)
    if (flags > PAD_ZEROS || size === 0) {
      run.ret(flags > PAD_ZEROS ? -Errno.EINVAL : 0)
      return
    }
    const to = run.write(1, size)
    const bytes = run.user.at(run.lo(3), run.hi(3))
    const { u8 } = run.memory
    let length = 0
    if (bytes) while (length < size - 1 && length < bytes.length && bytes[length] !== 0) length++
    const isCut = bytes !== undefined && length === bytes.length && length < size - 1
    if (!bytes || isCut) {
      if (flags === PAD_ZEROS) u8.fill(0, to, to + size)
      run.ret(-Errno.EFAULT)
      return
    }
    u8.set(bytes.subarray(0, length), to)
    u8.fill(0, to + length, flags === PAD_ZEROS ? to + size : to + length + 1)
    run.ret(length + 1)
  }
}

/** Strings of the process that has the program run. */
export const userMemoryKfuncs: KfuncFamily = {
  bpf_copy_from_user_str: kfunc(4, copyString(4)),
  bpf_copy_from_user_task_str: kfunc(5, copyString(5)),
}
