import { AttachType } from '../../uapi/attach-type.ts'
import type { TestRunAttr, TestRunResult } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { TestRunFlag } from '../../uapi/flags.ts'
import { KernelError } from '../error.ts'
import { MEM_HI, OBJ_HI } from '../helpers/impl/address.ts'
import { GRANT_READ } from '../helpers/impl/grants.ts'
import type { RunKernel } from '../helpers/impl/run-kernel.ts'
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, SKB_HEADROOM, Skb } from '../helpers/impl/skb.ts'
import { PAGE_SIZE, SHARED_INFO_SIZE } from '../helpers/impl/xdp-buff.ts'
import type { ProgRecord } from '../objects/records.ts'
import { Engine } from './engine.ts'
import { finish, initContext, isZero, repeatRun, untouched } from './test-finish.ts'

/** MAX_BPF_FUNC_ARGS as bytes of arguments; U16_MAX. */
const MAX_RAW_TP_CONTEXT = 96
const MAX_SYSCALL_CONTEXT = 0xffff

const invalid = () => new KernelError(Errno.EINVAL)

/** Whether a buffer was given for what such a run doesn't have. */
function hasBuffers(attr: TestRunAttr): boolean {
  const { dataIn, dataSizeOut = 0, ctxSizeOut = 0, repeat = 0, batchSize = 0 } = attr
  return dataIn !== undefined || dataSizeOut !== 0 || ctxSizeOut !== 0 || repeat !== 0 || batchSize !== 0
}

type Pointers = NonNullable<TestRunAttr['ctxPointers']>

/** Runs a program on bytes that are its context. */
function runOnBytes(
  kernel: RunKernel,
  prog: ProgRecord,
  bytes: Uint8Array | undefined,
  pointers: Pointers = [],
): number {
  const engine = new Engine(kernel, prog)
  try {
    if (!bytes) return engine.start(0, 0)
    const at = engine.run.alloc(bytes.length)
    engine.run.memory.u8.set(bytes, at)
    for (const { off, buffer } of pointers) {
      engine.run.memory.view.setBigUint64(at + off, BigInt(engine.run.user.add(buffer)) << 32n, true)
    }
    return engine.start(at, MEM_HI)
  } finally {
    engine.end()
  }
}

/** bpf_prog_test_run_raw_tp. */
export function testRunRawTracepoint(kernel: RunKernel, prog: ProgRecord, attr: TestRunAttr): TestRunResult {
  const { flags = 0, cpu = 0, ctxIn } = attr
  if (hasBuffers(attr)) throw invalid()
  if ((ctxIn?.length ?? 0) < prog.maxCtxOffset || (ctxIn?.length ?? 0) > MAX_RAW_TP_CONTEXT) throw invalid()
  const onCpu = (flags & TestRunFlag.ON_CPU) !== 0
  if (!onCpu && cpu !== 0) throw invalid()
  if (cpu >>> 0 >= kernel.possibleCpus) throw new KernelError(Errno.ENXIO)
  return untouched(attr, runOnBytes(onCpu ? onOtherCpu(kernel, cpu) : kernel, prog, ctxIn))
}

/** The same kernel as another CPU sees it. */
function onOtherCpu(kernel: RunKernel, cpu: number): RunKernel {
  return Object.create(kernel, { cpu: { value: cpu } }) as RunKernel
}

/** bpf_prog_test_run_syscall. */
export function testRunSyscall(kernel: RunKernel, prog: ProgRecord, attr: TestRunAttr): TestRunResult {
  const { flags = 0, ctxIn } = attr
  const size = ctxIn?.length ?? 0
  if (hasBuffers(attr) || flags !== 0 || size < prog.maxCtxOffset || size > MAX_SYSCALL_CONTEXT) throw invalid()
  return untouched(attr, runOnBytes(kernel, prog, ctxIn, attr.ctxPointers))
}

/**
 * bpf_prog_test_run_tracing: calls the functions that the kernel has for it, whose programs run by being attached;
 * nothing is, so that the functions do what they do alone.
 */
export function testRunTracing(_kernel: RunKernel, prog: ProgRecord, attr: TestRunAttr): TestRunResult {
  const { flags = 0, cpu = 0, batchSize = 0 } = attr
  if (flags !== 0 || cpu !== 0 || batchSize !== 0) throw invalid()
  switch (prog.expectedAttachType) {
    case AttachType.TRACE_FENTRY:
    case AttachType.TRACE_FEXIT:
      return untouched(attr, 0)
    case AttachType.MODIFY_RETURN: {
      // bpf_modify_return_test(1, &b) and bpf_modify_return_test2(1, &b, 3, 4, 5, 6, 7), each with b = 2 that they
      // add 1 to: a side effect each.
      const result = 1 + 3 + (1 + 3 + 3 + 4 + 5 + 6 + 7)
      return untouched(attr, (2 << 16) | result)
    }
    default:
      throw new KernelError(Errno.EFAULT)
  }
}

/** struct nf_hook_state: hook, pf, in, out, sk, net, okfn. */
const HOOK_STATE_SIZE = 48
const NFPROTO_IPV4 = 2
const NFPROTO_IPV6 = 10
const LOCAL_OUT = 3
const IPV4_HEADER = 20
const IPV6_HEADER = 40

/** bpf_prog_test_run_nf. */
export function testRunNetfilter(kernel: RunKernel, prog: ProgRecord, attr: TestRunAttr): TestRunResult {
  const { flags = 0, cpu = 0, batchSize = 0, repeat = 0 } = attr
  const dataIn = attr.dataIn ?? new Uint8Array(0)
  const size = dataIn.length
  if (flags !== 0 || cpu !== 0 || batchSize !== 0) throw invalid()
  if (size < IPV4_HEADER || size > PAGE_SIZE - SKB_HEADROOM - SHARED_INFO_SIZE) throw invalid()
  const user = initContext(attr, HOOK_STATE_SIZE)
  // The caller's hook is looked at, not taken, but for the hook of the protocol's own check.
  const pf = user ? (user[1] as number) : NFPROTO_IPV4
  const hook = user ? (user[0] as number) : LOCAL_OUT
  if (user && (!isZero(user, 8, HOOK_STATE_SIZE) || (pf !== NFPROTO_IPV4 && pf !== NFPROTO_IPV6))) throw invalid()
  const engine = new Engine(kernel, prog)
  try {
    const { run } = engine
    const skb = new Skb(run, dataIn)
    run.skb = skb
    if (hook === LOCAL_OUT) skb.protocol = pf === NFPROTO_IPV4 ? ETH_P_IP : ETH_P_IPV6
    else {
      if (size < ETH_HLEN + IPV4_HEADER) throw invalid()
      skb.ethTypeTrans()
      skb.networkHeader = skb.data
      if (skb.protocol !== ETH_P_IP && skb.protocol !== ETH_P_IPV6) throw new KernelError(Errno.EPROTO)
      const matches = skb.protocol === ETH_P_IP ? pf === NFPROTO_IPV4 : pf === NFPROTO_IPV6
      if (!matches || (skb.protocol === ETH_P_IPV6 && size < ETH_HLEN + IPV6_HEADER)) throw invalid()
    }
    const state = run.alloc(HOOK_STATE_SIZE, GRANT_READ)
    const at = run.alloc(16, GRANT_READ)
    const { u8, view } = run.memory
    u8[state] = hook
    u8[state + 1] = pf
    view.setInt32(at, state, true)
    view.setInt32(at + 4, MEM_HI, true)
    view.setInt32(at + 8, run.addObject({ load: () => false, store: () => false }), true)
    view.setInt32(at + 12, OBJ_HI, true)
    const outcome = repeatRun(kernel, engine, repeat, at, MEM_HI)
    return finish(attr, new Uint8Array(0), undefined, outcome)
  } finally {
    engine.end()
  }
}
