import { Errno } from '../../../uapi/errno.ts'
import type { HelperImpl } from './run.ts'

/** BPF_F_SKIP_FIELD_MASK, BPF_F_USER_STACK, BPF_F_FAST_STACK_CMP, BPF_F_REUSE_STACKID, BPF_F_USER_BUILD_ID. */
const SKIP_MASK = 0xff
const USER_STACK = 1 << 8
const FAST_CMP = 1 << 9
const REUSE_ID = 1 << 10
const USER_BUILD_ID = 1 << 11
/** sizeof(struct bpf_stack_build_id), sizeof(u64). */
const BUILD_ID = 32
const ADDRESS = 8

/** bpf_get_stackid: nothing called a program here, so that there's no stack that a frame could be of. */
const getStackId: HelperImpl = (run) => {
  const known = SKIP_MASK | USER_STACK | FAST_CMP | REUSE_ID
  run.ret(run.hi(3) !== 0 || run.lo(3) & ~known ? -Errno.EINVAL : -Errno.EFAULT)
}

/** __bpf_get_stack, of a stack without frames. */
const getStack: HelperImpl = (run) => {
  const size = run.size(3)
  const at = run.write(2, size)
  const flags = run.lo(4)
  const frame = flags & USER_BUILD_ID ? BUILD_ID : ADDRESS
  let result = 0
  if (run.hi(4) !== 0 || flags & ~(SKIP_MASK | USER_STACK | USER_BUILD_ID)) result = -Errno.EINVAL
  else if (flags & USER_BUILD_ID && !(flags & USER_STACK)) result = -Errno.EINVAL
  else if (size % frame !== 0) result = -Errno.EINVAL
  else if (flags & SKIP_MASK) result = -Errno.EFAULT
  run.memory.u8.fill(0, at, at + size)
  run.ret(result)
}

/** Helpers that walk the stack. */
export const stackHelpers: Readonly<Record<string, HelperImpl>> = {
  get_stackid: getStackId,
  get_stack: getStack,
}
