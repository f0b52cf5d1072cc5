import { FieldType } from '../btf/field-types.ts'
import { AttachType } from '../../uapi/attach-type.ts'
import { Errno } from '../../uapi/errno.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { KernelError } from '../error.ts'
import { isTracingProgType } from '../progs/tracing-types.ts'
import { pushCallback, rbtreeAddCallback, taskWorkCallback, timerCallback } from './callbacks.ts'
import type { SetCallee } from './calls.ts'
import { processKfuncDynptr } from './dynptr-kfuncs.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { hasField, regFields } from './fields.ts'
import { insertsNode, refConvertOwningNonOwning } from './graph.ts'
import {
  processKfArgPtrToListHead,
  processKfArgPtrToListNode,
  processKfArgPtrToRbtreeNode,
  processKfArgPtrToRbtreeRoot,
} from './graph-args.ts'
import type { KfArgKind } from './kfunc-arg-kinds.ts'
import { KfArg, hasSuffix, paramsOf } from './kfunc-arg-kinds.ts'
import type { KfuncMeta } from './kfunc-meta.ts'
import { isDrop } from './obj-new.ts'
import { releaseReference } from './references.ts'
import { processSpinLock } from './spin-locks.ts'
import type { FieldOwner } from './timers.ts'
import { processTaskWorkFunc, processTimerFunc, processWqFunc } from './timers.ts'
import { Flag, RegType, typeIsNonOwningRef, typeIsPtrAllocObj } from './types.ts'
import { argText } from './regs.ts'
import { facts } from './versions.ts'

/** What kernel functions get of the program's own: objects, lists, trees, locks, dynptrs, what's called back. */

const ALLOCATED = RegType.PTR_TO_BTF_ID | Flag.MEM_ALLOC

/** The argument kinds that are looked at here: their part of check_kfunc_args. */
export function checkOwnArg(env: VerifierEnv, meta: KfuncMeta, kind: KfArgKind, regno: number): void {
  const { name } = meta.kfunc
  switch (kind) {
    case KfArg.ALLOC_BTF_ID:
      checkAllocated(env, meta, regno)
      break
    case KfArg.REFCOUNTED_KPTR:
      checkRefcounted(env, meta, regno)
      break
    case KfArg.DYNPTR:
      processKfuncDynptr(env, meta, regno)
      break
    case KfArg.LIST_HEAD:
      meta.listHead = processKfArgPtrToListHead(env, regno)
      break
    case KfArg.RB_ROOT:
      meta.rbtreeRoot = processKfArgPtrToRbtreeRoot(env, regno)
      break
    case KfArg.LIST_NODE:
      if (!meta.listHead) refuse(env, Errno.EFAULT)
      processKfArgPtrToListNode(env, regno, meta.listHead, takesNonOwned(meta, regno))
      setArgType(env, meta, regno)
      break
    case KfArg.RB_NODE:
      if (!meta.rbtreeRoot) refuse(env, Errno.EFAULT)
      processKfArgPtrToRbtreeNode(env, regno, meta.rbtreeRoot, name)
      setArgType(env, meta, regno)
      break
    case KfArg.TIMER:
      checkInMap(env, meta, regno, processTimerFunc)
      break
    case KfArg.WORKQUEUE:
      checkInMap(env, meta, regno, processWqFunc)
      break
    case KfArg.TASK_WORK:
      checkInMap(env, meta, regno, processTaskWorkFunc)
      break
    case KfArg.RES_SPIN_LOCK: {
      const { type } = env.reg(regno)
      if (type !== RegType.PTR_TO_MAP_VALUE && type !== ALLOCATED) {
        refuse(env, Errno.EINVAL, `${argText(regno)} doesn't point to map value or allocated object\n`)
      }
      const irq = name === 'bpf_res_spin_lock_irqsave' || name === 'bpf_res_spin_unlock_irqrestore'
      processSpinLock(env, regno, { lock: name.startsWith('bpf_res_spin_lock'), resilient: true, irq })
      break
    }
    default:
      refuse(env, Errno.EFAULT, `verifier bug: unknown kfunc arg type ${kind}\n`)
  }
}

/** is_kfunc_arg_nonown_allowed. */
function takesNonOwned({ kfunc }: KfuncMeta, regno: number): boolean {
  return hasSuffix(paramsOf(kfunc)[regno - 1]?.name ?? '', '__nonown_allowed')
}

/** meta->arg_btf: the type that the object is of. */
function setArgType(env: VerifierEnv, meta: KfuncMeta, regno: number): void {
  const { btf, btfId } = env.reg(regno)
  meta.argBtf = btf
  meta.argBtfId = btfId
}

/** An object that is freed: of the right kind, and owned. */
function checkAllocated(env: VerifierEnv, meta: KfuncMeta, regno: number): void {
  const no = (text: string): never => refuse(env, Errno.EINVAL, `${text}\n`)
  const { type, refObjId } = env.reg(regno)
  const { api } = meta.kfunc
  const arg = `${argText(regno)} expected`
  const suffix = facts.argsByRegister ? '' : '_impl'
  if (type === ALLOCATED) {
    if (api !== 'bpf_obj_drop') no(`${arg} for bpf_obj_drop${suffix}()`)
  } else if (type === (ALLOCATED | Flag.MEM_PERCPU)) {
    if (api !== 'bpf_percpu_obj_drop') no(`${arg} for bpf_percpu_obj_drop${suffix}()`)
  } else {
    no(`${arg} pointer to allocated object`)
  }
  if (!refObjId) no('allocated object must be referenced')
  setArgType(env, meta, regno)
}

/** btf_field_is_nmi_safe. */
const NMI_SAFE =
  FieldType.SPIN_LOCK |
  FieldType.RES_SPIN_LOCK |
  FieldType.TIMER |
  FieldType.WORKQUEUE |
  FieldType.TASK_WORK |
  FieldType.KPTR_UNREF |
  FieldType.REFCOUNT

/** Whether a program may run in an interrupt that can't be masked, as check_kfunc_call asks. */
function mayInterrupt({ input }: VerifierEnv): boolean {
  const { resolvedType: type, expectedAttachType } = input
  if (isTracingProgType(type)) return true
  return type === ProgType.TRACING && expectedAttachType !== AttachType.TRACE_ITER && !input.sleepable
}

/** An object that is freed there mustn't have fields whose freeing needs more. */
export function checkDropped(env: VerifierEnv, { kfunc: { api, name }, argBtf, argBtfId }: KfuncMeta): void {
  if (!facts.dropsNmiSafe || !isDrop(api) || !mayInterrupt(env)) return
  const fields = argBtf && env.kernel.structFields(argBtf, argBtfId)
  if (fields?.some(({ type }) => (type & NMI_SAFE) === 0)) {
    const text = `${name} cannot be used in tracing programs on types with NMI unsafe fields\n`
    refuse(env, Errno.EINVAL, text)
  }
}

/** An object that is counted, owned or not. */
function checkRefcounted(env: VerifierEnv, meta: KfuncMeta, regno: number): void {
  const reg = env.reg(regno)
  if (!typeIsPtrAllocObj(reg.type)) {
    refuse(env, Errno.EINVAL, `${argText(regno)} is neither owning or non-owning ref\n`)
  }
  if (!typeIsNonOwningRef(reg.type)) meta.argOwningRef = true
  const fields = regFields(env, reg)
  if (fields.length === 0) refuse(env, Errno.EFAULT, "verifier bug: Couldn't find btf_record\n")
  if (!hasField(fields, FieldType.REFCOUNT)) {
    refuse(env, Errno.EINVAL, `${argText(regno)} doesn't point to a type with bpf_refcount field\n`)
  }
  setArgType(env, meta, regno)
}

/** What lies in a map's value, whose map a later argument must be. */
function checkInMap(
  env: VerifierEnv,
  meta: KfuncMeta,
  regno: number,
  process: (env: VerifierEnv, regno: number) => FieldOwner,
): void {
  if (env.reg(regno).type !== RegType.PTR_TO_MAP_VALUE) {
    refuse(env, Errno.EINVAL, `${argText(regno)} doesn't point to a map value\n`)
  }
  const { map, uid } = process(env, regno)
  meta.map = map
  meta.mapUid = uid
}

const callbacks: Readonly<Record<string, SetCallee>> = {
  bpf_rbtree_add: rbtreeAddCallback,
  bpf_wq_set_callback: timerCallback,
  bpf_task_work_schedule_signal: taskWorkCallback,
  bpf_task_work_schedule_resume: taskWorkCallback,
}

/** push_callback_call of functions that call back. */
export function callBack(env: VerifierEnv, { kfunc, subprogno }: KfuncMeta): void {
  const setCallee = callbacks[kfunc.api]
  if (!setCallee) return
  try {
    pushCallback(env, env.insnIdx, subprogno, setCallee)
  } catch (error) {
    if (error instanceof KernelError) env.verbose(`kfunc ${kfunc.name}#${kfunc.id} failed callback verification\n`)
    throw error
  }
}

/** Nodes that were put into a list or tree aren't the program's any more, though it may use them under the lock. */
export function convertInserted(env: VerifierEnv, { kfunc, argBtf, argBtfId }: KfuncMeta): void {
  if (!insertsNode(kfunc.name)) return
  const { refObjId, off } = env.reg(2)
  const aux = env.curAux
  aux.insertOff = off
  aux.kptrFields = argBtf && env.kernel.structFields(argBtf, argBtfId)
  refConvertOwningNonOwning(env, refObjId)
  if (!releaseReference(env, refObjId)) {
    refuse(env, Errno.EINVAL, `kfunc ${kfunc.name}#${kfunc.id} reference has not been acquired before\n`)
  }
}
