import { initMapValue } from '../../maps/value.ts'
import { HeapKind } from '../../memory/heap.ts'
import type { HelperImpl } from '../impl/run.ts'
import { fault } from '../impl/run.ts'
import { counterOf, dropObject, fieldsOf } from './drop.ts'
import type { KfuncFamily } from './kfunc.ts'
import { kfunc } from './kfunc.ts'
import { objectOf } from './object-of.ts'

/** Bytes of the largest object, and of the largest that there's one of for each CPU. */
const MAX_SIZE = 4096 - 8
const MAX_PERCPU_SIZE = 512

/** bpf_obj_new, and its kin for each CPU: argument 1 is a type of the program's own. */
function create(kind: number, max: number): HelperImpl {
  return (run) => {
    const { btfId } = run.prog
    const typeId = run.lo(1) >>> 0
    const types = run.kernel.progTypes(btfId)
    const size = types?.types.resolveSize(typeId) ?? 0
    const copies = kind === HeapKind.PERCPU ? run.kernel.possibleCpus : 1
    const step = (size + 7) & ~7
    const at = size === 0 || size > max ? 0 : run.heap.alloc(step * copies, kind, btfId, typeId)
    if (at !== 0) {
      run.grantHeap()
      const fields = types?.fieldsOf(typeId) ?? []
      if (kind === HeapKind.OBJECT) initMapValue({ valueSize: size, fields }, run.memory, at)
    }
    run.retAddress(at)
  }
}

const drop: HelperImpl = (run) => {
  dropObject(run.kernel, objectOf(run, 1))
  run.ret(0)
}

const acquire: HelperImpl = (run) => {
  const object = objectOf(run, 1)
  const counter = counterOf(fieldsOf(run.kernel, object), object.at)
  if (counter === undefined) throw fault('an object that is not counted')
  const { view } = run.memory
  const count = view.getUint32(counter, true)
  if (count === 0) {
    run.ret(0)
    return
  }
  view.setUint32(counter, count + 1, true)
  run.ret64(run.lo(1), run.hi(1))
}

/** Objects of a program's own types. */
export const objectKfuncs: KfuncFamily = {
  bpf_obj_new_impl: kfunc(1, create(HeapKind.OBJECT, MAX_SIZE)),
  bpf_percpu_obj_new_impl: kfunc(1, create(HeapKind.PERCPU, MAX_PERCPU_SIZE)),
  bpf_obj_drop_impl: kfunc(1, drop),
  bpf_percpu_obj_drop_impl: kfunc(1, drop),
  bpf_refcount_acquire_impl: kfunc(1, acquire),
}
