import { Errno } from '../../../uapi/errno.ts'
import { MEM_HI } from './address.ts'
import { GRANT_READ } from './grants.ts'
import type { HelperImpl, Run } from './run.ts'
import { fault } from './run.ts'
import { skbOf, storeBytes } from './packet-skb.ts'
import type { XdpBuff } from './xdp-buff.ts'

/** struct bpf_dynptr_kern: address (8 bytes), size with the type and a bit in its high bits, offset. */
const SIZE_OFF = 8
const OFFSET_OFF = 12
export const DYNPTR_SIZE = 16
export const MAX_DYNPTR = 0xffffff
const TYPE_SHIFT = 28
const TYPE_MASK = 7
const RDONLY = 0x8000_0000 | 0
/** enum bpf_dynptr_type. */
export const DynptrType = { LOCAL: 1, RINGBUF: 2, SKB: 3, XDP: 4, SKB_META: 5 } as const

/** What stands in a program's struct bpf_dynptr. */
export interface Dynptr {
  /** Where the struct is. */
  readonly at: number
  readonly type: number
  /** Where its data begins, 0 for none; a packet's bytes may be elsewhere by the next call. */
  readonly data: number
  /** Bytes before them in what it was made of. */
  readonly offset: number
  readonly size: number
  readonly rdonly: boolean
}

export function initDynptr(run: Run, at: number, data: number, size: number, type: number, rdonly = false): void {
  const { view } = run.memory
  view.setInt32(at, data, true)
  view.setInt32(at + 4, MEM_HI, true)
  view.setInt32(at + SIZE_OFF, size | (type << TYPE_SHIFT) | (rdonly ? RDONLY : 0), true)
  view.setInt32(at + OFFSET_OFF, 0, true)
}

export function nullDynptr(run: Run, at: number): void {
  run.memory.u8.fill(0, at, at + DYNPTR_SIZE)
}

/** Of a dynptr that is there: another part of what it's made of. */
export function moveDynptr(run: Run, { at }: Dynptr, offset: number, size: number): void {
  const { view } = run.memory
  const word = view.getUint32(at + SIZE_OFF, true)
  view.setUint32(at + SIZE_OFF, (word & ~MAX_DYNPTR) | size, true)
  view.setUint32(at + OFFSET_OFF, offset, true)
}

/** The dynptr that argument `n` points to. */
export function readDynptr(run: Run, n: number): Dynptr {
  return dynptrAt(run, run.read(n, DYNPTR_SIZE))
}

function dynptrAt(run: Run, at: number): Dynptr {
  const { view } = run.memory
  const offset = view.getUint32(at + OFFSET_OFF, true)
  const base = view.getUint32(at, true)
  const word = view.getUint32(at + SIZE_OFF, true)
  const size = word & MAX_DYNPTR
  const type = (word >>> TYPE_SHIFT) & TYPE_MASK
  const rdonly = (word & RDONLY) !== 0
  if (base === 0) return { at, type, data: 0, offset, size: 0, rdonly }
  const data = dataOf(run, type, base) + offset
  const plain = type === DynptrType.LOCAL || type === DynptrType.RINGBUF
  if (plain && !run.grants.allows(data, size, GRANT_READ)) throw fault('a dynptr')
  return { at, type, data, offset, size, rdonly }
}

function dataOf(run: Run, type: number, base: number): number {
  switch (type) {
    case DynptrType.SKB:
      return skbOf(run).data
    case DynptrType.XDP:
      return xdpOf(run).data
    // No packet of a socket buffer has metadata here.
    case DynptrType.SKB_META:
      return skbOf(run).data
    default:
      return base
  }
}

function xdpOf(run: Run): XdpBuff {
  if (!run.xdp) throw fault('a helper for XDP')
  return run.xdp
}

/** bpf_dynptr_check_off_len. */
export function checkRange({ size }: Dynptr, offset: number, len: number): number {
  return len > size || offset > size - len ? -Errno.E2BIG : 0
}

/** Whether bytes of the packet are in one page (bpf_xdp_pointer). */
function isInPage(run: Run, offset: number, len: number): boolean {
  const { data, dataEnd } = xdpOf(run)
  return offset + len <= dataEnd - data
}

/** bpf_dynptr_slice: where bytes are, 0 for NULL. @param buffer where to copy those that lie in several pages; 0 for none. */
export function sliceOf(run: Run, dynptr: Dynptr, offset: number, buffer: number, len: number): number {
  if (dynptr.data === 0 || checkRange(dynptr, offset, len) !== 0) return 0
  if (dynptr.type !== DynptrType.XDP) return dynptr.data + offset
  const from = dynptr.offset + offset
  const xdp = xdpOf(run)
  if (xdp.checkRange(from, len) !== 0) return 0
  if (isInPage(run, from, len)) return xdp.data + from
  if (buffer !== 0) xdp.copy(from, buffer, len, false)
  return buffer
}

/** __bpf_dynptr_read: copies bytes to a place. @returns 0 or a negative errno. */
export function copyFrom(run: Run, to: number, len: number, dynptr: Dynptr, offset: number): number {
  if (dynptr.data === 0) return -Errno.EINVAL
  const error = checkRange(dynptr, offset, len)
  if (error !== 0) return error
  if (dynptr.type === DynptrType.XDP) return copyXdp(run, dynptr.offset + offset, to, len, false)
  run.memory.u8.copyWithin(to, dynptr.data + offset, dynptr.data + offset + len)
  return 0
}

function copyXdp(run: Run, offset: number, at: number, len: number, toPacket: boolean): number {
  const xdp = xdpOf(run)
  const error = xdp.checkRange(offset, len)
  if (error === 0) xdp.copy(offset, at, len, toPacket)
  return error
}

/** __bpf_dynptr_write: copies bytes from a place. @returns 0 or a negative errno. */
export function copyTo(run: Run, dynptr: Dynptr, offset: number, from: number, len: number, flags: number): number {
  if (dynptr.data === 0 || dynptr.rdonly) return -Errno.EINVAL
  const error = checkRange(dynptr, offset, len)
  if (error !== 0) return error
  if (dynptr.type === DynptrType.SKB) return storeBytes(run, dynptr.offset + offset, from, len, flags)
  if (flags !== 0) return -Errno.EINVAL
  if (dynptr.type === DynptrType.XDP) return copyXdp(run, dynptr.offset + offset, from, len, true)
  run.memory.u8.copyWithin(dynptr.data + offset, from, from + len)
  return 0
}

const fromMem: HelperImpl = (run) => {
  const size = run.lo(2) >>> 0
  const at = run.write(4, DYNPTR_SIZE)
  const error = size > MAX_DYNPTR ? Errno.E2BIG : run.isNull(3) ? 0 : Errno.EINVAL
  if (error === 0) initDynptr(run, at, run.write(1, size), size, DynptrType.LOCAL)
  else nullDynptr(run, at)
  run.ret(-error)
}

const read: HelperImpl = (run) => {
  const len = run.lo(2) >>> 0
  const to = run.write(1, len)
  const dynptr = readDynptr(run, 3)
  run.ret(run.isNull(5) ? copyFrom(run, to, len, dynptr, run.lo(4) >>> 0) : -Errno.EINVAL)
}

const write: HelperImpl = (run) => {
  const len = run.lo(4) >>> 0
  const dynptr = readDynptr(run, 1)
  const flags = run.hi(5) === 0 ? run.lo(5) : -1
  run.ret(copyTo(run, dynptr, run.lo(2) >>> 0, run.read(3, len), len, flags))
}

const data: HelperImpl = (run) => {
  const dynptr = readDynptr(run, 1)
  const offset = run.lo(2) >>> 0
  const plain = dynptr.type === DynptrType.LOCAL || dynptr.type === DynptrType.RINGBUF
  const ok = plain && dynptr.data !== 0 && !dynptr.rdonly && checkRange(dynptr, offset, run.lo(3) >>> 0) === 0
  run.retAddress(ok ? dynptr.data + offset : 0)
}

/** Helpers for struct bpf_dynptr; those of packets, and what else is done with one, are kernel functions. */
export const dynptrHelpers: Readonly<Record<string, HelperImpl>> = {
  dynptr_from_mem: fromMem,
  dynptr_read: read,
  dynptr_write: write,
  dynptr_data: data,
}
