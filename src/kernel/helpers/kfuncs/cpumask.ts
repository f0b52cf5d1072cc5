import { Errno } from '../../../uapi/errno.ts'
import { HeapKind } from '../../memory/heap.ts'
import type { HelperImpl, Run } from '../impl/run.ts'
import { dropObject } from './drop.ts'
import type { KfuncFamily } from './kfunc.ts'
import { kfunc } from './kfunc.ts'
import { objectOf } from './object-of.ts'

/** Masks of CPUs (struct bpf_cpumask): bits, then how many hold it. */

/** sizeof(struct cpumask) where the kernel's types don't tell. */
const BITS_SIZE = 1024

function bitsSize(run: Run): number {
  return run.kernel.place('bpf_cpumask.usage')?.offset ?? BITS_SIZE
}

/** Argument `n`'s bits: as many as there are CPUs. */
function mask(run: Run, n: number): Uint8Array {
  const cpus = run.kernel.possibleCpus
  const at = run.read(n, bytesOf(cpus))
  const bits = new Uint8Array(cpus)
  for (let cpu = 0; cpu < cpus; cpu++) bits[cpu] = ((run.memory.u8[at + (cpu >> 3)] as number) >> (cpu & 7)) & 1
  return bits
}

const bytesOf = (cpus: number) => Math.ceil(cpus / 64) * 8

function setMask(run: Run, n: number, bits: (cpu: number) => number): void {
  const { possibleCpus } = run.kernel
  const at = run.write(n, bytesOf(possibleCpus))
  const { u8 } = run.memory
  for (let cpu = 0; cpu < possibleCpus; cpu++) {
    const byte = at + (cpu >> 3)
    const bit = 1 << (cpu & 7)
    u8[byte] = bits(cpu) ? (u8[byte] as number) | bit : (u8[byte] as number) & ~bit
  }
}

/** What's found first, or the number of CPUs. */
function indexOr(run: Run, find: (cpu: number) => boolean): number {
  const { possibleCpus } = run.kernel
  for (let cpu = 0; cpu < possibleCpus; cpu++) if (find(cpu)) return cpu
  return possibleCpus
}

const create: HelperImpl = (run) => {
  const size = bitsSize(run)
  const at = run.heap.alloc(size + 4, HeapKind.CPUMASK)
  if (at !== 0) {
    run.grantHeap()
    run.memory.view.setUint32(at + size, 1, true)
  }
  run.retAddress(at)
}

const acquire: HelperImpl = (run) => {
  const { at, size } = objectOf(run, 1)
  const { view } = run.memory
  view.setUint32(at + size - 4, view.getUint32(at + size - 4, true) + 1, true)
  run.ret64(run.lo(1), run.hi(1))
}

/** What a function of one CPU and a mask does: its number is argument 1. @param bit what the mask has then, if anything. */
function ofCpu(bit: number | undefined, tells: boolean): HelperImpl {
  return (run) => {
    const cpu = run.lo(1) >>> 0
    const isOne = cpu < run.kernel.possibleCpus
    const bits = mask(run, 2)
    if (isOne && bit !== undefined) setMask(run, 2, (each) => (each === cpu ? bit : (bits[each] as number)))
    run.ret(tells && isOne ? (bits[cpu] as number) : 0)
  }
}

/** A mask (argument 1) that's made of two others; tells whether there's anything in it. */
function combine(op: (a: number, b: number) => number): HelperImpl {
  return (run) => {
    const a = mask(run, 2)
    const b = mask(run, 3)
    setMask(run, 1, (cpu) => op(a[cpu] as number, b[cpu] as number))
    run.ret(mask(run, 1).includes(1) ? 1 : 0)
  }
}

/** A question about two masks. */
function compare(test: (a: number, b: number) => boolean, all: boolean): HelperImpl {
  return (run) => {
    const a = mask(run, 1)
    const b = mask(run, 2)
    const holds = (_: number, cpu: number) => test(a[cpu] as number, b[cpu] as number)
    run.ret((all ? a.every(holds) : a.some(holds)) ? 1 : 0)
  }
}

const lastGiven = new WeakMap<Run, number>()

/** cpumask_any_distribute: goes round, from the CPU after the one that was given last. */
function distribute(run: Run, bits: Uint8Array): number {
  const cpus = bits.length
  const last = lastGiven.get(run) ?? 0
  for (let i = 1; i <= cpus; i++) {
    const cpu = (last + i) % cpus
    if (!bits[cpu]) continue
    lastGiven.set(run, cpu)
    return cpu
  }
  return cpus
}

const populate: HelperImpl = (run) => {
  const { possibleCpus } = run.kernel
  const size = run.size(3)
  if (size < bytesOf(possibleCpus)) {
    run.ret(-Errno.EACCES)
    return
  }
  const from = run.read(2, bytesOf(possibleCpus))
  setMask(run, 1, (cpu) => (run.memory.u8[from + (cpu >> 3)] as number) & (1 << (cpu & 7)))
  run.ret(0)
}

export const cpumaskKfuncs: KfuncFamily = {
  bpf_cpumask_create: kfunc(0, create),
  bpf_cpumask_release: kfunc(1, (run) => {
    dropObject(run.kernel, objectOf(run, 1))
    run.ret(0)
  }),
  bpf_cpumask_acquire: kfunc(1, acquire),
  bpf_cpumask_first: kfunc(1, (run) => {
    const bits = mask(run, 1)
    run.ret(indexOr(run, (cpu) => bits[cpu] === 1))
  }),
  bpf_cpumask_first_zero: kfunc(1, (run) => {
    const bits = mask(run, 1)
    run.ret(indexOr(run, (cpu) => bits[cpu] === 0))
  }),
  bpf_cpumask_first_and: kfunc(2, (run) => {
    const a = mask(run, 1)
    const b = mask(run, 2)
    run.ret(indexOr(run, (cpu) => (a[cpu] as number) + (b[cpu] as number) === 2))
  }),
  bpf_cpumask_set_cpu: kfunc(2, ofCpu(1, false)),
  bpf_cpumask_clear_cpu: kfunc(2, ofCpu(0, false)),
  bpf_cpumask_test_cpu: kfunc(2, ofCpu(undefined, true)),
  bpf_cpumask_test_and_set_cpu: kfunc(2, ofCpu(1, true)),
  bpf_cpumask_test_and_clear_cpu: kfunc(2, ofCpu(0, true)),
  bpf_cpumask_setall: kfunc(1, (run) => {
    setMask(run, 1, () => 1)
    run.ret(0)
  }),
  bpf_cpumask_clear: kfunc(1, (run) => {
    setMask(run, 1, () => 0)
    run.ret(0)
  }),
  bpf_cpumask_and: kfunc(
    3,
    combine((a, b) => a & b),
  ),
  bpf_cpumask_or: kfunc(
    3,
    combine((a, b) => a | b),
  ),
  bpf_cpumask_xor: kfunc(
    3,
    combine((a, b) => a ^ b),
  ),
  bpf_cpumask_equal: kfunc(
    2,
    compare((a, b) => a === b, true),
  ),
  bpf_cpumask_intersects: kfunc(
    2,
    compare((a, b) => a + b === 2, false),
  ),
  bpf_cpumask_subset: kfunc(
    2,
    compare((a, b) => a <= b, true),
  ),
  bpf_cpumask_empty: kfunc(1, (run) => {
    run.ret(mask(run, 1).includes(1) ? 0 : 1)
  }),
  bpf_cpumask_full: kfunc(1, (run) => {
    run.ret(mask(run, 1).includes(0) ? 0 : 1)
  }),
  bpf_cpumask_copy: kfunc(2, (run) => {
    const bits = mask(run, 2)
    setMask(run, 1, (cpu) => bits[cpu] as number)
    run.ret(0)
  }),
  bpf_cpumask_any_distribute: kfunc(1, (run) => {
    run.ret(distribute(run, mask(run, 1)))
  }),
  bpf_cpumask_any_and_distribute: kfunc(2, (run) => {
    const b = mask(run, 2)
    run.ret(
      distribute(
        run,
        mask(run, 1).map((bit, cpu) => bit & (b[cpu] as number)),
      ),
    )
  }),
  bpf_cpumask_weight: kfunc(1, (run) => {
    run.ret(mask(run, 1).reduce((sum, bit) => sum + bit, 0))
  }),
  bpf_cpumask_populate: kfunc(3, populate),
}
