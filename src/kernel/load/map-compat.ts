import { Errno } from '../../uapi/errno.ts'
import { MapType } from '../../uapi/map-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { FieldType as Field, fieldMask } from '../btf/field-types.ts'
import { refuse } from '../log.ts'
import { MMAP_WRITERS } from '../objects/records.ts'
import type { MapRecord } from '../objects/records.ts'
import { isTracingProgType } from '../progs/tracing-types.ts'
import { isSince } from '../profile/release.ts'
import { factsOf } from '../verifier/versions.ts'
import type { LoadEnv } from './env.ts'

/** Maps that one program may use (MAX_USED_MAPS). */
const MAX_USED_MAPS = 64

/** Map types that a program which may sleep can use. */
const sleepableTypes: ReadonlySet<number> = new Set([
  MapType.HASH,
  MapType.LRU_HASH,
  MapType.ARRAY,
  MapType.PERCPU_HASH,
  MapType.PERCPU_ARRAY,
  MapType.LRU_PERCPU_HASH,
  MapType.ARRAY_OF_MAPS,
  MapType.HASH_OF_MAPS,
  MapType.RINGBUF,
  MapType.USER_RINGBUF,
  MapType.INODE_STORAGE,
  MapType.SK_STORAGE,
  MapType.TASK_STORAGE,
  MapType.CGRP_STORAGE,
  MapType.QUEUE,
  MapType.STACK,
  MapType.ARENA,
])

/** __add_used_map. @returns the map's place in usedMaps. */
export function addUsedMap(env: LoadEnv, map: MapRecord): number {
  const { usedMaps } = env
  const known = usedMaps.findIndex(({ id }) => id === map.id)
  if (known >= 0) return known
  if (usedMaps.length >= MAX_USED_MAPS) {
    const text = `The total number of maps per program has reached the limit of ${MAX_USED_MAPS}\n`
    refuse(env, Errno.E2BIG, text)
  }
  checkMapProgCompatibility(env, map)
  return usedMaps.push(map) - 1
}

/** check_map_prog_compatibility. Nobody has looked at an extension's target yet. */
function checkMapProgCompatibility(env: LoadEnv, map: MapRecord): void {
  const { type } = env
  const fields = fieldMask(map.fields)
  const tracing = isTracingProgType(type)
  const no = (text: string) => {
    refuse(env, Errno.EINVAL, `${text}\n`)
  }
  if (fields & (Field.LIST_HEAD | Field.RB_ROOT) && tracing) {
    no('tracing progs cannot use bpf_{list_head,rb_root} yet')
  }
  if (fields & (Field.SPIN_LOCK | Field.RES_SPIN_LOCK)) {
    if (type === ProgType.SOCKET_FILTER) no('socket filter progs cannot use bpf_spin_lock yet')
    if (tracing) no('tracing progs cannot use bpf_spin_lock yet')
  }
  // Before 5.15 nobody knows of timers.
  const timers = !tracing || factsOf(env.kernel.linux).timersForTracing || !isSince(env.kernel, '5.15')
  if (fields & Field.TIMER && !timers) no('tracing progs cannot use bpf_timer yet')
  if (fields & Field.WORKQUEUE && !timers) no('tracing progs cannot use bpf_wq yet')
  if (map.type === MapType.STRUCT_OPS) no('bpf_struct_ops map cannot be used in prog')
  if (env.sleepable && !sleepableTypes.has(map.type)) {
    no('Sleepable programs can only use array, hash, ringbuf and local storage maps')
  }
  const sameKind = env.usedMaps.some((other) => other.type === map.type)
  if (isCgroupStorage(map.type) && sameKind) {
    refuse(env, Errno.EBUSY, 'only one cgroup storage of each type is allowed\n')
  }
  if (map.type === MapType.ARENA) {
    if (sameKind) refuse(env, Errno.EBUSY, 'Only one arena per program\n')
    const { bpfCapable, allowPtrLeaks } = env.capabilities
    if (!bpfCapable || !allowPtrLeaks) {
      refuse(env, Errno.EPERM, 'CAP_BPF and CAP_PERFMON are required to use arena\n')
    }
    const hasAddress = map.mapExtra !== 0n || map.extra[MMAP_WRITERS] !== undefined
    if (!hasAddress) no("arena's user address must be set via map_extra or mmap()")
  }
}

function isCgroupStorage(type: number): boolean {
  return type === MapType.CGROUP_STORAGE || type === MapType.PERCPU_CGROUP_STORAGE
}
