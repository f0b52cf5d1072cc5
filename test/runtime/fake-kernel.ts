import { Errno } from '../../src/uapi/errno.ts'
import { ProgType } from '../../src/uapi/prog-type.ts'
import { KernelError } from '../../src/kernel/error.ts'
import type { KernelMap } from '../../src/kernel/maps/map.ts'
import { Heap } from '../../src/kernel/memory/heap.ts'
import { Memory } from '../../src/kernel/memory/memory.ts'
import { DeferredList } from '../../src/kernel/objects/deferred.ts'
import type { ProgRecord } from '../../src/kernel/objects/records.ts'
import type { RunKernel } from '../../src/kernel/runtime/test-run.ts'

/** A kernel that knows the programs and maps that a test gives it, and nothing else. */
export interface FakeKernel extends RunKernel {
  readonly progs: Map<number, { record: ProgRecord; run: Uint8Array }>
  readonly maps: Map<number, KernelMap>
  readonly lines: string[]
}

/** @param engine what runs programs. */
export function fakeKernel(engine?: RunKernel['engine']): FakeKernel {
  const progs = new Map<number, { record: ProgRecord; run: Uint8Array }>()
  const maps = new Map<number, KernelMap>()
  const lines: string[] = []
  /** Of numbers that are the same each time: two engines are given the same ones. */
  let state = 1
  const memory = new Memory()
  return {
    memory,
    heap: new Heap(memory),
    deferred: new DeferredList(),
    progTypes: () => undefined,
    place: () => undefined,
    taskByPid: () => undefined,
    tasks: () => [],
    engine,
    possibleCpus: 2,
    cpu: 0,
    task: { pid: 100, tgid: 100, comm: 'test', uid: 0, gid: 0 },
    hz: 250,
    progs,
    maps,
    lines,
    mapById: (id) => {
      const map = maps.get(id)
      if (!map) throw new KernelError(Errno.ENOENT)
      return map
    },
    progById: (id) => progs.get(id),
    now: () => process.hrtime.bigint(),
    realtime: () => BigInt(Date.now()) * 1_000_000n,
    random: () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0),
    trace: (text) => lines.push(text),
    symbol: () => undefined,
    findBtfId: () => -Errno.ENOENT,
    sysBpf: () => -Errno.EINVAL,
    sysClose: () => 0,
  }
}

/** Adds a program. @returns its record. */
export function addProgram(
  kernel: FakeKernel,
  run: Uint8Array,
  type: number = ProgType.XDP,
  more: Partial<ProgRecord> = {},
): ProgRecord {
  const id = kernel.progs.size + 1
  const record: ProgRecord = {
    id,
    type,
    expectedAttachType: 0,
    name: 'test',
    tag: '0000000000000000',
    progFlags: 0,
    ifindex: 0,
    loadTime: 0n,
    createdByUid: 0,
    gplCompatible: true,
    sleepable: false,
    xdpHasFrags: false,
    mapIds: [],
    btfId: 0,
    attachBtfId: 0,
    attachBtfObjId: 0,
    attachProgId: 0,
    dstProgType: 0,
    attachFuncProtoId: 0,
    xlatedLen: run.length,
    jitedLen: 0,
    memlock: 4096,
    verifiedInsns: 0,
    runTimeNs: 0n,
    runCnt: 0n,
    recursionMisses: 0n,
    subprogs: [],
    nrFuncInfo: 0,
    nrLineInfo: 0,
    maxCtxOffset: 0,
    refs: 1,
    ...more,
  }
  kernel.progs.set(id, { record, run })
  return record
}
