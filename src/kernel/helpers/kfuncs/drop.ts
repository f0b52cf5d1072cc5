import type { MapField } from '../../btf/field-types.ts'
import { FieldType } from '../../btf/field-types.ts'
import { isInHeap } from '../../memory/heap-area.ts'
import type { HeapObject } from '../../memory/heap.ts'
import { HeapKind } from '../../memory/heap.ts'
import { MEM_HI } from '../impl/address.ts'
import type { Run } from '../impl/run.ts'
import { fault } from '../impl/run.ts'
import { nodesOfList } from './list-nodes.ts'
import { nodesOfTree } from './rbtree-nodes.ts'

/** What becomes of objects that programs allocate when nobody holds them any more. */

/** The object that argument `n` points into. */
export function objectOf(run: Run, n: number): HeapObject {
  const object = run.hi(n) === MEM_HI ? run.heap.find(run.lo(n) >>> 0) : undefined
  if (!object) throw fault(`argument ${n} of a kernel function, which is no object`)
  return object
}

/** Special fields of an object's type. */
export function fieldsOf(run: Run, { btfId, typeId }: HeapObject): readonly MapField[] {
  return run.kernel.progTypes(btfId)?.fieldsOf(typeId) ?? []
}

/** __bpf_obj_drop_impl, or what a kernel pointer's destructor does: one reference less. */
export function dropObject(run: Run, object: HeapObject): void {
  const { view } = run.memory
  const { at, kind } = object
  const fields = kind === HeapKind.OBJECT ? fieldsOf(run, object) : []
  const counter = kind === HeapKind.CPUMASK ? at + object.size - 4 : counterOf(fields, at)
  if (counter !== undefined) {
    const left = view.getUint32(counter, true) - 1
    view.setUint32(counter, left, true)
    if (left !== 0) return
  }
  freeFields(run, fields, at)
  run.heap.free(at)
}

/** Where an object's references are counted, if they are. */
export function counterOf(fields: readonly MapField[], at: number): number | undefined {
  const field = fields.find(({ type }) => type === FieldType.REFCOUNT)
  return field && at + field.offset
}

/** bpf_obj_free_fields: lets go what an object, or a map's value, holds. */
export function freeFields(run: Run, fields: readonly MapField[], at: number): void {
  const { view } = run.memory
  const drop = (node: number) => {
    const object = isInHeap(node) ? run.heap.find(node) : undefined
    if (object) dropObject(run, object)
  }
  for (const { type, offset } of fields) {
    if (type === FieldType.KPTR_REF || type === FieldType.KPTR_PERCPU) drop(view.getUint32(at + offset, true))
    else if (type === FieldType.LIST_HEAD) nodesOfList(run.memory, at + offset).forEach(drop)
    else if (type === FieldType.RB_ROOT) nodesOfTree(run.memory, at + offset).forEach(drop)
  }
}
