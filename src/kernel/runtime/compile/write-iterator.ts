import { GRANT_BOTH } from '../../helpers/impl/grants.ts'
import { kfuncNumber } from '../../kfuncs/numbers.ts'
import type { FunctionWriter } from './function-writer.ts'
import { accessOf, pushOffset } from './write-memory.ts'

const NUM_NEXT = kfuncNumber('bpf_iter_num_next')
/** struct bpf_iter_num_kern: the number that it's at, and the one behind the last. */
export const NUM_SIZE = 8
const END = 4

/** Whether a function is bpf_iter_num_next, which changes nothing but its iterator. */
export function isIteratorNext(number: number): boolean {
  return number === NUM_NEXT
}

/** bpf_iter_num_next of an iterator on the stack: what every turn of an open-coded loop calls. @returns whether it's one. */
export function writeIteratorNext(w: FunctionWriter, number: number): boolean {
  const { code } = w
  const access = accessOf(w, 1, 0, NUM_SIZE, GRANT_BOTH)
  if (number !== NUM_NEXT || access.kind !== 'frame') return false
  const at = w.local('at')
  const count = w.local('count')
  code.i32(pushOffset(w, access, 1, 0))
  code.op('i32.add')
  code.tee(at)
  code.memory('i32.load', 0)
  code.i32(1)
  code.op('i32.add')
  code.tee(count)
  code.get(at)
  code.memory('i32.load', END)
  code.op('i32.ge_s')
  code.open('if')
  code.get(at)
  code.i64(0, 0)
  code.memory('i64.store', 0)
  code.i64(0, 0)
  w.set(0)
  code.op('else')
  code.get(at)
  code.get(count)
  code.memory('i32.store', 0)
  code.get(at)
  w.toAddress()
  w.set(0)
  code.op('end')
  return true
}
