import { Errno } from '../../../uapi/errno.ts'
import type { HelperImpl } from '../impl/run.ts'
import { dropObject } from './drop.ts'
import type { KfuncFamily } from './kfunc.ts'
import { kfunc } from './kfunc.ts'
import { objectOf } from './object-of.ts'
import { HEAD, NODE, firstNode, insertNode, takeNode } from './list-nodes.ts'

/** bpf_list_push_front and _back. A node that is in a list already is dropped. */
function push(tail: boolean): HelperImpl {
  return (run) => {
    const head = run.write(1, HEAD.SIZE)
    const node = run.write(2, NODE.SIZE)
    const taken = run.memory.view.getUint32(node + NODE.OWNER, true) !== 0
    if (taken) dropObject(run.kernel, objectOf(run, 2))
    else insertNode(run.memory, head, node, tail, () => run.heap.number())
    run.ret(taken ? -Errno.EINVAL : 0)
  }
}

/** bpf_list_pop_front and _back. */
function pop(tail: boolean): HelperImpl {
  return (run) => {
    run.grantHeap()
    run.retAddress(takeNode(run.memory, run.write(1, HEAD.SIZE), tail))
  }
}

/** bpf_list_front and _back: a look at a node. */
function peek(tail: boolean): HelperImpl {
  return (run) => {
    run.grantHeap()
    const head = run.read(1, HEAD.SIZE)
    const node = firstNode(run.memory, head)
    run.retAddress(node !== 0 && tail ? run.memory.view.getUint32(head + HEAD.LAST, true) : node)
  }
}

export const listKfuncs: KfuncFamily = {
  bpf_list_push_front_impl: kfunc(2, push(false)),
  bpf_list_push_back_impl: kfunc(2, push(true)),
  bpf_list_pop_front: kfunc(1, pop(false)),
  bpf_list_pop_back: kfunc(1, pop(true)),
  bpf_list_front: kfunc(1, peek(false)),
  bpf_list_back: kfunc(1, peek(true)),
}
