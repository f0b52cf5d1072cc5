import type { Btf } from '../../src/btf/btf.ts'
import { Kind } from '../../src/btf/kinds.ts'
import { AttachType as A } from '../../src/uapi/attach-type.ts'
import type { ProgLoadAttr } from '../../src/uapi/attr.ts'
import { ProgType as T } from '../../src/uapi/prog-type.ts'
import type { Case } from './program.ts'
import { exit, load64, loadOf, zero } from './program.ts'

/** Types of the kernel that programs name: functions that they are attached to, variables that they read. */

const functions = [
  'bpf_fentry_test1',
  'bpf_fentry_test2',
  'bpf_modify_return_test',
  'vfs_read',
  'do_exit',
  'migrate_disable',
  'security_file_open',
  'bpf_lsm_file_open',
  'bpf_lsm_bprm_committed_creds',
  'bpf_lsm_getprocattr',
  'bpf_lsm_task_free',
  'bpf_lsm_verify_prog',
  '__x64_sys_getpgid',
  'bpf_iter_task',
  'bpf_iter_bpf_map',
  'printk',
  'schedule',
]
const typedefs = ['btf_trace_sched_switch', 'btf_trace_sys_enter', 'u32', 'pid_t']
const structs = [
  'task_struct',
  'tcp_congestion_ops',
  'bpf_dummy_ops',
  'bpf_struct_ops_tcp_congestion_ops',
  'sched_ext_ops',
]

/** @param types the kernel's. */
export function targetCases(types: Btf): Case[] {
  const id = (name: string, kind: number) => types.findOwnByNameKind(name, kind)
  const named = [
    ...functions.map((name) => [name, id(name, Kind.FUNC)] as const),
    ...typedefs.map((name) => [name, id(name, Kind.TYPEDEF)] as const),
    ...structs.map((name) => [name, id(name, Kind.STRUCT)] as const),
    ['int', id('int', Kind.INT)] as const,
    ['no type', 0xffffe] as const,
  ]
  const programs: Partial<ProgLoadAttr>[] = [
    ...[A.TRACE_RAW_TP, A.TRACE_FENTRY, A.TRACE_FEXIT, A.MODIFY_RETURN, A.TRACE_ITER, A.LSM_MAC, 0].map((type) => ({
      progType: T.TRACING,
      expectedAttachType: type,
    })),
    { progType: T.TRACING, expectedAttachType: A.TRACE_FENTRY, progFlags: 1 << 4 },
    { progType: T.TRACING, expectedAttachType: A.MODIFY_RETURN, progFlags: 1 << 4 },
    { progType: T.TRACING, expectedAttachType: A.TRACE_RAW_TP, progFlags: 1 << 4 },
    { progType: T.TRACING, expectedAttachType: A.TRACE_ITER, progFlags: 1 << 4 },
    { progType: T.LSM, expectedAttachType: A.LSM_MAC },
    { progType: T.LSM, expectedAttachType: A.LSM_MAC, progFlags: 1 << 4 },
    { progType: T.LSM, expectedAttachType: A.LSM_CGROUP },
    { progType: T.LSM, expectedAttachType: A.LSM_CGROUP, progFlags: 1 << 4 },
    { progType: T.LSM, expectedAttachType: A.LSM_MAC, license: 'MIT' },
    { progType: T.LSM, expectedAttachType: A.TRACE_FENTRY },
    { progType: T.STRUCT_OPS, expectedAttachType: 0 },
    { progType: T.STRUCT_OPS, expectedAttachType: 1000 },
    { progType: T.STRUCT_OPS, expectedAttachType: 0, license: 'MIT' },
    { progType: T.STRUCT_OPS, expectedAttachType: 0, progFlags: 1 << 4 },
    { progType: T.EXT },
  ]
  const attached = programs.flatMap((program) =>
    named.map(([name, attachBtfId]): Case => {
      const what = Object.values(program).join(' ')
      return [`${what} to ${name}`, loadOf([zero, exit], { ...program, attachBtfId: attachBtfId ?? 0 })]
    }),
  )
  const operations = ['tcp_congestion_ops', 'Qdisc_ops', 'bpf_dummy_ops', 'hid_bpf_ops', 'sched_ext_ops']
  const members = operations.flatMap((name) => {
    const attachBtfId = id(name, Kind.STRUCT) ?? 0
    return Array.from({ length: types.vlen(attachBtfId) }, (_, i) => i).flatMap((expectedAttachType): Case[] => {
      const attr = { progType: T.STRUCT_OPS, expectedAttachType, attachBtfId }
      return [
        [`member ${expectedAttachType} of ${name}`, loadOf([zero, exit], attr)],
        [`sleeping member ${expectedAttachType} of ${name}`, loadOf([zero, exit], { ...attr, progFlags: 1 << 4 })],
      ]
    })
  })
  const variables = ['bpf_prog_active', 'jiffies_64', 'runqueues', 'init_task', 'system_wq']
  const loads: Case[] = [...variables.map((name) => [name, id(name, Kind.VAR)] as const), ...named].flatMap(
    ([name, type]): Case[] => [
      [`symbol ${name}`, loadOf([load64(3, type ?? 0), zero, exit, exit])],
      [`symbol ${name} of another`, loadOf([load64(3, type ?? 0, 4095), zero, exit, exit])],
    ],
  )
  return [...attached, ...members, ...loads]
}
