import { Errno } from '../../../uapi/errno.ts'
import type { HelperImpl, Run } from './run.ts'

const BASE_MASK = 0x1fn
const U64_MAX = 0xffff_ffff_ffff_ffffn
/** str[64] of __bpf_strtoull, without its NUL. */
const MAX_DIGITS = 63

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 9 && byte <= 13) || byte === 0xa0
}

function digitValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : 99
}

/** __bpf_strtoull. @returns bytes consumed or a negative errno, and the number. */
function parse(bytes: Uint8Array, flags: bigint): { ret: number; value: bigint; negative: boolean } {
  const failed = (errno: number) => ({ ret: -errno, value: 0n, negative: false })
  let base = Number(flags & BASE_MASK)
  if (bytes.length === 0 || ![0, 8, 10, 16].includes(base) || flags & ~BASE_MASK) return failed(Errno.EINVAL)
  let at = 0
  while (at < bytes.length && isSpace(bytes[at] as number)) at++
  const negative = bytes[at] === 0x2d
  if (negative) at++
  if (at === bytes.length) return failed(Errno.EINVAL)
  const text = bytes.subarray(at, at + MAX_DIGITS)
  const isHex = text[0] === 0x30 && ((text[1] ?? 0) | 0x20) === 0x78
  if (base === 0) {
    if (text[0] !== 0x30) base = 10
    else base = isHex && digitValue(text[2] ?? 0) < 16 ? 16 : 8
  }
  let used = base === 16 && isHex ? 2 : 0
  const start = used
  let value = 0n
  let overflow = false
  while (used < text.length && digitValue(text[used] as number) < base) {
    value = value * BigInt(base) + BigInt(digitValue(text[used] as number))
    if (value > U64_MAX) overflow = true
    used++
  }
  if (overflow) return failed(Errno.ERANGE)
  if (used === start) return failed(Errno.EINVAL)
  return { ret: at + used, value, negative }
}

function flagsOf(run: Run, n: number): bigint {
  return (BigInt(run.hi(n) >>> 0) << 32n) | BigInt(run.lo(n) >>> 0)
}

function parseArgument(run: Run, signed: boolean): void {
  const size = run.size(2)
  const at = run.read(1, size)
  const result = run.write(4, 8)
  const { view } = run.memory
  view.setBigUint64(result, 0n, true)
  const { ret, value, negative } = parse(run.bytes(at, size), flagsOf(run, 3))
  if (ret < 0) {
    run.ret(ret)
    return
  }
  if (!signed && negative) {
    run.ret(-Errno.EINVAL)
    return
  }
  const number = negative ? -value : value
  if (signed && BigInt.asIntN(64, number) !== number) {
    run.ret(-Errno.ERANGE)
    return
  }
  view.setBigUint64(result, BigInt.asUintN(64, number), true)
  run.ret(ret)
}

/** Reads a string's bytes up to its NUL, at most `max`; undefined where memory ends before. */
export function readString(run: Run, lo: number, hi: number, max: number): Uint8Array | undefined {
  const at = lo >>> 0
  const { u8 } = run.memory
  for (let i = 0; i < max; i++) {
    if (!run.readable(at + i, hi, 1)) return undefined
    if (u8[at + i] === 0) return u8.slice(at, at + i)
  }
  return u8.slice(at, at + max)
}

const strncmp: HelperImpl = (run) => {
  const size = run.size(2)
  const first = run.bytes(run.read(1, size), size)
  const second = readString(run, run.lo(3), run.hi(3), size) ?? new Uint8Array(0)
  for (let i = 0; i < size; i++) {
    const a = first[i] as number
    const b = second[i] ?? 0
    if (a !== b) {
      run.ret(a < b ? -1 : 1)
      return
    }
    if (a === 0) break
  }
  run.ret(0)
}

/** What reading from an address fails with: ERANGE for those that no kernel has (copy_from_kernel_nofault_allowed). */
function readError(hi: number): number {
  return hi >>> 0 >= 0xffff8000 ? -Errno.EFAULT : -Errno.ERANGE
}

/** bpf_probe_read_kernel: what can't be read is zero. */
const probeRead: HelperImpl = (run) => {
  const size = run.size(2)
  const to = run.write(1, size)
  const { u8 } = run.memory
  const bytes = run.kernelBytes(run.lo(3), run.hi(3), size)
  if (bytes) {
    u8.set(bytes, to)
    run.ret(0)
    return
  }
  const ok = run.readable(run.lo(3), run.hi(3), size)
  const from = run.lo(3) >>> 0
  if (ok) u8.copyWithin(to, from, from + size)
  else u8.fill(0, to, to + size)
  run.ret(ok || size === 0 ? 0 : readError(run.hi(3)))
}

const probeReadString: HelperImpl = (run) => {
  const size = run.size(2)
  const to = run.write(1, size)
  if (size === 0) {
    run.ret(0)
    return
  }
  const text = readString(run, run.lo(3), run.hi(3), size - 1)
  const { u8 } = run.memory
  if (!text) {
    u8.fill(0, to, to + size)
    run.ret(readError(run.hi(3)))
    return
  }
  u8.set(text, to)
  u8[to + text.length] = 0
  run.ret(text.length + 1)
}

/** The processes of this machine have no memory but the buffers that they gave for this run. */
const probeReadUser: HelperImpl = (run) => {
  const size = run.size(2)
  const to = run.write(1, size)
  const from = run.user.at(run.lo(3), run.hi(3))
  run.memory.u8.fill(0, to, to + size)
  if (from !== undefined && from.length >= size) {
    run.memory.u8.set(from.subarray(0, size), to)
    run.ret(0)
    return
  }
  run.ret(size === 0 ? 0 : -Errno.EFAULT)
}

/** Addresses below TASK_SIZE. */
const isUser = (hi: number) => hi >>> 0 < 0x8000

/** Strings, and memory that may not be there. */
export const stringHelpers: Readonly<Record<string, HelperImpl>> = {
  strtol: (run) => {
    parseArgument(run, true)
  },
  strtoul: (run) => {
    parseArgument(run, false)
  },
  strncmp,
  probe_read: (run) => {
    if (isUser(run.hi(3))) probeReadUser(run)
    else probeRead(run)
  },
  probe_read_kernel: probeRead,
  probe_read_str: (run) => {
    if (isUser(run.hi(3))) probeReadUser(run)
    else probeReadString(run)
  },
  probe_read_kernel_str: probeReadString,
  probe_read_user: probeReadUser,
  probe_read_user_str: probeReadUser,
  copy_from_user: probeReadUser,
  copy_from_user_task: probeReadUser,
  probe_write_user: (run) => {
    run.ret(-Errno.EPERM)
  },
}
