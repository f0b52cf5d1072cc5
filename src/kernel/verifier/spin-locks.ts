import { FieldType } from '../btf/field-types.ts'
import { Errno } from '../../uapi/errno.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { regFields } from './fields.ts'
import { toNumber } from './int64.ts'
import { acquireLock, invalidateNonOwningRefs, releaseLock } from './references.ts'
import type { VerifierState } from './state.ts'
import { tnumIsConst } from './tnum.ts'
import { RefType, RegType } from './types.ts'

/** Locks in map values and in objects of the program: which is held, and in which order they're given back. */

/** What process_spin_lock is to do. */
export interface LockRequest {
  readonly lock: boolean
  /** bpf_res_spin_lock and not bpf_spin_lock. */
  readonly resilient: boolean
  /** Interrupts are off too. */
  readonly irq: boolean
}

/** find_lock_state. @param types RefType bits. */
function isHeld(state: VerifierState, types: number, id: number, ptr: unknown): boolean {
  return state.refs.some((ref) => (ref.type & types) !== 0 && ref.id === id && ref.ptr === ptr)
}

/** process_spin_lock. */
export function processSpinLock(env: VerifierEnv, regno: number, { lock, resilient, irq }: LockRequest): void {
  const reg = env.reg(regno)
  const state = env.curState
  const name = resilient ? 'bpf_res_spin' : 'bpf_spin'
  const no = (text: string): never => refuse(env, Errno.EINVAL, `${text}\n`)
  if (!tnumIsConst(reg)) {
    no(`R${regno} doesn't have constant offset. ${name}_lock has to be at the constant offset`)
  }
  const map = reg.type === RegType.PTR_TO_MAP_VALUE ? reg.map : undefined
  if (map && !map.hasBtf) no(`map '${map.name}' has to have BTF in order to use ${name}_lock`)
  const fieldType = resilient ? FieldType.RES_SPIN_LOCK : FieldType.SPIN_LOCK
  const field = regFields(env, reg).find(({ type }) => type === fieldType)
  if (!field) return no(`${map ? 'map' : 'local'} '${map ? map.name : 'kptr'}' has no valid ${name}_lock`)
  const off = toNumber(reg.valHi, reg.valLo) + reg.off
  if (field.offset !== off) no(`off ${off} doesn't point to 'struct ${name}_lock' that is at ${field.offset}`)
  const ptr = map ?? reg.btf
  const plain = resilient ? RefType.RES_LOCK : RefType.LOCK
  const type = resilient && irq ? RefType.RES_LOCK_IRQ : plain
  if (lock) {
    if (state.activeLocks) {
      if (!resilient && isHeld(state, RefType.LOCK, 0, undefined)) no('Locking two bpf_spin_locks are not allowed')
      if (resilient && isHeld(state, RefType.RES_LOCK | RefType.RES_LOCK_IRQ, reg.id, ptr)) {
        no('Acquiring the same lock again, AA deadlock detected')
      }
    }
    acquireLock(env, env.insnIdx, type, reg.id, ptr)
    return
  }
  if (!state.activeLocks) no(`${name}_unlock without taking a lock`)
  if (!isHeld(state, type, reg.id, ptr)) no(`${name}_unlock of different lock`)
  if (reg.id !== state.activeLockId || ptr !== state.activeLockPtr) no(`${name}_unlock cannot be out of order`)
  if (!releaseLock(state, type, reg.id, ptr)) no(`${name}_unlock of different lock`)
  invalidateNonOwningRefs(env)
}
