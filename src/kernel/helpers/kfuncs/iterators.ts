import { Errno } from '../../../uapi/errno.ts'
import type { HelperImpl, Run } from '../impl/run.ts'
import type { KfuncFamily } from './kfunc.ts'
import { kfunc } from './kfunc.ts'

/** BPF_MAX_LOOPS, BITS_ITER_NR_WORDS_MAX. */
const MAX_LOOPS = 8 * 1024 * 1024
const MAX_WORDS = 511

/** struct bpf_iter_num_kern: the number that is next, and the one behind the last. */
const NUM_SIZE = 8

const numNew: HelperImpl = (run) => {
  const at = run.write(1, NUM_SIZE)
  const { view } = run.memory
  const start = run.lo(2)
  const end = run.lo(3)
  const error = start > end ? Errno.EINVAL : end - start > MAX_LOOPS ? Errno.E2BIG : 0
  // The first step forward comes before the first number.
  view.setInt32(at, error === 0 ? start - 1 : 0, true)
  view.setInt32(at + 4, error === 0 ? end : 0, true)
  run.ret(-error)
}

const numNext: HelperImpl = (run) => {
  const at = run.write(1, NUM_SIZE)
  const { view } = run.memory
  const next = (view.getInt32(at, true) + 1) | 0
  if (next >= view.getInt32(at + 4, true)) {
    view.setInt32(at, 0, true)
    view.setInt32(at + 4, 0, true)
    run.ret(0)
    return
  }
  view.setInt32(at, next, true)
  run.retAddress(at)
}

/** struct bpf_iter_bits_kern: the bits, or where they are; how many; the last one that was found. */
const BITS_SIZE = 16
const BITS_COUNT = 8
const BITS_AT = 12

const bitsNew: HelperImpl = (run) => {
  const at = run.write(1, BITS_SIZE)
  const { memory } = run
  const words = run.lo(3) >>> 0
  memory.u8.fill(0, at, at + BITS_SIZE)
  memory.view.setInt32(at + BITS_AT, -1, true)
  let error = 0
  if (run.isNull(2) || words === 0) error = Errno.EINVAL
  else if (words > MAX_WORDS) error = Errno.E2BIG
  else if (!run.readable(run.lo(2), run.hi(2), words * 8)) error = Errno.EFAULT
  if (error === 0) {
    const from = run.lo(2) >>> 0
    const to = words === 1 ? at : run.alloc(words * 8, 0)
    if (words > 1) memory.view.setUint32(at, to, true)
    memory.u8.copyWithin(to, from, from + words * 8)
    memory.view.setUint32(at + BITS_COUNT, words * 64, true)
  }
  run.ret(-error)
}

const bitsNext: HelperImpl = (run) => {
  const at = run.write(1, BITS_SIZE)
  const { view, u8 } = run.memory
  const count = view.getUint32(at + BITS_COUNT, true)
  const bits = count <= 64 ? at : view.getUint32(at, true)
  let bit = view.getInt32(at + BITS_AT, true) + 1
  while (bit < count && !((u8[bits + (bit >> 3)] as number) & (1 << (bit & 7)))) bit++
  if (bit > count) bit = count
  if (count > 0) view.setInt32(at + BITS_AT, bit, true)
  run.retAddress(bit < count ? at + BITS_AT : 0)
}

/** Iterators over addresses: where in a list of them the next one stands, and the list. */
const lists = new WeakMap<Run, (readonly (readonly [lo: number, hi: number])[])[]>()

/** Begins to go through addresses, which the program gets one after the other: struct with 8 bytes for us. */
export function beginList(run: Run, at: number, addresses: readonly (readonly [lo: number, hi: number])[]): void {
  let known = lists.get(run)
  if (!known) lists.set(run, (known = []))
  run.memory.view.setUint32(at, known.push(addresses), true)
  run.memory.view.setUint32(at + 4, 0, true)
}

/** The next address of a list, or NULL. */
export const nextOfList: HelperImpl = (run) => {
  const at = run.write(1, 8)
  const { view } = run.memory
  const place = view.getUint32(at + 4, true)
  const address = lists.get(run)?.[view.getUint32(at, true) - 1]?.[place]
  if (!address) {
    run.ret(0)
    return
  }
  view.setUint32(at + 4, place + 1, true)
  run.ret64(address[0], address[1])
}

const endOf =
  (size: number): HelperImpl =>
  (run) => {
    const at = run.write(1, size)
    run.memory.u8.fill(0, at, at + size)
    run.ret(0)
  }

/** An iterator over what this machine has nothing of. */
function empty(name: string, args: number, size: number): KfuncFamily {
  return {
    [`bpf_iter_${name}_new`]: kfunc(args, endOf(size)),
    [`bpf_iter_${name}_next`]: kfunc(1, (run) => {
      run.ret(0)
    }),
    [`bpf_iter_${name}_destroy`]: kfunc(1, endOf(size)),
  }
}

/** Numbers, bits, and what there is nothing of. */
export const iteratorKfuncs: KfuncFamily = {
  bpf_iter_num_new: kfunc(3, numNew),
  bpf_iter_num_next: kfunc(1, numNext),
  bpf_iter_num_destroy: kfunc(1, endOf(NUM_SIZE)),
  bpf_iter_bits_new: kfunc(3, bitsNew),
  bpf_iter_bits_next: kfunc(1, bitsNext),
  // What a program keeps there may be looked at after it ends.
  bpf_iter_bits_destroy: kfunc(1, (run) => {
    run.ret(0)
  }),
  ...empty('dmabuf', 1, 8),
  ...empty('kmem_cache', 1, 8),
}

export { endOf }
