import type { TestRunAttr, TestRunResult } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import { PAGE_SIZE } from '../helpers/impl/xdp-buff.ts'
import type { RunKernel } from '../helpers/impl/run-kernel.ts'
import type { Engine } from './engine.ts'

/** An answer that leaves the caller's buffers and sizes alone. */
export function untouched(attr: TestRunAttr, retval: number): TestRunResult {
  return {
    retval,
    duration: 0,
    dataOut: new Uint8Array(0),
    dataSizeOut: attr.dataSizeOut ?? 0,
    ctxOut: new Uint8Array(0),
    ctxSizeOut: attr.ctxSizeOut ?? 0,
    errno: 0,
  }
}

/**
 * bpf_ctx_init: the caller's context, zeroes where it gives less, or undefined when it gives none and wants none.
 * @throws KernelError E2BIG when there's more than the kernel knows and it's not zero.
 */
export function initContext(attr: TestRunAttr, size: number): Uint8Array | undefined {
  const { ctxIn, ctxSizeOut = 0 } = attr
  if (!ctxIn && ctxSizeOut === 0) return undefined
  const ctx = new Uint8Array(size)
  if (ctxIn) {
    if (ctxIn.length > PAGE_SIZE || !isZero(ctxIn, size, ctxIn.length)) throw new KernelError(Errno.E2BIG)
    ctx.set(ctxIn.subarray(0, size))
  }
  return ctx
}

/** range_is_zero. */
export function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false
  return true
}

/** bpf_test_finish and bpf_ctx_finish: what reaches the caller, cut to the room that it has. */
export function finish(
  attr: TestRunAttr,
  data: Uint8Array,
  ctx: Uint8Array | undefined,
  run: { retval: number; duration: number },
): TestRunResult {
  const { dataSizeOut = 0, ctxSizeOut = 0 } = attr
  const result = untouched(attr, run.retval)
  result.duration = run.duration
  result.dataSizeOut = data.length
  result.dataOut = data.subarray(0, dataSizeOut)
  if (dataSizeOut !== 0 && data.length > dataSizeOut) return { ...result, errno: Errno.ENOSPC }
  if (!ctx || ctxSizeOut === 0) return result
  result.ctxSizeOut = ctx.length
  result.ctxOut = ctx.subarray(0, ctxSizeOut)
  return ctx.length > ctxSizeOut ? { ...result, errno: Errno.ENOSPC } : result
}

/** What a test run's runs come to: the last result, and how long one took. */
export interface Outcome {
  retval: number
  duration: number
}

/** bpf_test_run: runs the program again and again on one argument. */
export function repeatRun(kernel: RunKernel, engine: Engine, repeat: number, lo: number, hi: number): Outcome {
  return timed(kernel, engine, repeat, (times) => engine.repeat(lo, hi, times))
}

/** The same where more is to be done for each run than to run. */
export function repeatEach(kernel: RunKernel, engine: Engine, repeat: number, once: () => number): Outcome {
  return timed(kernel, engine, repeat, (times) => {
    let retval = 0
    for (let i = 0; i < times; i++) retval = once()
    return retval
  })
}

function timed(kernel: RunKernel, engine: Engine, repeat: number, run: (times: number) => number): Outcome {
  const times = repeat === 0 ? 1 : repeat >>> 0
  engine.prepare(times)
  const compiled = engine.compileTime
  const start = kernel.now()
  const retval = run(times)
  const spent = Number(kernel.now() - start) - (engine.compileTime - compiled) * 1e6
  return { retval, duration: Math.min(Math.max(Math.floor(spent / times), 0), 0xffffffff) }
}
