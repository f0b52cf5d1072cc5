import type { Btf } from '../../btf/btf.ts'
import { AttachType } from '../../uapi/attach-type.ts'
import { Errno } from '../../uapi/errno.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { refuse } from '../log.ts'
import type { KeptSubprog, ProgRecord } from '../objects/records.ts'
import { SubprogFlag } from '../objects/records.ts'
import { iteratorTarget } from '../progs/iterators.ts'
import { resolvedAttachType } from './attach-to.ts'
import type { LoadEnv } from './env.ts'
import { checkFuncModel } from './func-model.ts'
import { checkTypeMatch } from './type-match.ts'
import { mainFlags } from './walk.ts'

/** Programs for functions of other programs: extensions, which take a function's place, and those that trace one. */

const { TRACE_RAW_TP, TRACE_FENTRY, TRACE_FEXIT, TRACE_ITER, MODIFY_RETURN, LSM_MAC, LSM_CGROUP } = AttachType

function no(env: LoadEnv, text: string): never {
  refuse(env, Errno.EINVAL, `${text}\n`)
}

/** bpf_check_attach_target of a program's function, and what check_attach_btf_id adds. */
export function checkProgTarget(env: LoadEnv, target: ProgRecord): void {
  const id = env.attr.attachBtfId ?? 0
  const btf = target.btfId ? env.kernel.btfById?.(target.btfId) : undefined
  if (!btf) return no(env, 'FENTRY/FEXIT program can only be attached to another program annotated with BTF')
  if (!btf.has(id)) no(env, `attach_btf_id ${id} is invalid`)
  const name = btf.name(id)
  const func = target.subprogs.find(({ typeId }) => typeId === id)
  if (!func) return no(env, `Subprog ${name} doesn't exist`)
  checkPair(env, target, func)
  checkAttachType(env, btf, id, name, (func.flags & SubprogFlag.UNRELIABLE) !== 0)
  env.attachFuncName = name
  // An extension has its target's attach type by now.
  if (resolvedAttachType(env) === TRACE_ITER && !iteratorTarget(name)) refuse(env, Errno.EINVAL)
}

/** Whether such a program may be for such a function at all. */
function checkPair(env: LoadEnv, target: ProgRecord, { flags }: KeptSubprog): void {
  const { type } = env
  const isExtension = type === ProgType.EXT
  if (flags & SubprogFlag.EXCEPTION_CB) {
    no(env, `${isExtension ? 'Extension' : 'FENTRY/FEXIT'} programs cannot attach to exception callback`)
  }
  if (isExtension) {
    if (flags & SubprogFlag.UNRELIABLE) no(env, 'Cannot replace static functions')
    const more = mainFlags(env) & ~flags
    if (more & SubprogFlag.CHANGES_PKT_DATA) {
      no(env, 'Extension program changes packet data, while original does not')
    }
    if (more & SubprogFlag.MIGHT_SLEEP) no(env, 'Extension program may sleep, while original does not')
  }
  if (target.jitedLen === 0) no(env, 'Can attach to only JITed progs')
  if (type === ProgType.TRACING) {
    // attach_tracing_prog.
    if (target.type === ProgType.TRACING && target.dstProgType === ProgType.TRACING) {
      no(env, 'Cannot nest tracing program attach more than once')
    }
  } else if (target.type === type) {
    no(env, 'Cannot recursively attach')
  }
  const traces = target.expectedAttachType === TRACE_FENTRY || target.expectedAttachType === TRACE_FEXIT
  if (isExtension && target.type === ProgType.TRACING && traces) no(env, 'Cannot extend fentry/fexit')
}

/** What the attach type says. @param conservative whether the function's BTF isn't trusted. */
function checkAttachType(env: LoadEnv, btf: Btf, id: number, name: string, conservative: boolean): void {
  const proto = btf.type(id)
  switch (env.expectedAttachType) {
    case TRACE_RAW_TP:
      no(env, 'Only FENTRY/FEXIT progs are attachable to another BPF prog')
      break
    case TRACE_ITER:
      checkFuncModel(env, btf, proto, name)
      env.attachProgProto = proto
      return
    case MODIFY_RETURN:
    case LSM_MAC:
    case LSM_CGROUP:
    case TRACE_FENTRY:
    case TRACE_FEXIT:
      break
    default:
      if (env.type !== ProgType.EXT) refuse(env, Errno.EINVAL)
  }
  if (env.type === ProgType.EXT) checkTypeMatch(env, btf, id)
  if (!conservative) {
    checkFuncModel(env, btf, proto, name)
    env.attachProgProto = proto
  }
  if (env.sleepable) no(env, `${name} is not sleepable`)
  if (env.expectedAttachType === MODIFY_RETURN) no(env, "can't modify return codes of BPF programs")
}
