import { Errno } from '../../../uapi/errno.ts'
import { MEM_HI } from '../impl/address.ts'
import { callFunction, functionSlot } from '../impl/callback.ts'
import type { HelperImpl, Run } from '../impl/run.ts'
import { dropObject } from './drop.ts'
import type { KfuncFamily } from './kfunc.ts'
import { callingBack, kfunc } from './kfunc.ts'
import { objectOf } from './object-of.ts'
import { NODE, ROOT, RbTree } from './rbtree-nodes.ts'

function treeAt(run: Run, n: number): RbTree {
  run.grantHeap()
  return new RbTree(run.memory, run.write(n, ROOT.SIZE))
}

/** bpf_rbtree_add: asks the program's own function where the node belongs. */
const add: HelperImpl = (run) => {
  const tree = treeAt(run, 1)
  const node = run.write(2, NODE.SIZE)
  const slot = functionSlot(run, 3)
  if (tree.ownerOf(node) !== 0) {
    dropObject(run.kernel, objectOf(run, 2))
    run.ret(-Errno.EINVAL)
    return
  }
  if (tree.number === 0) tree.number = run.heap.number()
  let parent = 0
  let left = true
  for (let at = tree.root; at !== 0; at = left ? tree.left(parent) : tree.right(parent)) {
    parent = at
    const { regs } = run
    regs.fill(0, 2, 12)
    regs[2] = node
    regs[3] = MEM_HI
    regs[4] = parent
    regs[5] = MEM_HI
    left = callFunction(run, slot)
  }
  tree.insert(node, parent, left)
  run.ret(0)
}

const remove: HelperImpl = (run) => {
  const tree = treeAt(run, 1)
  const node = run.write(2, NODE.SIZE)
  const isIn = tree.has(node)
  if (isIn) tree.erase(node)
  run.retAddress(isIn ? node : 0)
}

/** bpf_rbtree_left and _right: NULL for nodes of other trees. */
function child(side: 'left' | 'right'): HelperImpl {
  return (run) => {
    const tree = treeAt(run, 1)
    const node = run.read(2, NODE.SIZE)
    run.retAddress(tree.has(node) ? tree[side](node) : 0)
  }
}

export const rbtreeKfuncs: KfuncFamily = {
  bpf_rbtree_add_impl: callingBack(3, add),
  bpf_rbtree_remove: kfunc(2, remove),
  bpf_rbtree_first: kfunc(1, (run) => {
    run.retAddress(treeAt(run, 1).first)
  }),
  bpf_rbtree_root: kfunc(1, (run) => {
    run.retAddress(treeAt(run, 1).root)
  }),
  bpf_rbtree_left: kfunc(2, child('left')),
  bpf_rbtree_right: kfunc(2, child('right')),
}
