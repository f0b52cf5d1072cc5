import { AttachType as A } from '../../uapi/attach-type.ts'
import { helperNames } from '../../uapi/helper-names.ts'
import { ProgType as T } from '../../uapi/prog-type.ts'
import type { Versioned } from '../profile/release.ts'
import { isSince } from '../profile/release.ts'
import { families } from './families.ts'
import { protoRows } from './protos.ts'
import { mayCall } from './rights.ts'
import type { HelperRights } from './rights.ts'
import type { HelperProto } from './row.ts'
import { parseProto } from './row.ts'

/** What decides about the helpers of a program. */
export interface HelperContext {
  readonly type: number
  readonly expectedAttachType: number
  readonly sleepable: boolean
  /** The function, or the member of an operations struct, that it is attached to. */
  readonly attachFuncName?: string | undefined
  /** The operations struct of a STRUCT_OPS program. */
  readonly opsName?: string | undefined
  /** Of the one who loads; all of them where this is left out. */
  readonly rights?: HelperRights | undefined
  readonly kernel: HelperKernel
}

/** What of a kernel decides about its helpers. */
export interface HelperKernel extends Versioned {
  option(name: string): string | undefined
}

/** Program types and the family of helpers that each has (struct bpf_verifier_ops.get_func_proto). */
const familyOf: Readonly<Record<number, string>> = {
  [T.SOCKET_FILTER]: 'skFilter',
  [T.KPROBE]: 'kprobe',
  [T.SCHED_CLS]: 'tc',
  [T.SCHED_ACT]: 'tc',
  [T.TRACEPOINT]: 'tracepoint',
  [T.XDP]: 'xdp',
  [T.PERF_EVENT]: 'perfEvent',
  [T.CGROUP_SKB]: 'cgSkb',
  [T.CGROUP_SOCK]: 'cgSock',
  [T.LWT_IN]: 'lwtIn',
  [T.LWT_OUT]: 'lwtOut',
  [T.LWT_XMIT]: 'lwtXmit',
  [T.SOCK_OPS]: 'sockOps',
  [T.SK_SKB]: 'skSkb',
  [T.CGROUP_DEVICE]: 'cgroupDevice',
  [T.SK_MSG]: 'skMsg',
  [T.RAW_TRACEPOINT]: 'rawTracepoint',
  [T.CGROUP_SOCK_ADDR]: 'sockAddr',
  [T.LWT_SEG6LOCAL]: 'seg6local',
  [T.LIRC_MODE2]: 'lirc',
  [T.SK_REUSEPORT]: 'skReuseport',
  [T.FLOW_DISSECTOR]: 'flowDissector',
  [T.CGROUP_SYSCTL]: 'sysctl',
  [T.RAW_TRACEPOINT_WRITABLE]: 'rawTracepoint',
  [T.CGROUP_SOCKOPT]: 'sockopt',
  [T.TRACING]: 'tracing',
  [T.LSM]: 'lsm',
  [T.SK_LOOKUP]: 'skLookup',
  [T.SYSCALL]: 'syscall',
  [T.NETFILTER]: 'base',
}

/** Number of helpers of the latest kernel, the one without a number included. */
export const HELPER_MAX_ID = helperNames.length

/** The last helper of each version that brought some: they only get more. */
const lastHelpers: readonly (readonly [since: string, last: string])[] = [
  ['6.2', 'cgrp_storage_delete'],
  ['6.1', 'user_ringbuf_drain'],
  ['6.0', 'tcp_raw_check_syncookie_ipv6'],
  ['5.19', 'dynptr_data'],
  ['5.18', 'ima_file_hash'],
  ['5.17', 'get_func_arg_cnt'],
  ['5.16', 'kallsyms_lookup_name'],
  ['5.15', 'task_pt_regs'],
  ['5.14', 'sys_close'],
  ['5.13', 'snprintf'],
  ['5.12', 'check_mtu'],
  ['5.11', 'sock_from_file'],
]
const BEFORE_ALL = 'redirect_peer'

const counts = new Map<string, number>()

/** Number of a kernel's helpers (__BPF_FUNC_MAX_ID). */
export function helperCount(kernel: Versioned): number {
  let count = counts.get(kernel.linux)
  if (count === undefined) {
    const last = lastHelpers.find(([since]) => isSince(kernel, since))?.[1] ?? BEFORE_ALL
    counts.set(kernel.linux, (count = helperNames.indexOf(last) + 1))
  }
  return count
}

const parsed = new Map<string, HelperProto>()

/** A prototype by its name in protos.ts. */
export function protoByName(name: string): HelperProto | undefined {
  let proto = parsed.get(name)
  const row = protoRows[name]
  if (!proto && row !== undefined) {
    proto = parseProto(name, row)
    parsed.set(name, proto)
  }
  return proto
}

/** get_helper_proto: how this program may call a helper; undefined where it may not. */
export function helperProto(context: HelperContext, id: number): HelperProto | undefined {
  const helper = helperNames[id]
  if (helper === undefined || id === 0 || id >= helperCount(context.kernel)) return undefined
  const family = context.type === T.STRUCT_OPS ? opsFamily(context.opsName) : familyOf[context.type]
  const name = family === undefined ? undefined : find(context, family, helper)
  return name === undefined ? undefined : protoByName(name)
}

/** Whether a program of this type may call a helper. */
export function helperAllowed(context: HelperContext, id: number): boolean {
  return helperProto(context, id) !== undefined
}

/** TCP's congestion control has helpers of its own, the dummy none at all. */
function opsFamily(opsName: string | undefined): string | undefined {
  if (opsName === 'tcp_congestion_ops') return 'tcpCa'
  return opsName === 'bpf_dummy_ops' ? undefined : 'base'
}

/** One *_func_proto function. @returns the prototype's name. */
function find(context: HelperContext, family: string, helper: string): string | undefined {
  const rows = families[family]
  if (!rows) return undefined
  for (const common of rows.first ?? (family === 'lsm' && isCgroupLsm(context) ? ['cgroupCommon'] : [])) {
    const fromCommon = find(context, common, helper)
    if (fromCommon !== undefined) return fromCommon
  }
  const listed = listedProto(context, family, helper)
  if (listed !== undefined) {
    if (context.rights && !mayCall(context.kernel, context.rights, family, helper)) return undefined
    return decide(context, family, helper, listed)
  }
  const next = rows.then === undefined ? undefined : find(context, rows.then, helper)
  if (next === undefined && family === 'tracing') return iteratorHelper(context, helper)
  return next
}

interface Listed {
  readonly proto: string
  readonly options: readonly string[]
  readonly since: string
}

/** Helpers of each family by name; made when a family is first asked. */
const indexes = new Map<string, ReadonlyMap<string, Listed>>()

function listedProto({ kernel }: HelperContext, family: string, helper: string): string | undefined {
  let index = indexes.get(family)
  if (!index) {
    const map = new Map<string, Listed>()
    for (const [options, words] of Object.entries(families[family]?.helpers ?? {})) {
      for (const word of words.trim().split(/\s+/)) {
        const [what = '', since = ''] = word.split('@')
        const [name = '', proto = name] = what.split(':')
        map.set(name, { proto, options: options === '' ? [] : options.split(' '), since })
      }
    }
    index = map
    indexes.set(family, index)
  }
  const listed = index.get(helper)
  if (listed && listed.since !== '' && !isSince(kernel, listed.since)) return undefined
  return listed?.options.every((option) => kernel.option(option) !== undefined) ? listed.proto : undefined
}

const noRetval: ReadonlySet<number> = new Set([
  A.CGROUP_INET_INGRESS,
  A.CGROUP_INET_EGRESS,
  A.CGROUP_SOCK_OPS,
  A.CGROUP_UDP4_RECVMSG,
  A.CGROUP_UDP6_RECVMSG,
  A.CGROUP_UNIX_RECVMSG,
  A.CGROUP_INET4_GETPEERNAME,
  A.CGROUP_INET6_GETPEERNAME,
  A.CGROUP_UNIX_GETPEERNAME,
  A.CGROUP_INET4_GETSOCKNAME,
  A.CGROUP_INET6_GETSOCKNAME,
  A.CGROUP_UNIX_GETSOCKNAME,
])

/** Types that couldn't fall back on what all programs may call, before 5.15. */
const tracingTypes: ReadonlySet<number> = new Set([
  T.KPROBE,
  T.TRACEPOINT,
  T.PERF_EVENT,
  T.RAW_TRACEPOINT,
  T.RAW_TRACEPOINT_WRITABLE,
  T.TRACING,
])

/** Not later than this: pulling data would take away what a SRv6 program holds on to. */
const NO_SEG6_PULL = '6.12.117 6.18.44 7.2'

/** What hangs on the attach type and the like. */
function decide(context: HelperContext, family: string, helper: string, proto: string): string | undefined {
  const { expectedAttachType: attach, sleepable } = context
  switch (`${family} ${helper}`) {
    case 'base task_storage_get':
    case 'base task_storage_delete':
    case 'tracingBase task_storage_get':
    case 'tracingBase task_storage_delete':
      return checksRecursion(context) ? proto : helper
    case 'base get_task_stack':
    case 'tracingBase get_task_stack':
    case 'kprobe get_stack':
      return sleepable ? `${helper}_sleepable` : proto
    case 'base spin_lock':
    case 'base spin_unlock':
      return !isSince(context.kernel, '5.15') && tracingTypes.has(context.type) ? undefined : proto
    case 'tracingBase copy_from_user':
    case 'tracingBase copy_from_user_task':
      return sleepable || isSince(context.kernel, '6.2') ? proto : undefined
    case 'lwtOut skb_pull_data':
      return context.type === T.LWT_SEG6LOCAL && isSince(context.kernel, NO_SEG6_PULL) ? undefined : proto
    case 'tracingBase probe_write_user':
      return isLockedDown(context.kernel) ? undefined : proto
    case 'kprobe get_func_ip':
      return `get_func_ip_${isKprobeMulti(attach) ? 'kprobe_multi' : isUprobeMulti(attach) ? 'uprobe_multi' : 'kprobe'}`
    case 'kprobe get_attach_cookie':
      return `get_attach_cookie_${isKprobeMulti(attach) ? 'kmulti' : isUprobeMulti(attach) ? 'umulti' : 'trace'}`
    case 'tracing seq_printf':
    case 'tracing seq_write':
    case 'tracing seq_printf_btf':
      return attach === A.TRACE_ITER ? proto : undefined
    case 'tracing get_attach_cookie':
      if (context.type === T.TRACING && attach === A.TRACE_RAW_TP) return proto
      return hasTrampoline(context) ? proto : undefined
    case 'tracing get_func_arg':
    case 'tracing get_func_ret':
    case 'tracing get_func_arg_cnt':
    case 'lsm get_attach_cookie':
      return hasTrampoline(context) ? proto : undefined
    case 'cgroupCommon get_retval':
    case 'cgroupCommon set_retval':
      return noRetval.has(attach) ? undefined : proto
    case 'sockAddr bind':
      return attach === A.CGROUP_INET4_CONNECT || attach === A.CGROUP_INET6_CONNECT ? proto : undefined
    case 'sockopt setsockopt':
    case 'sockopt getsockopt':
      return attach === A.CGROUP_SETSOCKOPT ? proto : undefined
    case 'lsm setsockopt':
    case 'lsm getsockopt':
      return lsmSockopt(context, helper)
    case 'tcpCa setsockopt':
    case 'tcpCa getsockopt':
      return context.attachFuncName === 'release' ? undefined : proto
    default:
      return proto
  }
}

/** security_locked_down: where the kernel is built so that it always is, to keep its integrity. */
export function isLockedDown(kernel: Pick<HelperKernel, 'option'>): boolean {
  return lockdowns.some((name) => kernel.option(name) !== undefined)
}

const lockdowns = ['CONFIG_LOCK_DOWN_KERNEL_FORCE_INTEGRITY', 'CONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY']

function isKprobeMulti(attach: number): boolean {
  return attach === A.TRACE_KPROBE_MULTI || attach === A.TRACE_KPROBE_SESSION
}

function isUprobeMulti(attach: number): boolean {
  return attach === A.TRACE_UPROBE_MULTI || attach === A.TRACE_UPROBE_SESSION
}

function isCgroupLsm({ expectedAttachType }: HelperContext): boolean {
  return expectedAttachType === A.LSM_CGROUP
}

/** bpf_prog_has_trampoline. */
function hasTrampoline({ type, expectedAttachType: attach }: HelperContext): boolean {
  if (type === T.LSM) return attach === A.LSM_MAC
  return type === T.TRACING && (attach === A.TRACE_FENTRY || attach === A.TRACE_FEXIT || attach === A.MODIFY_RETURN)
}

/** bpf_prog_check_recur: whether the program's run is guarded against itself. */
function checksRecursion({ type, expectedAttachType }: HelperContext): boolean {
  if (type === T.TRACING) return expectedAttachType !== A.TRACE_ITER
  return type !== T.STRUCT_OPS && type !== T.LSM && type !== T.SYSCALL
}

const lockedHooks = ['bpf_lsm_sock_graft', 'bpf_lsm_inet_csk_clone', 'bpf_lsm_inet_conn_established']
const unlockedHooks = ['bpf_lsm_socket_post_create', 'bpf_lsm_socket_socketpair']

function lsmSockopt(context: HelperContext, helper: string): string | undefined {
  const hook = context.attachFuncName ?? ''
  if (!isCgroupLsm(context)) return undefined
  if (lockedHooks.includes(hook)) return `sk_${helper}`
  return unlockedHooks.includes(hook) ? `unlocked_sk_${helper}` : undefined
}

/** bpf_iter_get_func_proto: iterators over sockets may change their options. */
function iteratorHelper({ expectedAttachType, attachFuncName }: HelperContext, helper: string): string | undefined {
  if (expectedAttachType !== A.TRACE_ITER || (helper !== 'setsockopt' && helper !== 'getsockopt')) return undefined
  const sockets = attachFuncName === 'bpf_iter_tcp' || attachFuncName === 'bpf_iter_unix'
  return sockets ? `sk_${helper}` : undefined
}
