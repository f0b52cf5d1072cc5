import type { MapCreateAttr } from '../../uapi/attr.ts'
import { Errno } from '../../uapi/errno.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { KernelError } from '../error.ts'
import { isSince } from '../profile/release.ts'
import type { MapEnvironment } from './map.ts'

/** What the checks of new maps (map_alloc_check) of several families have in common. */

/** PCPU_MIN_UNIT_SIZE: the most that one CPU's part of a value can be. */
export const PCPU_MIN_UNIT_SIZE = 32768

/** KMALLOC_MAX_SIZE of x86-64. */
export const KMALLOC_MAX_SIZE = 1 << 22

/** What the machine can give to one map: its whole memory (kernel/memory). */
const MEMORY_SIZE = 2 ** 32

/** BPF_F_ACCESS_MASK. */
export const ACCESS_FLAGS = MapFlag.RDONLY | MapFlag.RDONLY_PROG | MapFlag.WRONLY | MapFlag.WRONLY_PROG

const NUMA_NO_NODE = 0xffffffff

/** bpf_map_flags_access_ok: not both of "programs only read" and "programs only write". */
export function accessOk(mapFlags: number): boolean {
  const both = MapFlag.RDONLY_PROG | MapFlag.WRONLY_PROG
  return (mapFlags & both) !== both
}

/** Whether the map is to be on a NUMA node of the caller's choice (bpf_map_attr_numa_node). */
export function hasNumaNode({ mapFlags = 0, numaNode = 0 }: MapCreateAttr): boolean {
  return (mapFlags & MapFlag.NUMA_NODE) !== 0 && numaNode >>> 0 !== NUMA_NO_NODE
}

/** Refuses a map unless `ok`. @throws KernelError. */
export function require(ok: boolean, errno: number = Errno.EINVAL): asserts ok {
  if (!ok) throw new KernelError(errno)
}

/** bpf_map_area_alloc of so many bytes. @throws KernelError ENOMEM. */
export function requireRoom(bytes: number): void {
  require(bytes <= MEMORY_SIZE, Errno.ENOMEM)
}

export function roundUp8(size: number): number {
  return Math.ceil(size / 8) * 8
}

/** The machine's memory: no map can be larger. */
const MEMORY = 2 ** 32

/** What maps were charged with (bpf_map_charge_init) fits 32 bits. */
const MAX_CHARGE = 2 ** 32 - 1 - 4096

/** Before 5.11 a map is charged with what it may come to need. @throws KernelError E2BIG. */
export function charge(bytes: number, { profile }: MapEnvironment): void {
  require(isSince(profile, '5.11') || bytes < MAX_CHARGE, Errno.E2BIG)
}

/** bpf_map_area_alloc. @throws KernelError ENOMEM. */
export function requireMemory(bytes: number, env: MapEnvironment): void {
  charge(bytes, env)
  require(bytes < MEMORY, Errno.ENOMEM)
}
