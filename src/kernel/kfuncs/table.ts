import { ProgType as T } from '../../uapi/prog-type.ts'
import { isSince } from '../profile/release.ts'
import { coreSets } from './core.ts'
import { driverSets } from './drivers.ts'
import { KfFlag } from './flags.ts'
import { netSets } from './net.ts'
import { schedulerSets } from './scheduler.ts'
import type { KfuncProg, KfuncSet } from './set.ts'
import { subsystemSets } from './subsystems.ts'

/**
 * The functions that programs may call: their flags, and which programs may, in each version of Linux. Which of them a
 * kernel has, its own BTF says.
 */

/** Program types that share the functions of the first one (bpf_prog_type_to_kfunc_hook). */
const hooks: readonly (readonly number[])[] = [
  [T.UNSPEC],
  [T.XDP],
  [T.SCHED_CLS],
  [T.STRUCT_OPS],
  [T.TRACING, T.TRACEPOINT, T.RAW_TRACEPOINT, T.PERF_EVENT, T.LSM],
  [T.SYSCALL],
  [T.CGROUP_SKB, T.CGROUP_SOCK, T.CGROUP_DEVICE, T.CGROUP_SOCK_ADDR, T.CGROUP_SOCKOPT, T.CGROUP_SYSCTL, T.SOCK_OPS],
  [T.SCHED_ACT],
  [T.SK_SKB],
  [T.SOCKET_FILTER],
  [T.LWT_OUT, T.LWT_IN, T.LWT_XMIT, T.LWT_SEG6LOCAL],
  [T.NETFILTER],
  [T.KPROBE],
]

/** The first version in which programs call functions of the kernel. */
const FIRST = '5.13'

/** Types that may call functions not from the first on, with the version that they may at the latest. */
const later: Readonly<Record<number, string>> = {
  [T.TRACEPOINT]: '6.12',
  [T.PERF_EVENT]: '6.12',
  [T.SOCK_OPS]: '6.18',
  [T.RAW_TRACEPOINT]: '7.2',
}

const allSets: readonly KfuncSet[] = [...coreSets, ...subsystemSets, ...schedulerSets, ...netSets, ...driverSets]

interface Entry {
  readonly flags: number
  /** Sets of that hook which have it: each one's filter must agree. */
  readonly sets: KfuncSet[]
}

type Hook = Map<string, Entry>
type Hooks = ReadonlyMap<number, Hook>

const hooksOf = new Map<string, Hooks>()

function rowsOf({ rows }: KfuncSet): string[][] {
  const lines = rows.split('\n').map((row) => row.trim())
  return lines.filter((row) => row !== '').map((row) => row.split(' '))
}

/** Whether a word of a row names kernels, not a flag. */
function isKernels(word: string): boolean {
  return word.startsWith('<') || word.endsWith('+')
}

/** Whether `7.2+` or `<7.2` means a kernel. */
function has(linux: string, kernels: string): boolean {
  return kernels.startsWith('<') ? !isSince({ linux }, kernels.slice(1)) : isSince({ linux }, kernels.slice(0, -1))
}

function build(linux: string): Hooks {
  const byType = new Map<number, Hook>()
  for (const types of hooks) {
    const hook: Hook = new Map()
    for (const type of types) if (isSince({ linux }, later[type] ?? FIRST)) byType.set(type, hook)
  }
  for (const set of allSets) {
    if (set.kernels && !has(linux, set.kernels)) continue
    const rows = rowsOf(set).filter((words) => words.every((word) => !isKernels(word) || has(linux, word)))
    for (const hook of new Set(set.types.map((type) => byType.get(type)))) {
      if (hook) for (const row of rows) add(hook, set, row)
    }
  }
  return byType
}

function add(hook: Hook, set: KfuncSet, [name = '', ...words]: readonly string[]): void {
  const known = hook.get(name)
  if (known) {
    known.sets.push(set)
    return
  }
  let flags = 0
  for (const word of words) if (!isKernels(word)) flags |= KfFlag[word as keyof typeof KfFlag]
  hook.set(name, { flags, sets: [set] })
}

/** btf_kfunc_id_set_contains: the flags of a function that a program may call (KfFlag); undefined where it may not. */
export function kfuncFlags(prog: KfuncProg, name: string): number | undefined {
  const { linux, resolvedType } = prog
  let byType = hooksOf.get(linux)
  if (!byType) hooksOf.set(linux, (byType = build(linux)))
  const common = byType.get(T.UNSPEC)?.get(name)
  if (common) return common.flags
  const entry = byType.get(resolvedType)?.get(name)
  return entry?.sets.every((set) => agrees(set, prog, name)) ? entry.flags : undefined
}

function agrees({ filter, filterSince }: KfuncSet, prog: KfuncProg, name: string): boolean {
  return !filter || (filterSince !== undefined && !isSince(prog, filterSince)) || filter(prog, name)
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

/** All of their names, of any version. */
export function kfuncNames(): string[] {
  return [...new Set(allSets.flatMap((set) => rowsOf(set).map(([name = '']) => name)))]
}
