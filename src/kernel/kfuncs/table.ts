import { ProgType as T } from '../../uapi/prog-type.ts'
import { coreSets } from './core.ts'
import { driverSets } from './drivers.ts'
import { KfFlag } from './flags.ts'
import { netSets } from './net.ts'
import type { KfuncProg, KfuncSet } from './set.ts'

/**
 * The functions of Linux 6.18 that programs may call: their flags, and which programs may. Which of them a kernel has,
 * its own BTF says.
 */

/** Program types that share the functions of the first one (bpf_prog_type_to_kfunc_hook). */
const hooks: readonly (readonly number[])[] = [
  [T.UNSPEC],
  [T.XDP],
  [T.SCHED_CLS],
  [T.STRUCT_OPS],
  [T.TRACING, T.TRACEPOINT, T.PERF_EVENT, T.LSM],
  [T.SYSCALL],
  [T.CGROUP_SKB, T.CGROUP_SOCK, T.CGROUP_DEVICE, T.CGROUP_SOCK_ADDR, T.CGROUP_SOCKOPT, T.CGROUP_SYSCTL, T.SOCK_OPS],
  [T.SCHED_ACT],
  [T.SK_SKB],
  [T.SOCKET_FILTER],
  [T.LWT_OUT, T.LWT_IN, T.LWT_XMIT, T.LWT_SEG6LOCAL],
  [T.NETFILTER],
  [T.KPROBE],
]

interface Entry {
  readonly flags: number
  /** Sets of that hook which have it: each one's filter must agree. */
  readonly sets: KfuncSet[]
}

type Hook = Map<string, Entry>

let hookOf: ReadonlyMap<number, Hook> | undefined

function build(): ReadonlyMap<number, Hook> {
  const byType = new Map<number, Hook>()
  for (const types of hooks) {
    const hook: Hook = new Map()
    for (const type of types) byType.set(type, hook)
  }
  for (const set of [...coreSets, ...netSets, ...driverSets]) {
    const rows = set.rows
      .split('\n')
      .map((row) => row.trim())
      .filter((row) => row !== '')
    for (const hook of new Set(set.types.map((type) => byType.get(type)))) {
      if (hook) for (const row of rows) add(hook, set, row)
    }
  }
  return byType
}

function add(hook: Hook, set: KfuncSet, row: string): void {
  const [name = '', ...words] = row.split(' ')
  const known = hook.get(name)
  if (known) {
    known.sets.push(set)
    return
  }
  let flags = 0
  for (const word of words) flags |= KfFlag[word as keyof typeof KfFlag]
  hook.set(name, { flags, sets: [set] })
}

/**
 * btf_kfunc_id_set_contains: the flags of a function that a program may call (KfFlag); undefined where it may not.
 *
 * @param rawTracepoints whether they may call what tracing programs may.
 */
export function kfuncFlags(prog: KfuncProg, name: string, rawTracepoints: boolean): number | undefined {
  hookOf ??= build()
  const common = hookOf.get(T.UNSPEC)?.get(name)
  if (common) return common.flags
  const type = rawTracepoints && prog.resolvedType === T.RAW_TRACEPOINT ? T.TRACING : prog.resolvedType
  const entry = hookOf.get(type)?.get(name)
  if (!entry) return undefined
  return entry.sets.every(({ filter }) => filter?.(prog, name) ?? true) ? entry.flags : undefined
}

/** Functions whose return value a program may put its own in the place of, with flags (register_btf_fmodret_id_set). */
const modifiable: Readonly<Record<string, number>> = {
  bpf_modify_return_test: 0,
  bpf_modify_return_test2: 0,
  bpf_modify_return_test_tp: 0,
  bpf_fentry_test1: KfFlag.SLEEPABLE,
  update_socket_protocol: 0,
}

/** btf_kfunc_is_modify_return: the flags of a function whose return value may be modified; undefined for others. */
export function modifyReturnFlags(name: string): number | undefined {
  return modifiable[name]
}

/** All of their names. */
export function kfuncNames(): string[] {
  hookOf ??= build()
  return [...new Set([...hookOf.values()].flatMap((hook) => [...hook.keys()]))]
}
