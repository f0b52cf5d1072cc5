import { AttachType } from '../../uapi/attach-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { isSleepableHook } from '../progs/lsm-hooks.ts'
import type { VerifierEnv } from './env.ts'

/** Helpers that hang on what the program is attached to (bpf_func_proto.allowed). */

/** btf_allowlist_d_path: functions whose path is held while they run. */
const heldPaths: ReadonlySet<string> = new Set([
  'security_file_permission',
  'security_inode_getattr',
  'security_file_open',
  'security_path_truncate',
  'vfs_truncate',
  'vfs_fallocate',
  'dentry_open',
  'vfs_getattr',
  'filp_close',
])

function dPath({ input }: VerifierEnv): boolean {
  const { type, expectedAttachType, attach } = input
  if (type === ProgType.TRACING && expectedAttachType === AttachType.TRACE_ITER) return true
  const name = (attach.targetType === undefined && attach.funcName) || ''
  return type === ProgType.LSM ? isSleepableHook(name) : heldPaths.has(name)
}

/** Sockets' storage isn't for programs that run within it. */
function skStorageTracing({ input }: VerifierEnv): boolean {
  if (input.attach.targetType !== undefined) return false
  const { expectedAttachType: attach } = input
  if (attach === AttachType.TRACE_ITER || attach === AttachType.TRACE_RAW_TP) return true
  if (attach !== AttachType.TRACE_FENTRY && attach !== AttachType.TRACE_FEXIT) return false
  return !(input.attach.funcName ?? '').startsWith('bpf_sk_storage')
}

const checks: Readonly<Record<string, (env: VerifierEnv) => boolean>> = {
  bpf_d_path_allowed: dPath,
  bpf_ima_inode_hash_allowed: ({ input }) => isSleepableHook(input.attach.funcName ?? ''),
  bpf_sk_storage_tracing_allowed: skStorageTracing,
}

/** @param check the kernel's own, by name. */
export function helperAllowedHere(env: VerifierEnv, check: string): boolean {
  return checks[check]?.(env) ?? true
}
