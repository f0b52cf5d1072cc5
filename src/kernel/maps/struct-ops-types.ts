import { Errno } from '../../uapi/errno.ts'
import { isSince } from '../profile/release.ts'
import { concat, u32Key, utf8 } from '../store/bytes.ts'
import { Table } from '../store/store.ts'
import type { MapEnvironment } from './map.ts'
import type { OpsMember } from './struct-ops-layout.ts'

/** What a subsystem has to say about programs that implement its operations (struct bpf_struct_ops). */
export interface OpsType {
  /** @returns 1 for members that it took, 0 for those that it leaves to the map, or a negative errno. */
  initMember(member: OpsMember, bytes: DataView, env: MapEnvironment): number
  /** @param has whether a function is given. */
  validate(has: (name: string) => boolean): number
  /** Makes the operations known under their name. @returns 0 or a negative errno. */
  register(mapId: number, name: string, env: MapEnvironment): number
  unregister(name: string, env: MapEnvironment): void
}

/** bpf_obj_name_cpy. @returns how long the name is, or -EINVAL. */
function checkName(bytes: DataView): number {
  for (let i = 0; i < bytes.byteLength; i++) {
    const byte = bytes.getUint8(i)
    if (byte === 0) return i
    if (!/[0-9A-Za-z_.]/.test(String.fromCharCode(byte))) return -Errno.EINVAL
  }
  return -Errno.EINVAL
}

function takeName(bytes: DataView): number {
  return checkName(bytes) > 0 ? 1 : -Errno.EINVAL
}

/** Names that are registered with a subsystem, kept in the machine. */
function registry(subsystem: string, builtIn: (env: MapEnvironment) => readonly string[]) {
  const key = (name: string) => concat(utf8(`struct_ops ${subsystem} `), utf8(name))
  return {
    register: (mapId: number, name: string, env: MapEnvironment) => {
      if (builtIn(env).includes(name) || env.store.get(Table.META, key(name))) return -Errno.EEXIST
      env.store.put(Table.META, key(name), u32Key(mapId))
      return 0
    },
    unregister: (name: string, { store }: MapEnvironment) => {
      store.remove(Table.META, key(name))
    },
  }
}

const notSimulated = {
  register: () => -Errno.EOPNOTSUPP,
  unregister: () => undefined,
}

/** TCP_CONG_MASK of 6.18.15. */
const TCP_CONG_MASK = 0x1f
const F_BEFORE = 8
/** SCX_OPS_ALL_FLAGS, SCX_WATCHDOG_MAX_TIMEOUT in milliseconds. */
const SCX_FLAGS = 0x1007f
const SCX_FLAGS_7_2 = 0x1ff
const SCX_MAX_TIMEOUT = 30_000
const INT_MAX = 0x7fffffff
/** What pktsched_init registers. */
const qdiscs = ['pfifo_fast', 'pfifo', 'bfifo', 'pfifo_head_drop', 'mq', 'noqueue']

const scheduler: OpsType = {
  initMember: ({ name }, bytes, { profile }) => {
    const flags = isSince(profile, '7.2') ? SCX_FLAGS_7_2 : SCX_FLAGS
    switch (name) {
      case 'dispatch_max_batch':
        return bytes.getUint32(0, true) > INT_MAX ? -Errno.E2BIG : 1
      case 'flags':
        return (bytes.getUint32(0, true) & ~flags) !== 0 || bytes.getUint32(4, true) !== 0 ? -Errno.EINVAL : 1
      case 'name':
        return takeName(bytes)
      case 'timeout_ms':
        return bytes.getUint32(0, true) > SCX_MAX_TIMEOUT ? -Errno.E2BIG : 1
      case 'exit_dump_len':
      case 'hotplug_seq':
      case 'sub_cgroup_id':
        return 1
      default:
        return 0
    }
  },
  validate: () => 0,
  ...notSimulated,
}

export const opsTypes: Readonly<Record<string, OpsType>> = {
  tcp_congestion_ops: {
    initMember: ({ name }, bytes) => {
      if (name === 'flags') return (bytes.getUint32(0, true) & ~TCP_CONG_MASK) === 0 ? 1 : -Errno.EINVAL
      return name === 'name' ? takeName(bytes) : 0
    },
    // tcp_validate_congestion_control.
    validate: (has) =>
      has('ssthresh') && has('undo_cwnd') && (has('cong_avoid') || has('cong_control')) ? 0 : -Errno.EINVAL,
    ...registry('tcp_congestion_ops', ({ profile }) =>
      (profile.sysctl('net.ipv4.tcp_available_congestion_control') ?? 'reno').split(' '),
    ),
  },
  Qdisc_ops: {
    initMember: ({ name }, bytes) => {
      if (name === 'priv_size') return bytes.getUint32(0, true) === 0 ? 1 : -Errno.EINVAL
      return name === 'id' ? takeName(bytes) : 0
    },
    validate: (has) =>
      ['enqueue', 'dequeue', 'init', 'reset', 'destroy'].every((name) => has(name)) ? 0 : -Errno.EINVAL,
    ...registry('Qdisc_ops', () => qdiscs),
  },
  bpf_dummy_ops: {
    initMember: () => -Errno.EOPNOTSUPP,
    validate: () => 0,
    ...notSimulated,
  },
  hid_bpf_ops: {
    initMember: ({ name }, bytes) => {
      if (name === 'hid_id') return 1
      return name !== 'flags' ? 0 : (bytes.getUint32(0, true) & ~F_BEFORE) === 0 ? 1 : -Errno.EINVAL
    },
    validate: () => 0,
    // There is no such device.
    register: () => -Errno.EINVAL,
    unregister: () => undefined,
  },
  sched_ext_ops: scheduler,
  sched_ext_ops_cid: scheduler,
}

/** The text in a member that takes a name. */
export function nameIn(members: readonly OpsMember[], data: Uint8Array): string {
  const member = members.find(({ name }) => name === 'name' || name === 'id')
  if (!member) return ''
  const bytes = data.subarray(member.offset, member.offset + member.size)
  const end = bytes.indexOf(0)
  return Buffer.from(bytes.subarray(0, end < 0 ? bytes.length : end)).toString('latin1')
}
