import { isLockedDown } from '../../helpers/access.ts'
import { Access, RegType } from '../types.ts'
import type { ContextOps } from './access.ts'
import { narrowOk } from './access.ts'
import { isArgument } from './btf.ts'

/** Contexts of programs on events: registers, tracepoint records, arguments. */

const PT_REGS_SIZE = 168

/** kprobe_prog_is_valid_access. A kernel that is locked down lets nobody change what others run on. */
export const kprobe: ContextOps = {
  converts: false,
  isValidAccess: ({ kernel }, off, size, access) =>
    off >= 0 && off % size === 0 && off + size <= PT_REGS_SIZE && (access === Access.READ || !isLockedDown(kernel)),
}

const PERF_MAX_TRACE_SIZE = 8192

/**
 * tp_prog_is_valid_access: the record's first eight bytes are the kernel's. What is before the record isn't refused: the
 * kernel compares with a size, which has no sign.
 */
export const tracepoint: ContextOps = {
  converts: false,
  isValidAccess: (_env, off, size, access) =>
    (off < 0 || off >= 8) && off < PERF_MAX_TRACE_SIZE && access === Access.READ && off % size === 0,
}

/** raw_tp_prog_is_valid_access. */
export const rawTracepoint: ContextOps = {
  converts: false,
  isValidAccess: (_env, off, size, access) => isArgument(off, size, access),
}

/** raw_tp_writable_prog_is_valid_access: the first argument is a buffer. */
export const rawTracepointWritable: ContextOps = {
  converts: false,
  isValidAccess(_env, off, size, access, info) {
    if (off === 0) {
      if (size !== 8 || access !== Access.READ) return false
      info.regType = RegType.PTR_TO_TP_BUFFER
    }
    return isArgument(off, size, access)
  },
}

/** struct bpf_perf_event_data: registers, then two numbers. */
const PERF_EVENT_SIZE = PT_REGS_SIZE + 16

/** pe_prog_is_valid_access. */
export const perfEvent: ContextOps = {
  converts: true,
  isValidAccess(_env, off, size, access, info) {
    if (off < 0 || off >= PERF_EVENT_SIZE || access !== Access.READ || off % size !== 0) return false
    if (off < PT_REGS_SIZE) return size === 8
    info.ctxFieldSize = 8
    return narrowOk(size, 8)
  },
}
