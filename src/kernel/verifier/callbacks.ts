import { Errno } from '../../uapi/errno.ts'
import { MapType } from '../../uapi/map-type.ts'
import { FieldType } from '../btf/field-types.ts'
import { isAsyncCallbackCall, isHelperCall } from './call-kinds.ts'
import type { SetCallee } from './calls.ts'
import { checkSubprogCall, enterFunction, makeFrame } from './calls.ts'
import { markDynptrReg } from './dynptr.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { findRegField } from './fields.ts'
import { markGraphNode, refSetNonOwning } from './graph.ts'
import { markKnownZero, markNotInit } from './ranges.ts'
import { pushAsyncState, pushStack } from './stack-of-states.ts'
import type { FuncState } from './state.ts'
import { BPF_MAIN_FUNC, DynptrType, RegType } from './types.ts'

/** Functions that a helper calls: at once, any number of times, or later by itself (push_callback_call). */

function unused(env: VerifierEnv, callee: FuncState, from: number): void {
  for (let i = from; i <= 5; i++) markNotInit(env, callee.own(i))
}

/** map, key and value of one element. */
function passElement(caller: FuncState, callee: FuncState, mapRegno: number): void {
  const { map } = caller.reg(mapRegno)
  const types = [RegType.CONST_PTR_TO_MAP, RegType.PTR_TO_MAP_KEY, RegType.PTR_TO_MAP_VALUE]
  types.forEach((type, i) => {
    const reg = callee.own(i + 1)
    reg.type = type
    markKnownZero(reg)
    reg.map = map
  })
}

/** Maps that can be walked (map_for_each_callback). */
const walkable: ReadonlySet<number> = new Set([
  MapType.HASH,
  MapType.LRU_HASH,
  MapType.PERCPU_HASH,
  MapType.LRU_PERCPU_HASH,
  MapType.ARRAY,
  MapType.PERCPU_ARRAY,
])

/** set_map_elem_callback_state. */
export const mapElementCallback: SetCallee = (env, caller, callee, insnIdx) => {
  const map = env.auxAt(insnIdx).mapPtr
  if (!map || !walkable.has(map.type)) refuse(env, Errno.ENOTSUPP, 'callback function not allowed for map\n')
  passElement(caller, callee, 1)
  callee.put(1, caller.reg(1))
  callee.put(4, caller.reg(3))
  unused(env, callee, 5)
  callee.inCallbackFn = true
  callee.callbackRetRange = { min: 0, max: 1 }
}

/** set_loop_callback_state. */
export const loopCallback: SetCallee = (env, caller, callee) => {
  callee.own(1).type = RegType.SCALAR_VALUE
  callee.put(2, caller.reg(3))
  unused(env, callee, 3)
  callee.inCallbackFn = true
  callee.callbackRetRange = { min: 0, max: 1 }
}

/** set_find_vma_callback_state. */
export const findVmaCallback: SetCallee = (env, caller, callee) => {
  callee.put(1, caller.reg(1))
  const vma = callee.own(2)
  vma.type = RegType.PTR_TO_BTF_ID
  markKnownZero(vma)
  vma.btf = env.vmlinux()
  vma.btfId = env.vmlinuxStruct('vm_area_struct')
  callee.put(3, caller.reg(4))
  unused(env, callee, 4)
  callee.inCallbackFn = true
  callee.callbackRetRange = { min: 0, max: 1 }
}

/** set_user_ringbuf_callback_state. */
export const userRingbufCallback: SetCallee = (env, caller, callee) => {
  markNotInit(env, callee.own(0))
  markDynptrReg(callee.own(1), DynptrType.LOCAL, true, ++env.idGen)
  callee.put(2, caller.reg(3))
  unused(env, callee, 3)
  callee.inCallbackFn = true
  callee.callbackRetRange = { min: 0, max: 1 }
}

/** What is called later gets the map, the key and the value that it is in. */
function laterCallback(regno: number, min: number, max: number): SetCallee {
  return (env, caller, callee) => {
    passElement(caller, callee, regno)
    unused(env, callee, 4)
    callee.inAsyncCallbackFn = true
    callee.callbackRetRange = { min, max }
  }
}

/** set_timer_callback_state: of timers and of work queues. */
export const timerCallback = laterCallback(1, 0, 0)

/** set_task_work_schedule_callback_state. */
export const taskWorkCallback = laterCallback(3, -0x80000000, 0x7fffffff)

/** set_rbtree_add_callback_state: two nodes of the tree that neither of them may be freed or added. */
export const rbtreeAddCallback: SetCallee = (env, caller, callee) => {
  const root = caller.reg(1)
  const field = findRegField(env, root, root.off, FieldType.RB_ROOT)
  if (!field?.btfId) refuse(env, Errno.EFAULT)
  for (const regno of [1, 2]) {
    const node = callee.own(regno)
    markGraphNode(node, field)
    refSetNonOwning(env, node)
  }
  unused(env, callee, 3)
  callee.inCallbackFn = true
  callee.callbackRetRange = { min: 0, max: 1 }
}

/** push_callback_call. */
export function pushCallback(env: VerifierEnv, insnIdx: number, subprog: number, setCallee: SetCallee): void {
  const caller = env.frame
  checkSubprogCall(env, subprog)
  const info = env.subprog(subprog)
  info.isCb = true
  if (isAsyncCallbackCall(env, insnIdx)) {
    info.isAsyncCb = true
    // Timers never sleep; work queues and task work may.
    const state = pushAsyncState(env, info.start, insnIdx, !isHelperCall(env, insnIdx))
    if (!state) refuse(env, Errno.EFAULT)
    const callee = makeFrame(env, BPF_MAIN_FUNC, 0, subprog)
    state.frames = [callee]
    callee.asyncEntryCnt = caller.asyncEntryCnt + 1
    setCallee(env, caller, callee, insnIdx)
    return
  }
  const state = pushStack(env, info.start, insnIdx, false)
  if (!state) refuse(env, Errno.ENOMEM)
  enterFunction(env, subprog, insnIdx, setCallee, state)
  state.callbackUnrollDepth++
  state.frameAt(state.curframe - 1).callbackDepth++
  caller.callbackDepth = 0
}
