import type { Btf } from '../../../btf/btf.ts'
import type { MapField } from '../../btf/field-types.ts'
import type { Place } from '../../btf/members.ts'
import type { KernelMap } from '../../maps/map.ts'
import type { Heap } from '../../memory/heap.ts'
import type { Memory } from '../../memory/memory.ts'
import type { Run } from './run.ts'
import type { DeferredList } from '../../objects/deferred.ts'
import type { ProgRecord } from '../../objects/records.ts'

/** The process in whose context a program runs (current). */
export interface RunTask {
  readonly pid: number
  readonly tgid: number
  readonly comm: string
  readonly uid: number
  readonly gid: number
  /** Values of its local storage by map id, between runs (task->bpf_storage). */
  readonly storage?: Map<number, Uint8Array>
}

export type EngineName = 'interpreter' | 'compiler'

/** A program that can be run: its record and its instructions in the `run` form of kernel/load. */
export interface RunProgram {
  readonly record: ProgRecord
  readonly run: Uint8Array
}

/** Types that a program brought. */
export interface ProgTypes {
  readonly types: Btf
  /** Special fields of a struct (btf_find_struct_meta); none where it has none. */
  fieldsOf(typeId: number): readonly MapField[]
}

/** What a running program, and a test run of one, reach of the rest of the kernel. */
export interface RunKernel {
  /** Map values, stacks, contexts and packets live here. */
  readonly memory: Memory
  readonly possibleCpus: number
  /** The CPU that a run is on. */
  readonly cpu: number
  readonly task: RunTask
  /** Which engine runs programs; both, by what pays, where it's left open. */
  readonly engine?: EngineName | undefined
  /** CONFIG_HZ. */
  readonly hz: number
  /** @throws KernelError ENOENT. */
  mapById(id: number): KernelMap
  /** undefined when there is none of that id. */
  progById(id: number): RunProgram | undefined
  /** Nanoseconds of CLOCK_MONOTONIC (and CLOCK_BOOTTIME: the machine never sleeps). */
  now(): bigint
  /** Nanoseconds of CLOCK_REALTIME. */
  realtime(): bigint
  /** 32 random bits. */
  random(): number
  /** A line for trace_pipe: the text that a program printed, as bpf_trace_printk formatted it. */
  trace(text: string): void
  /** Address of a kernel symbol, or undefined. */
  symbol(name: string): bigint | undefined
  /** Objects that programs allocate. */
  readonly heap: Heap
  /** Timers and works. */
  readonly deferred: DeferredList
  /** The BTF of that id, which programs came with; undefined where it's gone. */
  progTypes(btfId: number): ProgTypes | undefined
  /** Where a member of one of the kernel's structs is, `task_struct.pid`. */
  place(path: string): Place | undefined
  /** The process of that pid, undefined where there's none. */
  taskByPid(pid: number): RunTask | undefined
  /** All processes, by pid. */
  tasks(): readonly RunTask[]
  /** bpf_find_btf_id: a type of the kernel's own BTF, or a negative errno. */
  findBtfId(name: string, kind: number): number
  /** bpf(2) for the process that the program runs in: attributes are in the run's memory. @returns -errno for failures. */
  sysBpf(run: Run, cmd: number, attrAt: number, attrSize: number): number
  /** close(2). */
  sysClose(fd: number): number
}
