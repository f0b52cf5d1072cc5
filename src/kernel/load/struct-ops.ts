import { Kind } from '../../btf/btf.ts'
import { Errno } from '../../uapi/errno.ts'
import { vmlinuxTypes } from '../btf/vmlinux.ts'
import { refuse } from '../log.ts'
import { findOpsLayout } from '../maps/struct-ops-layout.ts'
import type { LoadEnv } from './env.ts'

/** What a program may implement of an operations struct. */
interface Operations {
  /** Functions that the subsystem knows what to do with (cfi_stubs); all where this is left out. */
  readonly supported?: readonly string[]
  /** Functions that may sleep; any where this is left out (check_member). */
  readonly maySleep?: readonly string[]
}

/** bpf_scx_check_member. */
const schedulersSleep = [
  'init_task',
  'cgroup_init',
  'cgroup_exit',
  'cgroup_prep_move',
  'init',
  'exit',
  'sub_attach',
  'sub_detach',
]

/** Operations that the kernel has registered (register_bpf_struct_ops), by their struct. */
const operations: Readonly<Record<string, Operations>> = {
  tcp_congestion_ops: {
    supported: [
      'ssthresh',
      'cong_avoid',
      'set_state',
      'cwnd_event',
      'in_ack_event',
      'pkts_acked',
      'min_tso_segs',
      'cong_control',
      'undo_cwnd',
      'sndbuf_expand',
      'init',
      'release',
    ],
  },
  Qdisc_ops: { supported: ['enqueue', 'dequeue', 'init', 'reset', 'destroy'] },
  bpf_dummy_ops: { maySleep: ['test_sleepable'] },
  hid_bpf_ops: {
    supported: ['hid_device_event', 'hid_rdesc_fixup', 'hid_hw_request', 'hid_hw_output_report'],
    maySleep: ['hid_rdesc_fixup', 'hid_hw_request', 'hid_hw_output_report'],
  },
  sched_ext_ops: { maySleep: [...schedulersSleep, 'cpu_online', 'cpu_offline'] },
  sched_ext_ops_cid: { maySleep: [...schedulersSleep, 'cid_online', 'cid_offline'] },
}

/** check_struct_ops_btf_id. */
export function checkStructOps(env: LoadEnv): void {
  const no = (text: string, errno: number = Errno.EINVAL) => refuse(env, errno, `${text}\n`)
  if (!env.gplCompatible) no('struct ops programs must have a GPL compatible license')
  const id = env.attr.attachBtfId ?? 0
  if (id === 0) refuse(env, Errno.ENOTSUPP)
  const btf = vmlinuxTypes(env.kernel)
  const name = btf.has(id) ? btf.name(id) : ''
  const value = btf.findByNameKind(`bpf_struct_ops_${name}`, Kind.STRUCT) ?? 0
  const known = Object.hasOwn(operations, name) && findOpsLayout(btf, value)?.typeId === id
  if (!known) no(`attach_btf_id ${id} is not a supported struct`, Errno.ENOTSUPP)
  const index = env.expectedAttachType
  if (index >= btf.vlen(id)) no(`attach to invalid member idx ${index} of struct ${name}`)
  const member = btf.memberName(id, index)
  const pointer = btf.skipModsAndTypedefs(btf.memberType(id, index))
  const proto = btf.kind(pointer) === Kind.PTR ? btf.skipModsAndTypedefs(btf.type(pointer)) : 0
  if (btf.kind(proto) !== Kind.FUNC_PROTO) no(`attach to invalid member ${member}(@idx ${index}) of struct ${name}`)
  const unsupported = `attach to unsupported member ${member} of struct ${name}`
  const { supported, maySleep } = operations[name] as Operations
  if (supported && !supported.includes(member)) no(unsupported, Errno.ENOTSUPP)
  if (env.sleepable && maySleep && !maySleep.includes(member)) no(unsupported)
  env.opsName = name
  env.attachFuncName = member
}
