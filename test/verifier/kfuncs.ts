import { createHash } from 'node:crypto'
import { Btf, Kind } from '../../src/btf/btf.ts'
import { kfuncNames } from '../../src/kernel/kfuncs/table.ts'
import { loadProfile } from '../../src/kernel/profile/profile.ts'
import type { ProgLoadAttr } from '../../src/uapi/attr.ts'
import { AttachType as A } from '../../src/uapi/attach-type.ts'
import { ProgType as T } from '../../src/uapi/prog-type.ts'
import { attrOf, code, exit, insn, zero } from '../load/program.ts'
import type { Answer, Step } from '../steps/step.ts'

/** Programs of one call of a kernel function each: every function, by every type of program, with all sorts of arguments. */
export interface KfuncQuestion {
  readonly name: string
  /** Who calls, or how. */
  readonly how: string
  readonly step: Step
}

const SLEEPABLE = 1 << 4
export const mov = (dst: number, imm: number) => insn(0xb7, dst, 0, 0, imm)
export const copy = (dst: number, src: number) => insn(0xbf, dst, src)
export const add = (dst: number, imm: number) => insn(0x07, dst, 0, 0, imm)
const args = [1, 2, 3, 4, 5] as const
const each = (make: (regno: number) => Uint8Array[]) => code(...args.flatMap(make))
export const stack = (regno: number, off: number) => [copy(regno, 10), add(regno, off)]
const zeros = each((regno) => [mov(regno, 0)])

/** @returns whether the program may call the function, whatever else is wrong with it. */
export function mayCall(log: string): boolean {
  return /^0: \(85\) call /m.test(log) && !log.includes('is not allowed')
}

/** The questions for one kernel. */
export function questionsOf(kernel: string) {
  const btf = Btf.parse(loadProfile(kernel).vmlinuxBtf())

  function idOf(name: string, kind: number): number {
    const id = btf.findByNameKind(name, kind)
    if (id === undefined) throw new Error(`Linux ${kernel} has no ${name}`)
    return id
  }

  const func = (name: string) => idOf(name, Kind.FUNC)
  /** Attached to a function of the kernel. */
  const fentry = { expectedAttachType: A.TRACE_FENTRY, attachBtfId: func('bpf_fentry_test1') }

  /** Members of an operations struct, by name. */
  function opsMember(struct: string, member: string): Partial<ProgLoadAttr> {
    const id = idOf(struct, Kind.STRUCT)
    for (let i = 0; i < btf.vlen(id); i++) {
      if (btf.memberName(id, i) === member) {
        return { progType: T.STRUCT_OPS, attachBtfId: id, expectedAttachType: i, license: 'GPL' }
      }
    }
    throw new Error(`${struct} has no ${member}`)
  }

  const sleeps = { progFlags: SLEEPABLE }
  /** Operations that the functions are told apart by: not later than this. */
  const schedulers: Readonly<Record<string, Partial<ProgLoadAttr>>> =
    kernel === '6.18'
      ? {}
      : {
          'STRUCT_OPS enqueue': opsMember('sched_ext_ops', 'enqueue'),
          'STRUCT_OPS select_cpu': opsMember('sched_ext_ops', 'select_cpu'),
          'STRUCT_OPS dispatch': opsMember('sched_ext_ops', 'dispatch'),
          'STRUCT_OPS running': opsMember('sched_ext_ops', 'running'),
          'STRUCT_OPS cpu_release': opsMember('sched_ext_ops', 'cpu_release'),
          'STRUCT_OPS init': { ...opsMember('sched_ext_ops', 'init'), ...sleeps },
          'STRUCT_OPS init_task': { ...opsMember('sched_ext_ops', 'init_task'), ...sleeps },
          'STRUCT_OPS select_cid': opsMember('sched_ext_ops_cid', 'select_cid'),
          'STRUCT_OPS enqueue by cid': opsMember('sched_ext_ops_cid', 'enqueue'),
          'STRUCT_OPS cid_online': { ...opsMember('sched_ext_ops_cid', 'cid_online'), ...sleeps },
          'STRUCT_OPS init by cid': { ...opsMember('sched_ext_ops_cid', 'init'), ...sleeps },
          'STRUCT_OPS queue': opsMember('Qdisc_ops', 'enqueue'),
          'STRUCT_OPS queue, dequeue': opsMember('Qdisc_ops', 'dequeue'),
        }

  /** Programs that differ in what they may call. */
  const callers: Readonly<Record<string, Partial<ProgLoadAttr>>> = {
    SOCKET_FILTER: {},
    KPROBE: { progType: T.KPROBE },
    'KPROBE session': { progType: T.KPROBE, expectedAttachType: A.TRACE_KPROBE_SESSION },
    'KPROBE uprobe session': { progType: T.KPROBE, expectedAttachType: A.TRACE_UPROBE_SESSION },
    SCHED_CLS: { progType: T.SCHED_CLS },
    SCHED_ACT: { progType: T.SCHED_ACT },
    TRACEPOINT: { progType: T.TRACEPOINT },
    XDP: { progType: T.XDP },
    PERF_EVENT: { progType: T.PERF_EVENT },
    CGROUP_SKB: { progType: T.CGROUP_SKB },
    CGROUP_SOCK: { progType: T.CGROUP_SOCK },
    LWT_IN: { progType: T.LWT_IN },
    LWT_OUT: { progType: T.LWT_OUT },
    LWT_XMIT: { progType: T.LWT_XMIT },
    SOCK_OPS: { progType: T.SOCK_OPS, expectedAttachType: A.CGROUP_SOCK_OPS },
    SK_SKB: { progType: T.SK_SKB },
    CGROUP_DEVICE: { progType: T.CGROUP_DEVICE },
    SK_MSG: { progType: T.SK_MSG },
    RAW_TRACEPOINT: { progType: T.RAW_TRACEPOINT },
    CGROUP_SOCK_ADDR: { progType: T.CGROUP_SOCK_ADDR, expectedAttachType: A.CGROUP_UNIX_CONNECT },
    LWT_SEG6LOCAL: { progType: T.LWT_SEG6LOCAL },
    SK_REUSEPORT: { progType: T.SK_REUSEPORT },
    FLOW_DISSECTOR: { progType: T.FLOW_DISSECTOR },
    CGROUP_SYSCTL: { progType: T.CGROUP_SYSCTL },
    CGROUP_SOCKOPT: { progType: T.CGROUP_SOCKOPT, expectedAttachType: A.CGROUP_GETSOCKOPT },
    'TRACING fentry': { progType: T.TRACING, ...fentry },
    'TRACING sleepable': { progType: T.TRACING, progFlags: SLEEPABLE, ...fentry },
    'TRACING iter': { progType: T.TRACING, expectedAttachType: A.TRACE_ITER, attachBtfId: func('bpf_iter_task') },
    LSM: { progType: T.LSM, expectedAttachType: A.LSM_MAC, attachBtfId: func('bpf_lsm_file_open') },
    'STRUCT_OPS congestion control': opsMember('tcp_congestion_ops', 'ssthresh'),
    ...schedulers,
    SK_LOOKUP: { progType: T.SK_LOOKUP, expectedAttachType: A.SK_LOOKUP },
    SYSCALL: { progType: T.SYSCALL, progFlags: SLEEPABLE },
    NETFILTER: { progType: T.NETFILTER, expectedAttachType: A.NETFILTER },
  }

  const call = (name: string) => insn(0x85, 0, 2, 0, func(name))

  /** What comes before the call. */
  const setups: Readonly<Record<string, Uint8Array>> = {
    'no arguments': code(),
    zeros,
    eights: each((regno) => [mov(regno, 8)]),
    stack: each((regno) => stack(regno, regno * -64)),
    'stack and sizes': each((regno) => (regno % 2 ? stack(regno, regno * -16) : [mov(regno, 8)])),
    'stack at an odd offset': each((regno) => stack(regno, -63)),
    context: code(each((regno) => (regno === 1 ? [] : [mov(regno, 8)]))),
    'in an RCU section': code(call('bpf_rcu_read_lock'), zeros),
    'without preemption': code(call('bpf_preempt_disable'), zeros),
    'without interrupts': code(...stack(1, -8), call('bpf_local_irq_save'), zeros),
  }

  /** The functions of the table that this kernel has. */
  function names(): string[] {
    return kfuncNames().filter((name) => btf.findByNameKind(name, Kind.FUNC) !== undefined)
  }

  /** Who may call what. */
  function callerQuestions(): KfuncQuestion[] {
    return names().flatMap((name) =>
      Object.entries(callers).map(([how, attr]): KfuncQuestion => {
        const insns = code(call(name), zero, exit)
        return { name, how, step: { op: 'progLoad', attr: attrOf(insns, attr) } }
      }),
    )
  }

  /** What functions make of arguments. @param callersOf who may call each function. */
  function argumentQuestions(callersOf: Readonly<Record<string, readonly string[]>>): KfuncQuestion[] {
    const preferred = ['SYSCALL', 'SCHED_CLS', 'XDP', 'TRACING sleepable']
    return names().flatMap((name) => {
      const may = callersOf[name] ?? []
      const who = preferred.find((caller) => may.includes(caller)) ?? may[0]
      if (who === undefined) return []
      return Object.entries(setups).map(([how, setup]): KfuncQuestion => {
        const insns = code(setup, call(name), zero, exit)
        return { name, how, step: { op: 'progLoad', attr: attrOf(insns, { ...callers[who], logLevel: 2 }) } }
      })
    })
  }

  return { call, fentry, callerQuestions, argumentQuestions }
}

export const { call, fentry, callerQuestions, argumentQuestions } = questionsOf('6.18')

/** An answer as it is kept: what was said from the call on, and a hash of the whole log. */
export function kept({ errno, log }: Answer): [errno: number, hash: string, text: string] {
  const hash = createHash('sha256').update(log, 'latin1').digest('hex').slice(0, 16)
  const lines = log.split('\n')
  const from = lines.findIndex(
    (line, i) =>
      /\(85\) call (?!bpf_(rcu_read_lock|preempt_disable|local_irq_save)#)/.test(line) &&
      i > 3 &&
      !line.startsWith('  '),
  )
  return [errno, hash, lines.slice(Math.max(from, 0), -2).join('\n')]
}

/** An answer of a kernel whose logs differ in more: verdict and last message. */
export function told({ errno, log }: Answer): [errno: number, message: string] {
  const message = log.split('\n').findLast((line) => !/^(processed|verification|stack|\(|$)/.test(line)) ?? ''
  return [errno, errno === 0 ? '' : message]
}
