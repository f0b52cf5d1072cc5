import { Errno } from '../../uapi/errno.ts'
import { HELPER_MAX_ID, helperProto } from '../helpers/access.ts'
import type { HelperProto } from '../helpers/row.ts'
import { funcIdName } from '../helpers/table.ts'
import { refuse } from '../log.ts'
import type { LoadEnv } from './env.ts'

/** check_helper_call, up to its arguments: that there is such a helper, and that this program may call it. */
export function checkHelper(env: LoadEnv, id: number): HelperProto {
  const no = (text: string): never => refuse(env, Errno.EINVAL, `${text}\n`)
  if (id < 0 || id >= HELPER_MAX_ID) no(`invalid func ${funcIdName(id)}#${id}`)
  const proto = helperProto(env, id)
  if (!proto) return no(`program of this type cannot use helper ${funcIdName(id)}#${id}`)
  if (proto.gplOnly && !env.gplCompatible) {
    no('cannot call GPL-restricted function from non-GPL compatible program')
  }
  if (proto.mightSleep && !env.sleepable) no('helper call might sleep in a non-sleepable prog')
  return proto
}
