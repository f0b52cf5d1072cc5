import { Errno } from '../../../uapi/errno.ts'
import { MEM_HI } from '../impl/address.ts'
import type { HelperImpl, Run } from '../impl/run.ts'
import { GRANT_READ } from '../impl/grants.ts'
import type { KfuncFamily } from './kfunc.ts'
import { kfunc } from './kfunc.ts'

/** XATTR_SIZE_MAX: no string is looked at further. */
const MAX = 65536
/** A byte that can't be read. */
const FAULT = -1

/** Reads a string's bytes by their distance from argument `n`; undefined where no kernel memory is. */
function reader(run: Run, n: number): ((i: number) => number) | undefined {
  // copy_from_kernel_nofault_allowed.
  if (run.hi(n) >>> 0 < 0xffff8000) return undefined
  const at = run.lo(n) >>> 0
  const isMemory = run.hi(n) === MEM_HI
  return (i) => (isMemory && run.grants.allows(at + i, 1, GRANT_READ) ? (run.memory.u8[at + i] as number) : FAULT)
}

type Reader = (i: number) => number

/** char is signed on x86-64. */
const signed = (byte: number) => (byte << 24) >> 24
const lower = (byte: number) =>
  (byte >= 0x41 && byte <= 0x5a) || (byte >= 0xc0 && byte <= 0xde && byte !== 0xd7) ? byte + 32 : byte

/** A function of one string: -ERANGE where it's in no kernel memory. */
function ofOne(find: (s: Reader, run: Run) => number): HelperImpl {
  return (run) => {
    const s = reader(run, 1)
    run.ret(s ? find(s, run) : -Errno.ERANGE)
  }
}

function ofTwo(find: (a: Reader, b: Reader, run: Run) => number): HelperImpl {
  return (run) => {
    const a = reader(run, 1)
    const b = reader(run, 2)
    run.ret(a && b ? find(a, b, run) : -Errno.ERANGE)
  }
}

/** __bpf_strcasecmp. */
function compare(a: Reader, b: Reader, fold: (byte: number) => number): number {
  for (let i = 0; i < MAX; i++) {
    const x = a(i)
    const y = x === FAULT ? FAULT : b(i)
    if (y === FAULT) return -Errno.EFAULT
    const first = signed(fold(x))
    const second = signed(fold(y))
    if (first !== second) return first < second ? -1 : 1
    if (first === 0) return 0
  }
  return -Errno.E2BIG
}

/** bpf_strnchr. */
function find(s: Reader, count: number, byte: number): number {
  let i = 0
  for (; i < count && i < MAX; i++) {
    const each = s(i)
    if (each === FAULT) return -Errno.EFAULT
    if (each === byte) return i
    if (each === 0) return -Errno.ENOENT
  }
  return i === MAX ? -Errno.E2BIG : -Errno.ENOENT
}

function findOrEnd(s: Reader, byte: number): number {
  for (let i = 0; i < MAX; i++) {
    const each = s(i)
    if (each === FAULT) return -Errno.EFAULT
    if (each === 0 || each === byte) return i
  }
  return -Errno.E2BIG
}

/** bpf_strrchr: its character is an int, so that none above 127 is found by its unsigned number. */
function findLast(s: Reader, char: number): number {
  let last = -Errno.ENOENT
  for (let i = 0; i < MAX; i++) {
    const each = s(i)
    if (each === FAULT) return -Errno.EFAULT
    if (signed(each) === char) last = i
    if (each === 0) return last
  }
  return -Errno.E2BIG
}

/** bpf_strnlen. */
function length(s: Reader, count: number): number {
  let i = 0
  for (; i < count && i < MAX; i++) {
    const each = s(i)
    if (each === FAULT) return -Errno.EFAULT
    if (each === 0) return i
  }
  return i === MAX ? -Errno.E2BIG : i
}

/** bpf_strspn, and bpf_strcspn where `accept` is false: bytes at the start that are, or aren't, in a set. */
function span(s: Reader, set: Reader, accept: boolean): number {
  for (let i = 0; i < MAX; i++) {
    const each = s(i)
    if (each === FAULT) return -Errno.EFAULT
    if (each === 0) return i
    let j = 0
    let one = 0
    for (; j < MAX; j++) {
      one = set(j)
      if (one === FAULT) return -Errno.EFAULT
      if (one === each || one === 0) break
    }
    if (j === MAX) return -Errno.E2BIG
    if ((one !== 0) !== accept) return i
  }
  return -Errno.E2BIG
}

/** bpf_strnstr: one byte more of the second may be read, where it ends as the first does. */
function findText(a: Reader, b: Reader, len: number): number {
  for (let i = 0; i < MAX; i++) {
    let j = 0
    for (; i + j <= len && j < MAX; j++) {
      const wanted = b(j)
      if (wanted === FAULT) return -Errno.EFAULT
      if (wanted === 0) return i
      if (i + j === len) break
      const each = a(i + j)
      if (each === FAULT) return -Errno.EFAULT
      if (each === 0) return -Errno.ENOENT
      if (each !== wanted) break
    }
    if (j === MAX) return -Errno.E2BIG
    if (i + j === len) return -Errno.ENOENT
  }
  return -Errno.E2BIG
}

/** Strings in memory that may not be there. */
export const stringKfuncs: KfuncFamily = {
  bpf_strcmp: kfunc(
    2,
    ofTwo((a, b) => compare(a, b, (byte) => byte)),
  ),
  bpf_strcasecmp: kfunc(
    2,
    ofTwo((a, b) => compare(a, b, lower)),
  ),
  bpf_strnchr: kfunc(
    3,
    ofOne((s, run) => find(s, run.size(2), run.lo(3) & 0xff)),
  ),
  bpf_strchr: kfunc(
    2,
    ofOne((s, run) => find(s, MAX, run.lo(2) & 0xff)),
  ),
  bpf_strchrnul: kfunc(
    2,
    ofOne((s, run) => findOrEnd(s, run.lo(2) & 0xff)),
  ),
  bpf_strrchr: kfunc(
    2,
    ofOne((s, run) => findLast(s, run.lo(2))),
  ),
  bpf_strnlen: kfunc(
    2,
    ofOne((s, run) => length(s, run.size(2))),
  ),
  bpf_strlen: kfunc(
    1,
    ofOne((s) => length(s, MAX)),
  ),
  bpf_strspn: kfunc(
    2,
    ofTwo((s, set) => span(s, set, true)),
  ),
  bpf_strcspn: kfunc(
    2,
    ofTwo((s, set) => span(s, set, false)),
  ),
  bpf_strnstr: kfunc(
    3,
    ofTwo((a, b, run) => findText(a, b, run.size(3))),
  ),
  bpf_strstr: kfunc(
    2,
    ofTwo((a, b) => findText(a, b, MAX)),
  ),
}
