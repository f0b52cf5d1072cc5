import { Kind } from '../../btf/btf.ts'
import { AttachType } from '../../uapi/attach-type.ts'
import { Errno } from '../../uapi/errno.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { checkProgTarget } from './attach-prog.ts'
import { vmlinuxKind, vmlinuxTypes } from '../btf/vmlinux.ts'
import { KfFlag } from '../kfuncs/flags.ts'
import { modifyReturnFlags } from '../kfuncs/table.ts'
import { refuse } from '../log.ts'
import { isSince } from '../profile/release.ts'
import { iteratorTarget } from '../progs/iterators.ts'
import { disabledHooks, isSleepableHook, noHooks, unsafeHooks } from '../progs/lsm-hooks.ts'
import type { LoadEnv } from './env.ts'
import { checkFuncModel } from './func-model.ts'
import { checkStructOps } from './struct-ops.ts'

/** What a program that is attached to a function, by type id, may be attached to (check_attach_btf_id). */

const { TRACE_RAW_TP, TRACE_FENTRY, TRACE_FEXIT, TRACE_ITER, MODIFY_RETURN, LSM_MAC, LSM_CGROUP } = AttachType

/** Functions that no tracing program may be attached to (btf_id_deny). */
const denied: ReadonlySet<string> = new Set([
  '___migrate_enable',
  'migrate_disable',
  'migrate_enable',
  'rcu_read_unlock_strict',
  'preempt_count_add',
  'preempt_count_sub',
  '__rcu_read_lock',
  '__rcu_read_unlock',
])

/** Functions that don't return (noreturn_deny). */
const noReturn: ReadonlySet<string> = new Set([
  '__ia32_sys_exit',
  '__ia32_sys_exit_group',
  '__kunit_abort',
  'kunit_try_catch_throw',
  '__module_put_and_kthread_exit',
  '__x64_sys_exit',
  '__x64_sys_exit_group',
  'do_exit',
  'do_group_exit',
  'kthread_complete_and_exit',
  'kthread_exit',
  'make_task_dead',
])

/** check_attach_btf_id. */
export function checkAttachTarget(env: LoadEnv): void {
  const { type, sleepable } = env
  if (type === ProgType.SYSCALL) {
    if (!sleepable) refuse(env, Errno.EINVAL, 'Syscall programs can only be sleepable\n')
    return
  }
  if (sleepable && !canBeSleepable(env)) {
    const which = 'Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable'
    refuse(env, Errno.EINVAL, `${which}\n`)
  }
  if (type === ProgType.STRUCT_OPS) checkStructOps(env)
  else if (type === ProgType.TRACING || type === ProgType.LSM || type === ProgType.EXT) checkTarget(env)
}

function canBeSleepable({ type, expectedAttachType: attach }: LoadEnv): boolean {
  if (type === ProgType.TRACING) {
    return attach === TRACE_FENTRY || attach === TRACE_FEXIT || attach === MODIFY_RETURN || attach === TRACE_ITER
  }
  return type === ProgType.LSM || type === ProgType.KPROBE || type === ProgType.STRUCT_OPS
}

/** bpf_check_attach_target, and what check_attach_btf_id adds. */
function checkTarget(env: LoadEnv): void {
  const { attr, dstProg, type, expectedAttachType } = env
  const id = attr.attachBtfId ?? 0
  const no = (text: string): never => refuse(env, Errno.EINVAL, `${text}\n`)
  if (id === 0) no('Tracing programs must provide btf_id')
  if (dstProg) {
    checkProgTarget(env, dstProg)
    return
  }
  const kind = vmlinuxKind(env.kernel, id)
  if (kind === undefined) no(`attach_btf_id ${id} is invalid`)
  if (type === ProgType.EXT) no('Cannot replace kernel functions')
  switch (expectedAttachType) {
    case TRACE_RAW_TP:
      checkRawTracepoint(env, id, kind)
      return
    case TRACE_ITER:
      // bpf_iter_prog_supported.
      if (!iteratorTarget(checkFunction(env, id, kind))) refuse(env, Errno.EINVAL)
      return
    case MODIFY_RETURN:
    case LSM_MAC:
    case LSM_CGROUP:
    case TRACE_FENTRY:
    case TRACE_FEXIT:
      break
    default:
      refuse(env, Errno.EINVAL)
  }
  const name = checkFunction(env, id, kind)
  if (env.kernel.symbol(name) === undefined) {
    refuse(env, Errno.ENOENT, `The address of function ${name} cannot be found\n`)
  }
  if (env.sleepable) {
    if (!isSleepable(env, name)) no(`${name} is not sleepable`)
  } else if (expectedAttachType === MODIFY_RETURN) {
    const listed = isSince(env.kernel, '6.2') && modifyReturnFlags(name) !== undefined
    const may = listed || name.startsWith('security_') || mayInjectErrors(env)
    if (!may) no(`${name}() is not modifiable`)
  }
  if (type === ProgType.LSM) {
    checkLsmHook(env, name, id)
  } else if (denied.has(name)) {
    no(`Attaching tracing programs to function '${name}' is rejected.`)
  } else if ((expectedAttachType === TRACE_FEXIT || expectedAttachType === MODIFY_RETURN) && noReturn.has(name)) {
    no(`Attaching fexit/fmod_ret to __noreturn function '${name}' is rejected.`)
  }
}

/** @returns the function's name. */
function checkFunction(env: LoadEnv, id: number, kind: number | undefined): string {
  if (kind !== Kind.FUNC) refuse(env, Errno.EINVAL, `attach_btf_id ${id} is not a function\n`)
  const btf = vmlinuxTypes(env.kernel)
  const name = btf.name(id)
  env.attachFuncName = name
  checkFuncModel(env, btf, btf.type(id), name)
  return name
}

function checkRawTracepoint(env: LoadEnv, id: number, kind: number | undefined): void {
  if (kind !== Kind.TYPEDEF) refuse(env, Errno.EINVAL, `attach_btf_id ${id} is not a typedef\n`)
  const name = vmlinuxTypes(env.kernel).name(id)
  if (!name.startsWith('btf_trace_')) {
    refuse(env, Errno.EINVAL, `attach_btf_id ${id} points to wrong type name ${name}\n`)
  }
  env.attachFuncName = name.slice('btf_trace_'.length)
}

/** within_error_injection_list: a kernel built without such a list has nobody on it. Ours has no list, so it trusts. */
function mayInjectErrors(env: LoadEnv): boolean {
  return env.kernel.option('CONFIG_FUNCTION_ERROR_INJECTION') !== undefined
}

function isSleepable(env: LoadEnv, name: string): boolean {
  if (env.type === ProgType.LSM)
    return isSince(env.kernel, '5.11') ? isSleepableHook(name) : name === 'bpf_lsm_bprm_committed_creds'
  const flags = isSince(env.kernel, '6.2') ? (modifyReturnFlags(name) ?? 0) : 0
  return (flags & KfFlag.SLEEPABLE) !== 0 || (mayInjectErrors(env) && name !== '__filemap_add_folio')
}

/** bpf_lsm_verify_prog. */
function checkLsmHook(env: LoadEnv, name: string, id: number): void {
  if (!env.gplCompatible) refuse(env, Errno.EINVAL, 'LSM programs must have a GPL compatible license\n')
  const disabled = disabledHooks.has(name) ? '6.12' : unsafeHooks.has(name) ? '7.2' : undefined
  if (disabled !== undefined && isSince(env.kernel, disabled)) {
    refuse(env, Errno.EINVAL, `attach_btf_id ${id} points to disabled hook ${name}\n`)
  }
  if (!name.startsWith('bpf_lsm_') || noHooks.has(name)) {
    refuse(env, Errno.EINVAL, `attach_btf_id ${id} points to wrong type name ${name}\n`)
  }
}
