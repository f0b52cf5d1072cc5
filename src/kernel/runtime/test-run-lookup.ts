import type { TestRunAttr, TestRunResult } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import { OBJ_HI } from '../helpers/impl/address.ts'
import { GRANT_BOTH } from '../helpers/impl/grants.ts'
import type { RunKernel } from '../helpers/impl/run-kernel.ts'
import type { VirtualObject } from '../helpers/impl/run.ts'
import { PAGE_SIZE } from '../helpers/impl/xdp-buff.ts'
import type { ProgRecord } from '../objects/records.ts'
import { narrow, narrow64 } from './context-field.ts'
import { pointer } from './context-xdp.ts'
import { Engine } from './engine.ts'
import { finish, initContext, isZero, repeatEach } from './test-finish.ts'

const ETH_HLEN = 14
/** struct bpf_flow_keys. */
const FLOW_KEYS_SIZE = 56
const FLOW_KEYS_FLAGS = 48
/** struct bpf_sk_lookup. */
const SK_LOOKUP_SIZE = 72
const AF_INET = 2
const AF_INET6 = 10

const invalid = () => new KernelError(Errno.EINVAL)

/** No flags, no CPU, no batches. */
function refuseExtras({ flags = 0, cpu = 0, batchSize = 0 }: TestRunAttr): void {
  if (flags !== 0 || cpu !== 0 || batchSize !== 0) throw invalid()
}

/** bpf_prog_test_run_flow_dissector. */
export function testRunFlowDissector(kernel: RunKernel, prog: ProgRecord, attr: TestRunAttr): TestRunResult {
  refuseExtras(attr)
  const dataIn = attr.dataIn ?? new Uint8Array(0)
  const size = dataIn.length
  if (size < ETH_HLEN || size > PAGE_SIZE) throw invalid()
  const ctx = initContext(attr, FLOW_KEYS_SIZE)
  if (ctx && !(isZero(ctx, 0, FLOW_KEYS_FLAGS) && isZero(ctx, FLOW_KEYS_FLAGS + 4, FLOW_KEYS_SIZE))) throw invalid()
  const engine = new Engine(kernel, prog)
  try {
    const { run } = engine
    const data = run.alloc(size, GRANT_BOTH)
    const keys = run.alloc(FLOW_KEYS_SIZE)
    run.memory.u8.set(dataIn, data)
    const lo = run.addObject(new FlowContext(data, size, keys))
    const outcome = repeatEach(kernel, engine, attr.repeat ?? 0, () => {
      const { u8, view } = run.memory
      u8.fill(0, keys, keys + FLOW_KEYS_SIZE)
      view.setUint16(keys, ETH_HLEN, true)
      view.setUint16(keys + 2, ETH_HLEN, true)
      view.setUint16(keys + 10, view.getUint16(data + 12, true), true)
      if (ctx) u8.set(ctx.subarray(FLOW_KEYS_FLAGS, FLOW_KEYS_FLAGS + 4), keys + FLOW_KEYS_FLAGS)
      const retval = engine.start(lo, OBJ_HI)
      const after = run.memory.view
      const nhoff = clamp(after.getUint16(keys, true), ETH_HLEN, size)
      after.setUint16(keys, nhoff, true)
      after.setUint16(keys + 2, clamp(after.getUint16(keys + 2, true), nhoff, size), true)
      return retval
    })
    return finish(attr, run.memory.u8.slice(keys, keys + FLOW_KEYS_SIZE), ctx, outcome)
  } finally {
    engine.end()
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}

/** What a flow dissector sees of struct __sk_buff. */
class FlowContext implements VirtualObject {
  readonly #data: number
  readonly #size: number
  readonly #keys: number

  constructor(data: number, size: number, keys: number) {
    this.#data = data
    this.#size = size
    this.#keys = keys
  }

  load(r: Int32Array, d: number, off: number): boolean {
    if (off === 76) return pointer(r, d, this.#data)
    if (off === 80) return pointer(r, d, this.#data + this.#size)
    return off === 144 && pointer(r, d, this.#keys)
  }

  store(): boolean {
    return false
  }
}

/** bpf_prog_test_run_sk_lookup. */
export function testRunSkLookup(kernel: RunKernel, prog: ProgRecord, attr: TestRunAttr): TestRunResult {
  refuseExtras(attr)
  if (attr.dataIn || (attr.dataSizeOut ?? 0) !== 0) throw invalid()
  const ctx = initContext(attr, SK_LOOKUP_SIZE)
  if (!ctx) throw invalid()
  const view = new DataView(ctx.buffer)
  if (!isZero(ctx, 0, 8) || !isZero(ctx, 64, SK_LOOKUP_SIZE)) throw invalid()
  if (view.getUint32(60, true) > 0xffff) throw new KernelError(Errno.ERANGE)
  const family = view.getUint16(8, true)
  if (family !== AF_INET && family !== AF_INET6) throw new KernelError(Errno.EAFNOSUPPORT)
  const engine = new Engine(kernel, prog)
  try {
    const lo = engine.run.addObject(new SkLookupContext(view))
    const outcome = repeatEach(kernel, engine, attr.repeat ?? 0, () => (engine.start(lo, OBJ_HI) === 0 ? 0 : 1))
    return finish(attr, new Uint8Array(0), ctx, outcome)
  } finally {
    engine.end()
  }
}

/** struct bpf_sk_lookup as a program sees it: 16 bits of family and protocol, addresses of the family alone. */
class SkLookupContext implements VirtualObject {
  readonly #user: DataView

  constructor(user: DataView) {
    this.#user = user
  }

  load(r: Int32Array, d: number, off: number, size: number): boolean {
    if (off < 0 || off + size > SK_LOOKUP_SIZE) return false
    if (off < 8) return narrow64(r, d, 0, 0, off, size)
    return narrow(r, d, this.#word(off & ~3), off, size)
  }

  #word(off: number): number {
    const user = this.#user
    const family = user.getUint16(8, true)
    if (off === 8) return family
    if (off === 12) return user.getUint16(12, true)
    if (off === 16 || off === 40) return family === AF_INET ? user.getInt32(off, true) : 0
    if (off === 36) return user.getUint16(36, true)
    if (off === 60) return user.getUint16(60, true)
    if (off >= 64) return 0
    return family === AF_INET6 ? user.getInt32(off, true) : 0
  }

  store(): boolean {
    return false
  }
}
