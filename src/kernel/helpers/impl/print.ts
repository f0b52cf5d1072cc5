import { Errno } from '../../../uapi/errno.ts'
import type { FormatArg } from './format.ts'
import { MAX_ARGS, format } from './format.ts'
import type { HelperImpl, Run } from './run.ts'
import { readString } from './strings.ts'

/** MAX_BPRINTF_BUF. */
const MAX_TEXT = 1024

/** Formats and prints to the trace; a text that's too long is cut. */
function printTrace(run: Run, fmt: Uint8Array, args: readonly FormatArg[]): void {
  const end = fmt.indexOf(0)
  const text = end < 0 ? -Errno.EINVAL : format(run, fmt.subarray(0, end), args)
  if (typeof text === 'number') {
    run.ret(text)
    return
  }
  run.kernel.trace(text.slice(0, MAX_TEXT - 1))
  run.ret(text.length)
}

/** Arguments as an array of u64 that arguments `n` (where) and `n + 1` (bytes) give, or undefined for a bad one. */
function argArray(run: Run, n: number): FormatArg[] | undefined {
  const size = run.size(n + 1)
  if (size % 8 !== 0 || size > MAX_ARGS * 8 || (size > 0 && run.isNull(n))) return undefined
  const at = run.read(n, size)
  const { view } = run.memory
  return Array.from({ length: size / 8 }, (_, i) => ({
    lo: view.getInt32(at + i * 8, true),
    hi: view.getInt32(at + i * 8 + 4, true),
  }))
}

const tracePrintk: HelperImpl = (run) => {
  const size = run.size(2)
  const fmt = run.bytes(run.read(1, size), size)
  const args = [3, 4, 5].map((n) => ({ lo: run.lo(n), hi: run.hi(n) }))
  printTrace(run, fmt, args)
}

const traceVprintk: HelperImpl = (run) => {
  const size = run.size(2)
  const fmt = run.bytes(run.read(1, size), size)
  const args = argArray(run, 3)
  if (args) printTrace(run, fmt, args)
  else run.ret(-Errno.EINVAL)
}

const snprintf: HelperImpl = (run) => {
  const size = run.size(2)
  const at = run.write(1, size)
  const args = argArray(run, 4)
  const fmt = readString(run, run.lo(3), run.hi(3), 4096)
  const text = args && fmt ? format(run, fmt, args) : -Errno.EINVAL
  if (typeof text === 'number') {
    run.ret(text)
    return
  }
  if (size > 0) {
    const { u8 } = run.memory
    const length = Math.min(text.length, size - 1)
    for (let i = 0; i < length; i++) u8[at + i] = text.charCodeAt(i)
    u8[at + length] = 0
  }
  run.ret(text.length + 1)
}

/** Helpers that print. */
export const printHelpers: Readonly<Record<string, HelperImpl>> = {
  trace_printk: tracePrintk,
  trace_vprintk: traceVprintk,
  snprintf,
}
