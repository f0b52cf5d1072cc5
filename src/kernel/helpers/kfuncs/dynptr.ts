import { Errno } from '../../../uapi/errno.ts'
import { ProgType } from '../../../uapi/prog-type.ts'
import {
  DYNPTR_SIZE,
  DynptrType,
  checkRange,
  copyFrom,
  copyTo,
  initDynptr,
  moveDynptr,
  nullDynptr,
  readDynptr,
  sliceOf,
} from '../impl/dynptr.ts'
import type { HelperImpl, Run } from '../impl/run.ts'
import type { KfuncFamily } from './kfunc.ts'
import { kfunc } from './kfunc.ts'

/** Types whose programs may write to packets (may_access_direct_pkt_data). */
const writers: ReadonlySet<number> = new Set([
  ProgType.SCHED_CLS,
  ProgType.SCHED_ACT,
  ProgType.LWT_XMIT,
  ProgType.SK_SKB,
  ProgType.SK_MSG,
  ProgType.XDP,
])

/** What stands for a packet's own address in a dynptr. */
const PACKET = 1

/** bpf_dynptr_from_skb and its kin. */
function from(type: number, size: (run: Run) => number): HelperImpl {
  return (run) => {
    const at = run.write(3, DYNPTR_SIZE)
    if (!run.isNull(2)) {
      nullDynptr(run, at)
      run.ret(-Errno.EINVAL)
      return
    }
    initDynptr(run, at, PACKET, size(run), type, !writers.has(run.prog.type))
    run.ret(0)
  }
}

function slice(write: boolean): HelperImpl {
  return (run) => {
    const dynptr = readDynptr(run, 1)
    const len = run.lo(4) >>> 0
    const buffer = run.isNull(3) ? 0 : run.write(3, len)
    run.retAddress(write && dynptr.rdonly ? 0 : sliceOf(run, dynptr, run.lo(2) >>> 0, buffer, len))
  }
}

const adjust: HelperImpl = (run) => {
  const dynptr = readDynptr(run, 1)
  const start = run.lo(2) >>> 0
  const end = run.lo(3) >>> 0
  let error = 0
  if (dynptr.data === 0 || start > end) error = Errno.EINVAL
  else if (start > dynptr.size || end > dynptr.size) error = Errno.ERANGE
  else moveDynptr(run, dynptr, dynptr.offset + start, end - start)
  run.ret(-error)
}

const clone: HelperImpl = (run) => {
  const { at, data } = readDynptr(run, 1)
  const to = run.write(2, DYNPTR_SIZE)
  if (data === 0) nullDynptr(run, to)
  else run.memory.u8.copyWithin(to, at, at + DYNPTR_SIZE)
  run.ret(data === 0 ? -Errno.EINVAL : 0)
}

const copy: HelperImpl = (run) => {
  const to = readDynptr(run, 1)
  const from_ = readDynptr(run, 3)
  const toOffset = run.lo(2) >>> 0
  const offset = run.lo(4) >>> 0
  const size = run.lo(5) >>> 0
  const source = sliceOf(run, from_, offset, 0, size)
  const target = to.rdonly ? 0 : sliceOf(run, to, toOffset, 0, size)
  if (source !== 0 && target !== 0) {
    run.memory.u8.copyWithin(target, source, source + size)
    run.ret(0)
  } else if (source !== 0) run.ret(copyTo(run, to, toOffset, source, size, 0))
  else if (target !== 0) run.ret(copyFrom(run, target, size, from_, offset))
  else if (checkRange(to, toOffset, size) !== 0 || checkRange(from_, offset, size) !== 0) run.ret(-Errno.E2BIG)
  else {
    const buffer = run.alloc(size, 0)
    run.ret(copyFrom(run, buffer, size, from_, offset) || copyTo(run, to, toOffset, buffer, size, 0))
  }
}

const memset: HelperImpl = (run) => {
  const dynptr = readDynptr(run, 1)
  const offset = run.lo(2) >>> 0
  const size = run.lo(3) >>> 0
  const value = run.lo(4) & 0xff
  const target = dynptr.rdonly ? 0 : sliceOf(run, dynptr, offset, 0, size)
  if (target !== 0) {
    run.memory.u8.fill(value, target, target + size)
    run.ret(0)
    return
  }
  let error = dynptr.rdonly ? -Errno.EINVAL : checkRange(dynptr, offset, size)
  if (error === 0 && size > 0) {
    const buffer = run.alloc(size, 0)
    run.memory.u8.fill(value, buffer, buffer + size)
    error = copyTo(run, dynptr, offset, buffer, size, 0)
  }
  run.ret(error)
}

/** What reads memory into a dynptr: from kernel's or user's, bytes or a string. */
function probe(user: boolean, string: boolean): HelperImpl {
  return (run) => {
    const dynptr = readDynptr(run, 1)
    const offset = run.lo(2) >>> 0
    const size = run.lo(3) >>> 0
    const target = dynptr.rdonly ? 0 : sliceOf(run, dynptr, offset, 0, size)
    if (target === 0 && checkRange(dynptr, offset, size) !== 0) {
      run.ret(-Errno.E2BIG)
      return
    }
    const to = target || run.alloc(size, 0)
    const count = readInto(run, to, size, user, string)
    if (count < 0 || target !== 0) {
      run.ret(count)
      return
    }
    run.ret(copyTo(run, dynptr, offset, to, string ? count : size, 0) || count)
  }
}

/** Reads from the address in argument 4. @returns 0, the length of a string with its NUL, or a negative errno. */
function readInto(run: Run, to: number, size: number, user: boolean, string: boolean): number {
  const { u8 } = run.memory
  if (size === 0) return 0
  const bytes = user ? run.user.at(run.lo(4), run.hi(4)) : kernelBytes(run, string ? 1 : size)
  if (!bytes || (!string && bytes.length < size)) {
    if (user) u8.fill(0, to, to + size)
    // copy_from_kernel_nofault_allowed.
    return !user && run.hi(4) >>> 0 < 0xffff8000 ? -Errno.ERANGE : -Errno.EFAULT
  }
  if (!string) {
    u8.set(bytes.subarray(0, size), to)
    return 0
  }
  let length = 0
  while (length < size - 1 && length < bytes.length && bytes[length] !== 0) length++
  u8.set(bytes.slice(0, length), to)
  u8[to + length] = 0
  return length + 1
}

/** The kernel memory from argument 4 on, where so much of it can be read. */
function kernelBytes(run: Run, size: number): Uint8Array | undefined {
  if (!run.readable(run.lo(4), run.hi(4), size)) return undefined
  return run.memory.u8.subarray(run.lo(4) >>> 0)
}

/** struct bpf_dynptr, of memory and of packets. */
export const dynptrKfuncs: KfuncFamily = {
  bpf_dynptr_from_skb: kfunc(
    3,
    from(DynptrType.SKB, (run) => run.skb?.len ?? 0),
  ),
  bpf_dynptr_from_xdp: kfunc(
    3,
    from(DynptrType.XDP, (run) => run.xdp?.length ?? 0),
  ),
  // No socket buffer of a test run has metadata.
  bpf_dynptr_from_skb_meta: kfunc(
    3,
    from(DynptrType.SKB_META, () => 0),
  ),
  bpf_dynptr_slice: kfunc(4, slice(false)),
  bpf_dynptr_slice_rdwr: kfunc(4, slice(true)),
  bpf_dynptr_adjust: kfunc(3, adjust),
  bpf_dynptr_is_null: kfunc(1, (run) => {
    run.ret(readDynptr(run, 1).data === 0 ? 1 : 0)
  }),
  bpf_dynptr_is_rdonly: kfunc(1, (run) => {
    const { data, rdonly } = readDynptr(run, 1)
    run.ret(data !== 0 && rdonly ? 1 : 0)
  }),
  bpf_dynptr_size: kfunc(1, (run) => {
    const { data, size } = readDynptr(run, 1)
    // Unsigned, in 32 bits.
    run.ret64(data === 0 ? -Errno.EINVAL : size, 0)
  }),
  bpf_dynptr_clone: kfunc(2, clone),
  bpf_dynptr_copy: kfunc(5, copy),
  bpf_dynptr_memset: kfunc(4, memset),
  bpf_probe_read_kernel_dynptr: kfunc(4, probe(false, false)),
  bpf_probe_read_kernel_str_dynptr: kfunc(4, probe(false, true)),
  bpf_probe_read_user_dynptr: kfunc(4, probe(true, false)),
  bpf_probe_read_user_str_dynptr: kfunc(4, probe(true, true)),
  bpf_copy_from_user_dynptr: kfunc(4, probe(true, false)),
  bpf_copy_from_user_str_dynptr: kfunc(4, probe(true, true)),
  bpf_copy_from_user_task_dynptr: kfunc(5, probe(true, false)),
  bpf_copy_from_user_task_str_dynptr: kfunc(5, probe(true, true)),
}
