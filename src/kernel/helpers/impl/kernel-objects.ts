import type { Place } from '../../btf/members.ts'
import { OBJ_BASE } from './address.ts'
import type { RunKernel, RunTask } from './run-kernel.ts'

/**
 * Tasks and cgroups as programs see them: addresses that say which, so that they mean the same to another process that
 * finds one in a map. A program reads those members that the machine knows something of.
 */

/** A cgroup's id: every task and socket is in the root of the default hierarchy. */
export const ROOT_CGROUP_ID = 1

/** High words: of tasks one for each 64 Ki of pids, of cgroups the same of ids. */
const TASK_HI = 0xffff8900 | 0
const TASK_END = 0xffff8940 | 0
const CGROUP_HI = 0xffff8a00 | 0
const CGROUP_END = 0xffff8a40 | 0

type Address = readonly [lo: number, hi: number]

export function taskAddress(pid: number): Address {
  return [(pid << 16) | OBJ_BASE, TASK_HI + (pid >>> 16)]
}

export function cgroupAddress(id: number): Address {
  return [(id << 16) | OBJ_BASE, CGROUP_HI + (id >>> 16)]
}

/** Whose struct task_struct an address is in. */
export function pidOfAddress(lo: number, hi: number): number | undefined {
  return hi >= TASK_HI && hi < TASK_END ? ((hi - TASK_HI) << 16) | (lo >>> 16) : undefined
}

export function cgroupId(lo: number, hi: number): number | undefined {
  return hi >= CGROUP_HI && hi < CGROUP_END ? ((hi - CGROUP_HI) << 16) | (lo >>> 16) : undefined
}

/** A member: where it is, and its value in words. */
interface Member {
  readonly place: Place
  readonly bytes: (task: RunTask) => Uint8Array
}

function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer)
}

function comm({ comm: text }: RunTask): Uint8Array {
  const bytes = new Uint8Array(16)
  for (let i = 0; i < Math.min(text.length, 15); i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

const self = ({ pid }: RunTask) => words(...taskAddress(pid))

/** Members of struct task_struct that are known. Every process has one thread, and init for its parent. */
const members: Readonly<Record<string, (task: RunTask) => Uint8Array>> = {
  pid: ({ pid }) => words(pid),
  tgid: ({ tgid }) => words(tgid),
  comm,
  group_leader: self,
  real_parent: () => words(...taskAddress(1)),
  parent: () => words(...taskAddress(1)),
}

const perKernel = new WeakMap<RunKernel, readonly Member[]>()

function taskMembers(kernel: RunKernel): readonly Member[] {
  let known = perKernel.get(kernel)
  if (!known) {
    known = Object.entries(members).flatMap(([name, bytes]) => {
      const place = kernel.place(`task_struct.${name}`)
      return place ? [{ place, bytes }] : []
    })
    perKernel.set(kernel, known)
  }
  return known
}

/**
 * What a program reads of a task or a cgroup: bytes of a member that is known, zeros of others.
 * @returns undefined for an address of neither.
 */
export function readKernelObject(kernel: RunKernel, lo: number, hi: number, size: number): Uint8Array | undefined {
  const pid = pidOfAddress(lo, hi)
  const off = (lo & 0xffff) - OBJ_BASE
  const bytes = new Uint8Array(size)
  if (pid === undefined) return cgroupId(lo, hi) === undefined ? undefined : bytes
  const task = kernel.taskByPid(pid) ?? { pid, tgid: pid, comm: '', uid: 0, gid: 0 }
  for (const { place, bytes: value } of taskMembers(kernel)) {
    const from = Math.max(place.offset, off)
    const until = Math.min(place.offset + place.size, off + size)
    if (from < until) bytes.set(value(task).subarray(from - place.offset, until - place.offset), from - off)
  }
  return bytes
}
