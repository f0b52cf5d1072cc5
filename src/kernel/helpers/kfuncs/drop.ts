import type { MapField } from '../../btf/field-types.ts'
import { FieldType } from '../../btf/field-types.ts'
import { isInHeap } from '../../memory/heap-area.ts'
import type { HeapObject } from '../../memory/heap.ts'
import { HeapKind } from '../../memory/heap.ts'
import type { RunKernel } from '../impl/run-kernel.ts'
import { nodesOfList } from './list-nodes.ts'
import { nodesOfTree } from './rbtree-nodes.ts'

/** What becomes of objects that programs allocate when nobody holds them any more. */

/** What of the kernel has to do with objects. */
export type ObjectKernel = Pick<RunKernel, 'memory' | 'heap' | 'progTypes'>

/** Special fields of an object's type. */
export function fieldsOf(kernel: ObjectKernel, { btfId, typeId }: HeapObject): readonly MapField[] {
  return kernel.progTypes(btfId)?.fieldsOf(typeId) ?? []
}

/** __bpf_obj_drop_impl, or what a kernel pointer's destructor does: one reference less. */
export function dropObject(kernel: ObjectKernel, object: HeapObject): void {
  const { view } = kernel.memory
  const { at, kind } = object
  const fields = kind === HeapKind.OBJECT ? fieldsOf(kernel, object) : []
  const counter = kind === HeapKind.CPUMASK ? at + object.size - 4 : counterOf(fields, at)
  if (counter !== undefined) {
    const left = view.getUint32(counter, true) - 1
    view.setUint32(counter, left, true)
    if (left !== 0) return
  }
  for (const field of fields) freeField(kernel, field, at + field.offset)
  kernel.heap.free(at)
}

/** Where an object's references are counted, if they are. */
export function counterOf(fields: readonly MapField[], at: number): number | undefined {
  const field = fields.find(({ type }) => type === FieldType.REFCOUNT)
  return field && at + field.offset
}

/** bpf_obj_free_fields: lets go what a field of an object, or of a map's value, holds. */
export function freeField(kernel: ObjectKernel, { type }: MapField, at: number): void {
  const { memory, heap } = kernel
  const drop = (node: number) => {
    heap.open()
    const object = isInHeap(node) ? heap.find(node) : undefined
    if (object) dropObject(kernel, object)
  }
  if (type === FieldType.KPTR_REF || type === FieldType.KPTR_PERCPU) {
    const node = memory.view.getUint32(at, true)
    if (isInHeap(node)) drop(node)
  } else if (type === FieldType.LIST_HEAD && isInHeap(memory.view.getUint32(at, true))) {
    heap.open()
    nodesOfList(memory, at).forEach(drop)
  } else if (type === FieldType.RB_ROOT && isInHeap(memory.view.getUint32(at, true))) {
    heap.open()
    nodesOfTree(memory, at).forEach(drop)
  }
}
