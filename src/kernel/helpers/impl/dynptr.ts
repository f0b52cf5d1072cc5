import { Errno } from '../../../uapi/errno.ts'
import { MEM_HI } from './address.ts'
import { GRANT_READ } from './grants.ts'
import type { HelperImpl, Run } from './run.ts'
import { fault } from './run.ts'

/** struct bpf_dynptr_kern: address (8 bytes), size with the type in its high bits, offset. */
const SIZE_OFF = 8
const OFFSET_OFF = 12
const DYNPTR_SIZE = 16
const MAX_SIZE = 0xffffff
const TYPE_SHIFT = 28
/** enum bpf_dynptr_type. */
const types = { local: 1, ringbuf: 2 } as const

/** What stands in a program's struct bpf_dynptr. */
export interface Dynptr {
  /** Where the struct is. */
  at: number
  /** Where its data begins, 0 for none. */
  data: number
  size: number
}

export function initDynptr(run: Run, at: number, data: number, size: number, type: keyof typeof types): void {
  const { view } = run.memory
  view.setInt32(at, data, true)
  view.setInt32(at + 4, MEM_HI, true)
  view.setInt32(at + SIZE_OFF, size | (types[type] << TYPE_SHIFT), true)
  view.setInt32(at + OFFSET_OFF, 0, true)
}

export function nullDynptr(run: Run, at: number): void {
  run.memory.u8.fill(0, at, at + DYNPTR_SIZE)
}

/** The dynptr that argument `n` points to. */
export function readDynptr(run: Run, n: number): Dynptr {
  const at = run.read(n, DYNPTR_SIZE)
  const { view } = run.memory
  const offset = view.getUint32(at + OFFSET_OFF, true)
  const base = view.getUint32(at, true)
  const size = view.getUint32(at + SIZE_OFF, true) & MAX_SIZE
  if (base === 0) return { at, data: 0, size: 0 }
  if (!run.grants.allows(base + offset, size, GRANT_READ)) throw fault('a dynptr')
  return { at, data: base + offset, size }
}

/** bpf_dynptr_check_off_len. */
function checkRange({ size }: Dynptr, offset: number, len: number): number {
  return len > size || offset > size - len ? -Errno.E2BIG : 0
}

const fromMem: HelperImpl = (run) => {
  const size = run.lo(2) >>> 0
  const at = run.write(4, DYNPTR_SIZE)
  const error = size > MAX_SIZE ? Errno.E2BIG : run.isNull(3) ? 0 : Errno.EINVAL
  if (error === 0) initDynptr(run, at, run.write(1, size), size, 'local')
  else nullDynptr(run, at)
  run.ret(-error)
}

const read: HelperImpl = (run) => {
  const len = run.lo(2) >>> 0
  const to = run.write(1, len)
  const dynptr = readDynptr(run, 3)
  const offset = run.lo(4) >>> 0
  if (dynptr.data === 0 || !run.isNull(5)) {
    run.ret(-Errno.EINVAL)
    return
  }
  const error = checkRange(dynptr, offset, len)
  if (error === 0) run.memory.u8.copyWithin(to, dynptr.data + offset, dynptr.data + offset + len)
  run.ret(error)
}

const write: HelperImpl = (run) => {
  const dynptr = readDynptr(run, 1)
  const offset = run.lo(2) >>> 0
  const len = run.lo(4) >>> 0
  const from = run.read(3, len)
  if (dynptr.data === 0) {
    run.ret(-Errno.EINVAL)
    return
  }
  let error = checkRange(dynptr, offset, len)
  if (error === 0 && !run.isNull(5)) error = -Errno.EINVAL
  if (error === 0) run.memory.u8.copyWithin(dynptr.data + offset, from, from + len)
  run.ret(error)
}

const data: HelperImpl = (run) => {
  const dynptr = readDynptr(run, 1)
  const offset = run.lo(2) >>> 0
  const ok = dynptr.data !== 0 && checkRange(dynptr, offset, run.lo(3) >>> 0) === 0
  run.retAddress(ok ? dynptr.data + offset : 0)
}

/** Helpers for struct bpf_dynptr; those of packets are kernel functions, which are not simulated. */
export const dynptrHelpers: Readonly<Record<string, HelperImpl>> = {
  dynptr_from_mem: fromMem,
  dynptr_read: read,
  dynptr_write: write,
  dynptr_data: data,
}
