import { AttachType } from '../../uapi/attach-type.ts'
import { Errno } from '../../uapi/errno.ts'
import { helperNames } from '../../uapi/helper-names.ts'
import { MapType as M } from '../../uapi/map-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { funcIdName } from '../helpers/table.ts'
import type { VerifierEnv } from './env.ts'
import { refuse } from './env.ts'
import { Func } from './func-ids.ts'
import type { VerifierMap } from './input.ts'

/** Which maps go with which helpers (check_map_func_compatibility): asked from the map, then from the helper. */

/** Helpers that a map of a type may be given to, all others it may not. */
const helpersOf: Readonly<Record<number, string>> = {
  [M.PROG_ARRAY]: 'tail_call',
  [M.PERF_EVENT_ARRAY]: 'perf_event_read perf_event_output skb_output perf_event_read_value xdp_output',
  [M.RINGBUF]:
    'ringbuf_output ringbuf_reserve ringbuf_query ringbuf_reserve_dynptr ringbuf_submit_dynptr ringbuf_discard_dynptr',
  [M.USER_RINGBUF]: 'user_ringbuf_drain',
  [M.STACK_TRACE]: 'get_stackid',
  [M.CGROUP_ARRAY]: 'skb_under_cgroup current_task_under_cgroup',
  [M.CGROUP_STORAGE]: 'get_local_storage',
  [M.PERCPU_CGROUP_STORAGE]: 'get_local_storage',
  [M.DEVMAP]: 'redirect_map map_lookup_elem',
  [M.DEVMAP_HASH]: 'redirect_map map_lookup_elem',
  [M.CPUMAP]: 'redirect_map',
  [M.XSKMAP]: 'redirect_map map_lookup_elem',
  [M.ARRAY_OF_MAPS]: 'map_lookup_elem',
  [M.HASH_OF_MAPS]: 'map_lookup_elem',
  [M.SOCKMAP]: 'sk_redirect_map sock_map_update msg_redirect_map sk_select_reuseport map_lookup_elem',
  [M.SOCKHASH]: 'sk_redirect_hash sock_hash_update msg_redirect_hash sk_select_reuseport map_lookup_elem',
  [M.REUSEPORT_SOCKARRAY]: 'sk_select_reuseport',
  [M.QUEUE]: 'map_peek_elem map_pop_elem map_push_elem',
  [M.STACK]: 'map_peek_elem map_pop_elem map_push_elem',
  [M.SK_STORAGE]: 'sk_storage_get sk_storage_delete kptr_xchg',
  [M.INODE_STORAGE]: 'inode_storage_get inode_storage_delete kptr_xchg',
  [M.TASK_STORAGE]: 'task_storage_get task_storage_delete kptr_xchg',
  [M.CGRP_STORAGE]: 'cgrp_storage_get cgrp_storage_delete kptr_xchg',
  [M.BLOOM_FILTER]: 'map_peek_elem map_push_elem',
}

const DEVICE_MAPS = [M.DEVMAP, M.DEVMAP_HASH, M.CPUMAP, M.XSKMAP]
const CGROUP_MAPS = [M.CGROUP_STORAGE, M.PERCPU_CGROUP_STORAGE]
const SOCKET_MAPS = [M.REUSEPORT_SOCKARRAY, M.SOCKMAP, M.SOCKHASH]

/** Types of maps that a helper takes; others take any that take them. */
const mapsOf: Readonly<Record<string, readonly number[]>> = {
  tail_call: [M.PROG_ARRAY],
  perf_event_read: [M.PERF_EVENT_ARRAY],
  perf_event_output: [M.PERF_EVENT_ARRAY],
  perf_event_read_value: [M.PERF_EVENT_ARRAY],
  skb_output: [M.PERF_EVENT_ARRAY],
  xdp_output: [M.PERF_EVENT_ARRAY],
  ringbuf_output: [M.RINGBUF],
  ringbuf_reserve: [M.RINGBUF],
  ringbuf_query: [M.RINGBUF],
  ringbuf_reserve_dynptr: [M.RINGBUF],
  ringbuf_submit_dynptr: [M.RINGBUF],
  ringbuf_discard_dynptr: [M.RINGBUF],
  user_ringbuf_drain: [M.USER_RINGBUF],
  get_stackid: [M.STACK_TRACE],
  current_task_under_cgroup: [M.CGROUP_ARRAY],
  skb_under_cgroup: [M.CGROUP_ARRAY],
  redirect_map: DEVICE_MAPS,
  sk_redirect_map: [M.SOCKMAP],
  msg_redirect_map: [M.SOCKMAP],
  sock_map_update: [M.SOCKMAP],
  sk_redirect_hash: [M.SOCKHASH],
  msg_redirect_hash: [M.SOCKHASH],
  sock_hash_update: [M.SOCKHASH],
  get_local_storage: CGROUP_MAPS,
  sk_select_reuseport: SOCKET_MAPS,
  map_pop_elem: [M.QUEUE, M.STACK],
  map_peek_elem: [M.QUEUE, M.STACK, M.BLOOM_FILTER],
  map_push_elem: [M.QUEUE, M.STACK, M.BLOOM_FILTER],
  map_lookup_percpu_elem: [M.PERCPU_ARRAY, M.PERCPU_HASH, M.LRU_PERCPU_HASH],
  sk_storage_get: [M.SK_STORAGE],
  sk_storage_delete: [M.SK_STORAGE],
  inode_storage_get: [M.INODE_STORAGE],
  inode_storage_delete: [M.INODE_STORAGE],
  task_storage_get: [M.TASK_STORAGE],
  task_storage_delete: [M.TASK_STORAGE],
  cgrp_storage_get: [M.CGRP_STORAGE],
  cgrp_storage_delete: [M.CGRP_STORAGE],
}

const socketUpdaters: ReadonlySet<number> = new Set([
  ProgType.SOCKET_FILTER,
  ProgType.SCHED_CLS,
  ProgType.SCHED_ACT,
  ProgType.XDP,
  ProgType.SK_REUSEPORT,
  ProgType.FLOW_DISSECTOR,
  ProgType.SK_LOOKUP,
])

/** may_update_sockmap: not where a socket may be locked. */
function mayUpdateSockmap(env: VerifierEnv, funcId: number): boolean {
  if (funcId !== Func.MAP_UPDATE_ELEM && funcId !== Func.MAP_DELETE_ELEM) return false
  const { resolvedType, expectedAttachType } = env.input
  if (resolvedType === ProgType.TRACING && expectedAttachType === AttachType.TRACE_ITER) return true
  if (resolvedType === ProgType.SOCK_OPS && funcId === Func.MAP_DELETE_ELEM) return true
  if (socketUpdaters.has(resolvedType)) return true
  env.verbose('cannot update sockmap in this context\n')
  return false
}

/** check_map_func_compatibility. */
export function checkMapFunc(env: VerifierEnv, map: VerifierMap | undefined, funcId: number): void {
  if (!map) return
  const name = helperNames[funcId] ?? ''
  const no = (): never => {
    const text = `cannot pass map_type ${map.type} into func ${funcIdName(funcId)}#${funcId}\n`
    return refuse(env, Errno.EINVAL, text)
  }
  const helpers = helpersOf[map.type]
  if (helpers !== undefined && !helpers.split(' ').includes(name)) {
    const sockets = map.type === M.SOCKMAP || map.type === M.SOCKHASH
    if (!sockets || !mayUpdateSockmap(env, funcId)) no()
  }
  const maps = mapsOf[name]
  if (maps && !maps.includes(map.type)) no()
  if (funcId === Func.TAIL_CALL && env.subprogs.length > 1 && !env.input.jitRequested) {
    refuse(env, Errno.EINVAL, 'mixing of tail_calls and bpf-to-bpf calls is not supported\n')
  }
}
