import { FieldType } from '../btf/field-types.ts'
import { Errno } from '../../uapi/errno.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import type { VerifierMap } from './input.ts'
import { toNumber } from './int64.ts'
import { fieldTypeName } from './regions.ts'
import { tnumIsConst } from './tnum.ts'

/** What calls back later: timers, work queues, task work in map values. */

/** A map and where it was looked up, of which a later argument must be. */
export interface FieldOwner {
  readonly map: VerifierMap
  readonly uid: number
}

/** check_map_field_pointer. */
function checkFieldPointer(env: VerifierEnv, regno: number, fieldType: number): FieldOwner {
  const reg = env.reg(regno)
  const { map } = reg
  const name = fieldTypeName(fieldType)
  const no = (text: string): never => refuse(env, Errno.EINVAL, `${text}\n`)
  if (!tnumIsConst(reg)) {
    no(`R${regno} doesn't have constant offset. ${name} has to be at the constant offset`)
  }
  if (!map) return refuse(env, Errno.EFAULT)
  if (!map.hasBtf) no(`map '${map.name}' has to have BTF in order to use ${name}`)
  const field = map.fields.find(({ type }) => type === fieldType)
  if (!field) return no(`map '${map.name}' has no valid ${name}`)
  const off = toNumber(reg.valHi, reg.valLo) + reg.off
  if (field.offset !== off) no(`off ${off} doesn't point to 'struct ${name}' that is at ${field.offset}`)
  return { map, uid: reg.mapUid }
}

/** process_timer_func. */
export function processTimerFunc(env: VerifierEnv, regno: number): FieldOwner {
  const owner = checkFieldPointer(env, regno, FieldType.TIMER)
  if (env.kernel.option('CONFIG_PREEMPT_RT') === 'y') {
    refuse(env, Errno.EOPNOTSUPP, 'bpf_timer cannot be used for PREEMPT_RT.\n')
  }
  return owner
}

/** process_wq_func. */
export function processWqFunc(env: VerifierEnv, regno: number): FieldOwner {
  return checkFieldPointer(env, regno, FieldType.WORKQUEUE)
}

/** process_task_work_func. */
export function processTaskWorkFunc(env: VerifierEnv, regno: number): FieldOwner {
  return checkFieldPointer(env, regno, FieldType.TASK_WORK)
}
